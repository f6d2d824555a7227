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
_WITH_FOREIGN_TABLES = text("""
WITH RECURSIVE member AS (
  SELECT DISTINCT h.inhparent AS root, h.inhparent AS oid FROM pg_catalog.pg_inherits AS h
  UNION
  SELECT m.root, h.inhrelid FROM member AS m JOIN pg_catalog.pg_inherits AS h ON h.inhparent = m.oid)
SELECT n.nspname, c.relname,
       array_agg(format('%I.%I', s.nspname, t.relname)) FILTER (WHERE t.relkind = 'r')
  FROM member AS m JOIN pg_catalog.pg_class AS c ON c.oid = m.root
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class AS t ON t.oid = m.oid JOIN pg_catalog.pg_namespace AS s ON s.oid = t.relnamespace
 GROUP BY n.nspname, c.relname HAVING bool_or(t.relkind = 'f')""")
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
        query = f"SELECT {', '.join(map(self._is_filled, places))}"
        row = self._connection.exec_driver_sql(query, execution_options={"no_parameters": True}).one()
        self._known |= dict(zip(places, row, strict=True))

    def _is_filled(self, place: Place) -> str:
        """The SQL expression. Rows on another server need no statement that spares writers."""
        if place not in self._local:
            return f"EXISTS (SELECT 1 FROM {qualified(place[1] or '', place[0])})"
        return " OR ".join(["false", *(f"EXISTS (SELECT 1 FROM ONLY {each})" for each in self._local[place])])

    @cached_property
    def _local(self) -> dict[Place, list[str]]:
        """The tables of which heirs or partitions are foreign tables, with those that are none."""
        return {
            (schema, name): own or [] for schema, name, own in self._connection.execute(_WITH_FOREIGN_TABLES)
        }

    @cached_property
    def _hidden(self) -> frozenset[Place]:
        return frozenset((schema, name) for schema, name in self._connection.execute(_HIDDEN))
