"""The rows of any query, each value as PostgreSQL prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa

from app_schema.studio.querylog import noted

_TYPES = sa.text(
    "SELECT o.oid, pg_catalog.format_type(o.oid, NULL) AS name FROM unnest(CAST(:oids AS oid[])) AS o(oid)"
)
ROWS = 500
"""So many rows are shown at once."""
WIDTH = 2_000
"""So many characters of a value are shown."""


@dataclass(frozen=True)
class Grid:
    """Columns as (name, type), rows of texts (None: NULL), and whether there are more rows."""

    columns: list[tuple[str, str]]
    rows: list[tuple[str | None, ...]]
    more: bool


def grid(connection: sa.Connection, query: str, *, skip: int = 0, rows: int = ROWS) -> Grid:
    """The rows of a query, after the first `skip` ones.

    PostgreSQL prints and shortens the values: none is too long, or of a type that Python lacks.
    """
    described = execute_one(connection, f"{wrapped(query)} LIMIT 0").description
    others = _other_types(connection, {column.type_code for column in described})
    columns = [(column.name, others.get(column.type_code, column.type_display)) for column in described]
    aliases = [f"c{number}" for number in range(len(columns))]
    printed = ", ".join(f"pg_catalog.left({alias}::text, {WIDTH + 1})" for alias in aliases)
    named = f" ({', '.join(aliases)})" if aliases else ""
    cursor = execute_one(connection, f"{wrapped(query, printed)}{named} LIMIT {rows + 1} OFFSET {skip}")
    fetched = cursor.fetchall()
    return Grid(columns, [tuple(map(_shortened, row)) for row in fetched[:rows]], len(fetched) > rows)


def _other_types(connection: sa.Connection, oids: set[int]) -> dict[int, str]:
    """The names of the types that psycopg does not know: of extensions, enums, domains."""
    unknown = [oid for oid in oids if psycopg.adapters.types.get(oid) is None]
    if not unknown:
        return {}
    return {row.oid: row.name for row in connection.execute(_TYPES, {"oids": unknown})}


def wrapped(query: str, columns: str = "*") -> str:
    """A query as the only relation of another one; its last line may end with a comment."""
    return f"SELECT {columns} FROM (\n{query}\n) AS statement"


def execute_one(connection: sa.Connection, sql: str) -> Any:
    """The cursor of a statement. The extended protocol refuses a second statement in the text."""
    driver: Any = connection.connection.driver_connection
    with noted(sql):
        return driver.cursor(binary=True).execute(sql)


def _shortened(value: str | None) -> str | None:
    return f"{value[:WIDTH]}…" if value is not None and len(value) > WIDTH else value
