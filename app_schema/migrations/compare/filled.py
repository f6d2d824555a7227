"""Which tables have rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl.sql import qualified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

Place = tuple[str | None, str | None]
"""Schema and name of a table."""
_HIDDEN = text("""
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relrowsecurity AND pg_catalog.row_security_active(c.oid)""")
_AT_ONCE = 500
"""Tables in one query; PostgreSQL returns no more than 1,664 columns."""


class FilledTables:
    """The tables that have rows, or may have rows that row security hides from this role.

    :param likely: the tables that are queried together with the first of them.
    """

    def __init__(self, connection: Connection, likely: Iterable[Place]) -> None:
        self._connection = connection
        self._likely = set(likely)
        self._known: dict[Place, bool] = {}

    def __contains__(self, place: Place) -> bool:
        if place in self._hidden:
            return True
        if place not in self._known:
            places = sorted((self._likely | {place}) - self._known.keys() - self._hidden, key=str)
            for start in range(0, len(places), _AT_ONCE):
                self._ask(places[start : start + _AT_ONCE])
        return self._known[place]

    def _ask(self, places: list[Place]) -> None:
        tables = (qualified(name or "", schema) for schema, name in places)
        query = f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {table})' for table in tables)}"
        row = self._connection.exec_driver_sql(query, execution_options={"no_parameters": True}).one()
        self._known |= dict(zip(places, row, strict=True))

    @cached_property
    def _hidden(self) -> frozenset[Place]:
        return frozenset((schema, name) for schema, name in self._connection.execute(_HIDDEN))
