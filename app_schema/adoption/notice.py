"""Detects a database whose tables another system created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.errors import DifferentError
from app_schema.migrations.lineage import current

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

# one query for all tables; a primary key of another name shows that no revision created the table
_KEYS = text("""
SELECT w.schema, w.name, k.conname AS key
FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS w(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p'
""")


def of_another_system(connection: Connection, app: Application) -> int:
    """The number of tables of the application that no revision created; 0: the lineage created the database.

    The names of primary keys identify a database of the lineage that lost its version table: `upgrade`
    repairs it.
    """
    declared = {(table.schema or "public", table.name): table for table in app.metadata.tables.values()}
    places = {"schemas": [schema for schema, _ in declared], "names": [name for _, name in declared]}
    existing = {(row.schema, row.name): row.key for row in connection.execute(_KEYS, places)}
    for place, key in existing.items():
        primary_key = declared[place].primary_key
        expected = primary_key.name or f"{place[1]}_pkey"  # as PostgreSQL names it
        if primary_key.columns and key != expected:
            return len(existing)
    return 0


def unadopted(connection: Connection, app: Application, here: frozenset[str]) -> str | None:
    """The sentence about a database of another system without a revision; None: no such database."""
    count = 0 if here else of_another_system(connection, app)
    if not count:
        return None
    tables = "1 table" if count == 1 else f"{count} tables"
    return (
        f"The database has {tables} of {app.name} but no revision, because another system created it: "
        "app-schema adopt shows what adopting it would change."
    )


def refuse_unadopted(connection: Connection, app: Application) -> frozenset[str]:
    """The current revisions of the database.

    :raises DifferentError: if another system created the tables.
    """
    here = current(connection, app)
    if sentence := unadopted(connection, app, here):
        raise DifferentError(sentence)
    return here
