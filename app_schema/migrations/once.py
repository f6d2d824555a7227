"""Data statements cannot be guarded by looking: the statement that does the work records a key."""

from __future__ import annotations

from app_schema import pinned
from app_schema.ddl.block import ABSENT, block, refuse
from app_schema.ddl.privileges import of_table
from app_schema.ddl.sql import dollar, literal, qualified

TABLE = "alembic_run_once"

_EVERY_ROW = f"  PERFORM {pinned.calls({'row_security': 'off'}, local=True)};"
"""PostgreSQL raises where row security would hide rows, also in a console with a session a statement."""


def once(key: str, sql: str, schema: str | None = "public") -> str:
    """Executes ``sql`` if the key is not recorded, and records the key.

    :param schema: that of the version table: each tenant has its keys beside its revisions.
    """
    message = f"run_once {key!r} was executed with another statement"
    return recorded(key, sql, "statement", message, "write a new key for a new statement", schema)


CANNOT_TELL = "AS005"
"""SQLSTATE of a refusal that no later statement resolves: a rename may be done, or an object has changed."""


def rename_once(
    key: str, sql: str, oid: str, earlier_run: tuple[str, ...], schema: str | None = "public"
) -> str:
    """Executes a rename if the key is not recorded, and records it.

    :param earlier_run: SQL expressions, all true if an earlier run may have executed it without a record:
        then the rename is refused.
    :param oid: SQL expression: the OID of the table or enum, recorded too: a key whose table was dropped or
        restored since is refused.
    """
    return recorded(
        key,
        sql,
        _renamed(oid),
        f"{key}: recorded as done, and the object was dropped or restored since",
        f"if the names are still to be exchanged, DELETE FROM {qualified(TABLE, schema)} "
        f"WHERE key = {literal(key)}; if they are exchanged already, stamp the revision",
        schema,
        earlier_run,
    )


def renamed_once(oid: str, schema: str | None = "public") -> str:
    """A block that refuses unless a rename on the table or enum is recorded."""
    place = qualified(TABLE, schema)
    look = f"SELECT 1 FROM {place} WHERE statement = $1"
    return block(
        [
            "DECLARE",
            "  found text;",
            "BEGIN",
            _EVERY_ROW,
            f"  IF to_regclass({literal(place)}) IS NOT NULL THEN",
            f"    EXECUTE {literal(look)} INTO found USING {_renamed(oid)};",
            "  END IF;",
            "  IF found IS NULL THEN",
            refuse("no rename is recorded", state=ABSENT),
            "  END IF;",
            "END",
        ]
    )


def was_renamed(prefix: str, words: str, oid: str, schema: str | None = "public") -> list[str]:
    """PL/pgSQL that sets ``renamed`` to true if a rename of the revision, with these words, is recorded."""
    place = qualified(TABLE, schema)
    key = f"starts_with(key, {literal(prefix)}) AND strpos(key, {literal(words)}) > 0"
    return [
        f"  IF NOT renamed AND to_regclass({literal(place)}) IS NOT NULL THEN",
        f"    EXECUTE {literal(f'SELECT EXISTS (SELECT FROM {place} WHERE {key} AND statement = $1)')}",
        f"      INTO renamed USING {_renamed(oid)};",
        "  END IF;",
    ]


def _renamed(oid: str) -> str:
    return f"concat('renamed, OID ', {oid})"


def forget(prefix: str, schema: str | None = "public") -> str:
    """Deletes the keys of renames that start with the prefix; drops the table after the last key."""
    place = qualified(TABLE, schema)
    delete = f"DELETE FROM {place} WHERE starts_with(key, $1)"
    return block(
        [
            "DECLARE",
            "  n bigint;",
            "BEGIN",
            f"  IF to_regclass({literal(place)}) IS NULL THEN RETURN; END IF;",
            _EVERY_ROW,
            f"  EXECUTE {literal(delete)} USING {literal(prefix)};",
            "  GET DIAGNOSTICS n = ROW_COUNT;",
            *_dropped_if_empty(place),
            "END",
        ]
    )


