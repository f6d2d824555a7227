"""Detects a database whose tables another system created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.errors import DifferentError
from app_schema.migrations.lineage import current

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app_schema.application import Application

# 1,000 tables are one query; a key of another name is the sign that no revision made the table
_KEYS = text("""
SELECT w.schema, w.name, k.conname AS key
FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS w(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p'
""")


def of_another_system(connection: Connection, app: Application) -> int:
    """The number of tables of the application in a database that no revision of ours made; 0: it is ours.

    A database of our own lineage that lost its version table is told by the names of its primary keys:
    `upgrade` mends it.
    """
    declared = {(one.schema or "public", one.name): one for one in app.metadata.tables.values()}
    places = {"schemas": [schema for schema, _ in declared], "names": [name for _, name in declared]}
    found = {(row.schema, row.name): row.key for row in connection.execute(_KEYS, places)}
    for place, key in found.items():
        primary_key = declared[place].primary_key
        expected = primary_key.name or f"{place[1]}_pkey"  # as PostgreSQL names it
        if primary_key.columns and key != expected:
            return len(found)
    return 0


def unadopted(connection: Connection, app: Application, here: frozenset[str]) -> str | None:
    """The sentence about a database of another system at no revision; None: there is nothing to say."""
    count = 0 if here else of_another_system(connection, app)
    if not count:
        return None
    tables = "1 table" if count == 1 else f"{count} tables"
    return (
        f"The database has {tables} of {app.name} but no revision, because another system made it: "
        "app-schema adopt shows what adopting it would change."
    )


def refuse_unadopted(connection: Connection, app: Application) -> frozenset[str]:
    """The revisions that the database is at.

    :raises DifferentError: where another system made the tables.
    """
    here = current(connection, app)
    if sentence := unadopted(connection, app, here):
        raise DifferentError(sentence)
    return here
