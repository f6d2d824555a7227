"""Detects a database whose tables another system created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.database import is_empty
from app_schema.ddl.sql import qualified
from app_schema.errors import DifferentError
from app_schema.migrations.lineage import current
from app_schema.migrations.once import TABLE as ONCE_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from app_schema.application import Application

BEGUN = "adoption"
"""The key that the first statement of the revision records."""
# one query for all tables; a primary key of another name shows that no revision created the table
_KEYS = text("""
SELECT w.schema, w.name, k.conname AS key
FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS w(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p'
""")
_INCOMPLETE = (
    "The adoption of this database has begun and is not complete: run app-schema upgrade again in the "
    "directory in which app-schema adopt --write has written adoption/; or take it back by app-schema adopt "
    "--undo."
)
_READABLE = text("SELECT has_table_privilege(to_regclass(:table), 'SELECT')")


def unadopted(connection: Connection, app: Application, stamped: frozenset[str]) -> str | None:
    """The sentence about a database of another system without a revision; None: no such database.

    The names of primary keys identify a database of the lineage that lost its version table: `upgrade`
    repairs it. The first statement of an adoption records that it has begun.
    """
    if stamped or is_empty(connection):
        return None  # without an import of the models
    declared = {(table.schema or "public", table.name): table for table in app.metadata.tables.values()}
    places = {"schemas": [schema for schema, _ in declared], "names": [name for _, name in declared]}
    keys = {(row.schema, row.name): row.key for row in connection.execute(_KEYS, places)}
    if not keys:
        return None
    if has_begun(connection, app):
        return _INCOMPLETE
    if all(_is_declared(declared[place], key) for place, key in keys.items()):
        return None
    tables = "1 table" if len(keys) == 1 else f"{len(keys)} tables"
    return (
        f"The database has {tables} of {app.name} but no revision, because another system created it: "
        "app-schema adopt shows what adopting it would change."
    )


def _is_declared(table: Table, key: str | None) -> bool:
    expected = table.primary_key.name or f"{table.name}_pkey"  # as PostgreSQL names it
    return not table.primary_key.columns or key == expected


def has_begun(connection: Connection, app: Application) -> bool:
    """True from the first COMMIT of an adoption to its downgrade."""
    table = qualified(ONCE_TABLE, app.version_table_schema)
    if not connection.scalar(_READABLE, {"table": table}):
        return False
    return bool(
        connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table} WHERE key = :key)"), {"key": BEGUN})
    )


def refuse_unadopted(connection: Connection, app: Application) -> frozenset[str]:
    """The current revisions of the database.

    :raises DifferentError: if another system created the tables.
    """
    stamped = current(connection, app)
    if sentence := unadopted(connection, app, stamped):
        raise DifferentError(sentence)
    return stamped


def refuse_adopted(connection: Connection, app: Application, *, changes: bool) -> None:
    """Refuses a database with a revision; before changes also one whose adoption has begun.

    :raises DifferentError: with the command to run instead.
    """
    if stamped := current(connection, app):
        raise DifferentError(
            f"The database is at revision {', '.join(sorted(stamped))}: there is nothing to adopt. "
            "app-schema adopt --undo downgrades an adopted database."
        )
    if changes and has_begun(connection, app):
        raise DifferentError(_INCOMPLETE)