def record_unstamped(prefix: str, schema: str | None = "public") -> str:
    """Records that the database was stamped as having a revision, and by a later stamp as not having it."""
    return once(_unstamped_key(prefix), "SELECT", schema)


def was_unstamped(prefix: str, schema: str | None = "public") -> tuple[str, str]:
    """SQL expressions: that is recorded. The second one is read only where the first is true."""
    place = qualified(TABLE, schema)
    exists = f"EXISTS (SELECT FROM {place} WHERE key = {literal(_unstamped_key(prefix))})"
    return f"to_regclass({literal(place)}) IS NOT NULL", exists


def if_not_done(prefix: str, schema: str | None = "public") -> str:
    """The hint for a stamp that was right: delete the record of the earlier stamp."""
    return f"if not, DELETE FROM {qualified(TABLE, schema)} WHERE key = {literal(_unstamped_key(prefix))}"


def _unstamped_key(prefix: str) -> str:
    return f"{prefix}stamped away"


def refused(key: str, earlier_run: tuple[str, ...], schema: str | None) -> list[str]:
    """PL/pgSQL that refuses a rename where all conditions are true."""
    revision = key.partition(" ")[0]
    message = f"{key}: the database does not tell whether that is done, and this run did not create the table"
    otherwise = "if not, stamp the revision before it"
    if len(earlier_run) > 1:
        otherwise = if_not_done(key.partition(": ")[0] + ": ", schema)
    hint = f"if it is done, alembic stamp {revision}; {otherwise}; then upgrade again"
    return [
        *(f"    IF {condition} THEN" for condition in earlier_run),
        refuse(message, hint, state=CANNOT_TELL),
        *("    END IF;" for _ in earlier_run),
    ]


def recorded(
    key: str,
    sql: str,
    value: str,
    message: str,
    hint: str,
    schema: str | None,
    earlier_run: tuple[str, ...] = (),
) -> str:
    """Executes ``sql`` if the key is not recorded, and records the key with a value.

    :param value: SQL expression; refuses where the key is recorded with another one.
    """
    place = qualified(TABLE, schema)
    # default privileges may grant the new table to other roles, which could then have a statement run twice
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
            *(refused(key, earlier_run, schema) if earlier_run else ()),
            "    EXECUTE statement;",
            f"    EXECUTE {literal(record)} USING {literal(key)}, {value};",
            f"  ELSIF found <> {value} THEN",
            refuse(message, hint, detail=f"concat('found: ', found, E'\\nexpected: ', {value})"),
            "  END IF;",
            "END",
        ]
    )


def _dropped_if_empty(place: str) -> list[str]:
    return [
        "  IF n > 0 THEN",
        f"    EXECUTE {literal(f'SELECT count(*) FROM {place}')} INTO n;",
        f"    IF n = 0 THEN EXECUTE {literal(f'DROP TABLE {place}')}; END IF;",
        "  END IF;",
    ]


def undo(key: str, sql: str | None, schema: str | None = "public") -> str:
    """Executes ``sql`` if the key is recorded, and deletes the key; drops the table after the last key."""
    place = qualified(TABLE, schema)
    work = ["  IF n > 0 THEN", f"    EXECUTE {dollar(sql, 'once')};", "  END IF;"] if sql else []
    return block(
        [
            "DECLARE",
            "  n bigint;",
            "BEGIN",
            _EVERY_ROW,
            f"  IF to_regclass({literal(place)}) IS NULL THEN RETURN; END IF;",
            f"  EXECUTE {literal(f'DELETE FROM {place} WHERE key = $1')} USING {literal(key)};",
            "  GET DIAGNOSTICS n = ROW_COUNT;",
            *work,
            *_dropped_if_empty(place),
            "END",
        ]
    )
