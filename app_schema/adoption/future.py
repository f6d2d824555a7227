"""The future rows of a table as a subquery: after the choices, with new types and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app_schema.adoption.choices import MoveRows
from app_schema.adoption.mend import MENDED, fills, mends, place, primary_key
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sql import ident, literal, qualified
from app_schema.errors import ConfigurationError
from app_schema.migrations.directives import RetypeOp

if TYPE_CHECKING:
    from app_schema.adoption.look import Look
    from app_schema.adoption.superseded import SetValue

Table = tuple[str, str]
"""Schema and name."""
_WORD = re.compile(r"\w+")
_ALIASED = re.compile(
    r"\s+(?!(?:WHERE|GROUP|HAVING|ORDER|LIMIT|OFFSET|FETCH|FOR|WINDOW|UNION|EXCEPT|INTERSECT|ON|USING|JOIN|LEFT|RIGHT|"
    r"FULL|INNER|CROSS|NATURAL|TABLESAMPLE)\b)[\w\"]",
    re.IGNORECASE,
)
"""The alias that follows a FROM item."""
_INPUT_IS_VALID = (16,)
"""The first version with pg_input_is_valid()."""
_UUID = "'^[{]?([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]?$'"
_FIRST, _LAST = "'4714-11-26 BC'", "'294276-12-30'"


@dataclass(frozen=True)
class Future:
    """Subqueries that read the tables in the state after the revision."""

    look: Look
    _open: list[Table] = field(default_factory=list, init=False, compare=False)
    """The tables whose rows an entry of `adopt.toml` is about to read."""

    @cached_property
    def conversions(self) -> dict[tuple[Table, str], str]:
        """Each column with a new type -> the expression that converts a value."""
        return {
            ((operation.schema or "public", operation.table), column.name): column.using or ident(column.name)
            for operation in self.look.plan.operations()
            if isinstance(operation, RetypeOp)
            for column in operation.columns
        }

    def is_open(self, table: Table, column: str) -> bool:
        """True if the types differ and no operation changes the column: the page says what is to be done by
        hand, and no rule on the column can be evaluated before."""
        key = Key("column", *table, column)
        reflected = self.look.sides.reflected.get(key)
        if reflected is None or (table, column) in self.conversions:
            return False
        return PrintedColumn.of(reflected).type != self._type(table, column)

    @cached_property
    def _types(self) -> dict[str, str]:
        """Each declared enum that is absent or has another name -> its type in the database."""
        sides = self.look.sides
        enums = [key for key in sides.declared if key.kind == "enum"]
        before = {key: sides.renamed.before(key) if key in sides.reflected else None for key in enums}
        return {
            qualified(key.name, key.schema): "text" if old is None else qualified(old.name, old.schema)
            for key, old in before.items()
            if old != key
        }

    def expression(self, printed: str) -> str:
        """An expression of the declared side, with the types of the database."""
        for new, old in self._types.items():
            printed = re.sub(rf"{re.escape(new)}(?!\w)", old.replace("\\", r"\\"), printed)
        return printed

    def unfit(self, table: Table, column: str) -> str | None:
        """The condition under which a value cannot be cast to the new type; None: always castable, or
        unknown."""
        reflected = PrintedColumn.of(self.look.sides.reflected[Key("column", *table, column)]).type
        if reflected.startswith("timestamp") and self.look.choices.zone.upper() != "UTC":
            # within a day of the limits of both types another zone is out of range
            return f"isfinite({ident(column)}) AND {ident(column)} NOT BETWEEN {_FIRST} AND {_LAST}"
        if reflected != "text" and not reflected.startswith("character"):
            return None
        declared, type_ = (
            self.look.sides.metadata.tables[table].columns[column].type,
            self._type(table, column),
        )
        name = ident(column)
        if isinstance(declared, sa.Enum):
            labels = ", ".join(literal(label) for label in declared.enums)
            return f"{name} <> ALL (ARRAY[{labels}])"
        if (self.look.connection.dialect.server_version_info or (0,)) >= _INPUT_IS_VALID:
            return f"NOT pg_input_is_valid({name}, {literal(type_)})"
        return f"{name} !~ {_UUID}" if type_ == "uuid" else None

    def columns(self, table: Table, sql: str) -> set[str]:
        """The columns of a table whose names occur in an expression."""
        words = set(_WORD.findall(sql))
        return {name for name in self._declared(table) if name in words or ident(name) in sql}

    def rows(self, table: Table, columns: Iterable[str], *, converted: bool = True) -> str:
        """The FROM item with these columns, aliased as the table.

        :param converted: columns have their new types.
        """
        needed = self._closure(table, {*columns, *primary_key(self.look, table)})
        alias = ident(table[1])
        layers = [choice for choice in mends(self.look) if place(choice.table) == table]
        old, reflected = self._declared(table), self._reflected(table)
        if not layers and all(self._unchanged(table, name) for name in needed):
            return f"{qualified(table[1], table[0])} AS {alias}"
        sql = f"SELECT {', '.join(['ctid', *map(ident, reflected)])} FROM {qualified(table[1], table[0])}"
        for choice in layers:
            sql = self._mended(sql, table, choice, reflected)
        if not converted:
            return f"({sql}) AS {alias}"
        new = [f"{self._converted(table, name, old[name])} AS {ident(name)}" for name in sorted(needed)]
        sql = f"SELECT {', '.join(['ctid', *new])} FROM ({sql}) AS {alias}"
        for fill in fills(self.look):
            if place(fill.table) == table and fill.column in needed:
                sql = self._mended(sql, table, fill, dict.fromkeys(sorted(needed), None))
        return f"({sql}) AS {alias}"

    def probe(self, choice: SetValue | MoveRows) -> str:
        """A query that evaluates a choice for each row of its table."""
        table = place(choice.table)
        reflected = self._reflected(table)
        if not isinstance(choice, MoveRows) and choice.column not in reflected:
            return f"SELECT * FROM {self.rows(table, [choice.column])}"
        primary_key(self.look, table)
        rows = f"SELECT {', '.join(['ctid', *map(ident, reflected)])} FROM {qualified(table[1], table[0])}"
        return self._mended(rows, table, choice, reflected)

    def value(self, table: Table, column: str) -> str:
        """A column of these rows in its new type, as an assignment converts it: a cast would shorten text."""
        type_ = self._new_type(table, column)
        is_text = type_.startswith("character") or type_ == "text"
        return ident(column) if is_text else f"CAST({ident(column)} AS {type_})"

    def _closure(self, table: Table, columns: set[str]) -> set[str]:
        needed = set(columns)
        while True:
            used = {
                name
                for fill in fills(self.look)
                if place(fill.table) == table and fill.column in needed
                for name in self.columns(table, f"{fill.value} {fill.where} {fill.on}")
            }
            if used <= needed:
                return needed
            needed |= used

    def _mended(self, sql: str, table: Table, choice: SetValue | MoveRows, columns: Iterable[str]) -> str:
        alias = ident(table[1])
        where = self._in_future(choice.where)
        if isinstance(choice, MoveRows):
            return f"SELECT * FROM ({sql}) AS {alias} WHERE ({where}) IS NOT TRUE"
        source = (
            f" LEFT JOIN {self._in_future(choice.source)} ON {self._in_future(choice.on)}"
            if choice.source
            else ""
        )
        type_ = self._cast(table, choice.column)
        values = [
            f"{alias}.{ident(name)}"
            if name != choice.column
            else f"CASE WHEN {where} THEN CAST({self._in_future(choice.value)} AS {type_}) "
            f"ELSE {alias}.{ident(name)} END AS {ident(name)}"
            for name in columns
        ]
        return f"SELECT {', '.join([f'{alias}.ctid', *values])} FROM ({sql}) AS {alias}{source}"

    def _in_future(self, sql: str) -> str:
        def as_rows(match: re.Match[str]) -> str:
            table = place(match[1])
            if table in self._open:
                raise ConfigurationError(
                    f"adopt.toml: {match[0]} is the table after all entries, and an entry for {match[1]} "
                    f"itself needs it, directly or by another table: write {match[1]} without braces there."
                )
            self._open.append(table)
            rows = f"(SELECT * FROM {self.rows(table, self.columns(table, sql))})"
            self._open.remove(table)
            # PostgreSQL 15 requires an alias
            return rows if _ALIASED.match(sql, match.end()) else f"{rows} AS {ident(table[1])}"

        return MENDED.sub(as_rows, sql)

    def _cast(self, table: Table, column: str) -> str:
        """The type of a value: the reflected type of an existing column, else the declared one."""
        reflected = self.look.sides.reflected.get(Key("column", *table, column))
        if reflected is None:
            return self._new_type(table, column)
        return self.expression(PrintedColumn.of(reflected).type)

    def _converted(self, table: Table, column: str, declared: str) -> str:
        if Key("column", *table, column) in self.look.sides.reflected:
            using = self.conversions.get((table, column))
            if using is None:
                return ident(column)
            new = self.expression(using)
            if self._type(table, column) not in {"uuid", "date"} and "AT TIME ZONE" not in using:
                return new
            unfit = self.unfit(table, column)
            value = f"CAST({new} AS {self._new_type(table, column)})"
            return f"CASE WHEN {unfit} THEN NULL ELSE {value} END" if unfit else value
        part = PrintedColumn.of(declared)
        value = self.expression(part.expression) if part.how == "DEFAULT" else "NULL"
        return f"CAST({value} AS {self._new_type(table, column)})"

    def _type(self, table: Table, column: str) -> str:
        return PrintedColumn.of(self._declared(table)[column]).type

    def _new_type(self, table: Table, column: str) -> str:
        """The declared type; text for a type with a schema, which may be absent yet."""
        type_ = self._type(table, column)
        return "text" if "." in type_ else type_

    def _unchanged(self, table: Table, column: str) -> bool:
        reflected = Key("column", *table, column) in self.look.sides.reflected
        return reflected and (table, column) not in self.conversions

    def _declared(self, table: Table) -> dict[str, str]:
        return self._by_table[0].get(table, {})

    def _reflected(self, table: Table) -> dict[str, str]:
        return self._by_table[1].get(table, {})

    @cached_property
    def _by_table(self) -> tuple[dict[Table, dict[str, str]], dict[Table, dict[str, str]]]:
        columns_of_sides: tuple[dict[Table, dict[str, str]], dict[Table, dict[str, str]]] = ({}, {})
        for side, definitions in zip(
            columns_of_sides, (self.look.sides.declared, self.look.sides.reflected), strict=True
        ):
            for key, definition in definitions.items():
                if key.kind == "column":
                    side.setdefault((key.schema or "", key.table or ""), {})[key.name] = definition
        return columns_of_sides
