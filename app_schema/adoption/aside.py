"""The tables of schema `aside`: rows and values as they were before the adoption, for its downgrade."""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.adoption.choices import ASIDE
from app_schema.ddl.sql import ident, literal, qualified

WRITTEN = "app_schema_written"
"""The last column of kept values: the value that the adoption has written."""
SET_UP = f"CREATE SCHEMA IF NOT EXISTS {ident(ASIDE)};\n"
CLEAN_UP = f"""\
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace({literal(ASIDE)})) THEN
    DROP SCHEMA {ident(ASIDE)};
  END IF;
END $$"""
"""The last restored value or row takes the schema with it."""


def described(kept: str, of: str) -> str:
    """A comment for the review of the downgrade: the table or column to which the rows or values return."""
    return f"COMMENT ON TABLE {kept} IS {literal(of)}"


@dataclass(frozen=True)
class KeptValues:
    """The statements that keep the values of a column, and restore them by the primary key.

    :param place: schema and name of the table.
    :param keys: the columns of its primary key.
    :param kept: the table of schema `aside`, as SQL.
    """

    place: tuple[str, str]
    keys: list[str]
    column: str
    kept: str

    @property
    def _table(self) -> str:
        return qualified(*self.place[::-1])

    @property
    def _value(self) -> str:
        return f"{ident(self.place[1])}.{ident(self.column)}"

    @property
    def same_row(self) -> str:
        """The condition of the row of the table to which a kept value belongs; the kept row is ``kept``."""
        return " AND ".join(f"{ident(self.place[1])}.{key} = kept.{key}" for key in map(ident, self.keys))

    def keep(self, where: str) -> str:
        value = ident(self.column)
        columns = ", ".join([*map(ident, self.keys), value, f"{value} AS {WRITTEN}"])
        return (
            f"CREATE TABLE {self.kept} AS SELECT {columns} FROM {self._table} WHERE {where};\n"
            f"{described(self.kept, f'{self._table}.{value}')}"
        )

    @property
    def mark(self) -> str:
        """Keeps the present values as those that the adoption has written."""
        return (
            f"UPDATE {self.kept} AS kept SET {WRITTEN} = {self._value} FROM {self._table} "
            f"WHERE {self.same_row}"
        )

    @property
    def unchanged(self) -> str:
        """The condition of a row with the written value; as text, because json and point have no equality."""
        return f"{self._value}::text IS NOT DISTINCT FROM kept.{WRITTEN}::text"

    def restore(self, where: str = "true") -> str:
        value = ident(self.column)
        return (
            f"UPDATE {self._table} SET {value} = kept.{value} FROM {self.kept} AS kept "
            f"WHERE {self.same_row} AND {where};\nDROP TABLE {self.kept};\n{CLEAN_UP}"
        )
