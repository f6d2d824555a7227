"""Data statements cannot be guarded by looking: the statement that does the work records a key."""

from __future__ import annotations

from app_schema.ddl.guard import DIFFERENT, block
from app_schema.ddl.privileges import of_table
from app_schema.ddl.sql import dollar, literal

TABLE = "alembic_run_once"
_QUALIFIED = f"public.{TABLE}"


def once(key: str, sql: str) -> str:
    """Carries out ``sql`` where the key is not recorded, and records it."""
    # default privileges may give a new table to other roles, who could then make a statement run again
    create = f"""\
CREATE TABLE {_QUALIFIED} (
  key text PRIMARY KEY,
  statement text NOT NULL,
  done_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE {_QUALIFIED} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {TABLE}_nobody ON {_QUALIFIED} USING (false)"""
    look = f"SELECT o.statement FROM {_QUALIFIED} AS o WHERE o.key = $1"
    record = f"INSERT INTO {_QUALIFIED} (key, statement) VALUES ($1, $2)"
    message = literal(f"run_once {key!r} was done with another statement")
    return block(
        [
            "DECLARE",
            "  found text;",
            f"  statement CONSTANT text := {dollar(sql, 'once')};",
            "BEGIN",
            f"  IF to_regclass('{_QUALIFIED}') IS NULL THEN",
            f"    EXECUTE {dollar(create)};",
            f"    EXECUTE {dollar(of_table(TABLE, 'public'))};",
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


def undo(key: str, sql: str | None) -> str:
    """Carries out ``sql`` where the key is recorded, and forgets it; the last key takes the table along."""
    work = [f"    EXECUTE {dollar(sql, 'once')};"] if sql else []
    return block(
        [
            "DECLARE",
            "  n bigint;",
            "BEGIN",
            f"  IF to_regclass('{_QUALIFIED}') IS NULL THEN RETURN; END IF;",
            f"  EXECUTE 'DELETE FROM {_QUALIFIED} WHERE key = $1' USING {literal(key)};",
            "  GET DIAGNOSTICS n = ROW_COUNT;",
            "  IF n > 0 THEN",
            *work,
            f"    EXECUTE 'SELECT count(*) FROM {_QUALIFIED}' INTO n;",
            f"    IF n = 0 THEN EXECUTE 'DROP TABLE {_QUALIFIED}'; END IF;",
            "  END IF;",
            "END",
        ]
    )
