"""Objects by PostgreSQL's own print: what was found in a database and has to be brought back exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from sqlalchemy.types import UserDefinedType

from app_schema.ddl.guard import Side
from app_schema.ddl.sql import ident, literal, qualified
from app_schema.ddl.statement import DDLObject, TableObject


class PrintedType(UserDefinedType[Any]):
    """A column type by its SQL, as PostgreSQL prints it."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        """The text itself."""
        return self.text

    def __repr__(self) -> str:
        return f"PrintedType({self.text!r})"


@dataclass(frozen=True)
class TableConstraint(TableObject):
    """``ALTER TABLE table ADD CONSTRAINT name definition``, the definition as pg_get_constraintdef prints
    it."""

    kind: ClassVar[str] = "table_constraint"
    positional: ClassVar[tuple[str, ...]] = ("name", "table", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    table: str | None = None
    schema: str | None = None

    def catalog_query(self) -> str:
        return f"""\
SELECT pg_get_constraintdef(t.oid) FROM pg_catalog.pg_constraint AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.conrelid
 WHERE c.relnamespace = $1 AND c.relname = {literal(self.table or "")} AND t.conname = {literal(self.name)}"""

    def side(self) -> Side:
        return Side(value=literal(self.definition), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        add = f"ADD CONSTRAINT {ident(self.name)} {self.definition}"
        return (f"ALTER TABLE {qualified(self.table, self.schema)} {add}",)

    def drop_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (f"ALTER TABLE {qualified(self.table, self.schema)} DROP CONSTRAINT {ident(self.name)}",)


@dataclass(frozen=True)
class TableIndex(DDLObject):
    """An index by the whole statement that pg_get_indexdef prints."""

    kind: ClassVar[str] = "table_index"
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    schema: str | None = None

    def catalog_query(self) -> str:
        return f"""\
SELECT pg_get_indexdef(c.oid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
 WHERE c.relnamespace = $1 AND c.relname = {literal(self.name)}"""

    def side(self) -> Side:
        return Side(value=literal(self.definition), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        return (self.definition,)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP INDEX {qualified(self.name, self.schema)}",)


@dataclass(frozen=True)
class Domain(DDLObject):
    """``CREATE DOMAIN schema.name AS definition``, the definition with its constraints as PostgreSQL prints
    them."""

    kind: ClassVar[str] = "domain"
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    schema: str | None = None

    def catalog_query(self) -> str:
        return f"""\
SELECT concat_ws(' ', format_type(y.typbasetype, y.typtypmod), CASE
  WHEN y.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || y.typdefault,
         (SELECT string_agg(format('CONSTRAINT %I %s', t.conname, pg_get_constraintdef(t.oid)), ' '
           ORDER BY t.conname)
            FROM pg_catalog.pg_constraint AS t WHERE t.contypid = y.oid AND t.contype <> 'n'))
  FROM pg_catalog.pg_type AS y WHERE y.typnamespace = $1 AND y.typname = {literal(self.name)}
    AND y.typtype = 'd'"""

    def side(self) -> Side:
        return Side(value=literal(self.definition), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        return (f"CREATE DOMAIN {qualified(self.name, self.schema)} AS {self.definition}",)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP DOMAIN {qualified(self.name, self.schema)}",)
