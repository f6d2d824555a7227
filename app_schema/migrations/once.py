"""Data statements cannot be guarded by looking: the statement that does the work records a key."""

from __future__ import annotations

from app_schema import pinned
from app_schema.ddl.guard import DIFFERENT, block
from app_schema.ddl.privileges import of_table
from app_schema.ddl.sql import dollar, literal, qualified

TABLE = "alembic_run_once"

_EVERY_ROW = f"  PERFORM {pinned.calls({'row_security': 'off'}, local=True)};"
"""PostgreSQL raises where row security would hide rows, also in a console with a session a statement."""


def once(key: str, sql: str, schema: str | None = "public") -> str:
    """Carries out ``sql`` where the key is not recorded, and records it.

    :param schema: that of the version table: each tenant has its keys beside its revisions.
    """
    place = qualified(TABLE, schema)
    # default privileges may give a new table to other roles, who could then make a statement run again
    create = f"""\
CREATE TABLE {place} (
  key text PRIMARY KEY,
  statement text NOT NULL,
  done_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE {place} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {TABLE}_nobody ON {place} USING (false)"""
    look = f"SELECT o.statement FROM {place} AS o WHERE o.key = $1"
    record = f"INSERT INTO {place} (key, statement) VALUES ($1, $2)"
    message = literal(f"run_once {key!r} was done with another statement")
    return block(
        [
            "DECLARE",
            "  found text;",
            f"  statement CONSTANT text := {dollar(sql, 'once')};",
            "BEGIN",
            _EVERY_ROW,
            f"  IF to_regclass({literal(place)}) IS NULL THEN",
            f"    EXECUTE {dollar(create)};",
            f"    EXECUTE {dollar(of_table(TABLE, schema))};",
            "  END IF;",
            f"  EXECUTE {literal(look)} INTO found USING {literal(key)};",
            "  IF found IS NULL THEN",
            "    EXECUTE statement;",
            f"    EXECUTE {literal(record)} USING {literal(key)}, statement;",
            "  ELSIF found <> statement THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {message},",
            "      DETAIL = concat('found: ', found, E'\\nexpected: ', statement),",
            "      HINT = 'a new statement takes a new key';",
            "  END IF;",
            "END",
        ]
    )


def undo(key: str, sql: str | None, schema: str | None = "public") -> str:
    """Carries out ``sql`` where the key is recorded, and forgets it; the last key takes the table along."""
    place = qualified(TABLE, schema)
    work = [f"    EXECUTE {dollar(sql, 'once')};"] if sql else []
    return block(
        [
            "DECLARE",
            "  n bigint;",
            "BEGIN",
            _EVERY_ROW,
            f"  IF to_regclass({literal(place)}) IS NULL THEN RETURN; END IF;",
            f"  EXECUTE {literal(f'DELETE FROM {place} WHERE key = $1')} USING {literal(key)};",
            "  GET DIAGNOSTICS n = ROW_COUNT;",
            "  IF n > 0 THEN",
            *work,
            f"    EXECUTE {literal(f'SELECT count(*) FROM {place}')} INTO n;",
            f"    IF n = 0 THEN EXECUTE {literal(f'DROP TABLE {place}')}; END IF;",
            "  END IF;",
            "END",
        ]
    )
