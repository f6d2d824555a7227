"""Objects by the text that PostgreSQL prints: reflected objects that a revision must create exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import constraint, index
from app_schema.ddl.constraint import Named, addition, found_schema
from app_schema.ddl.defined import Defined
from app_schema.ddl.guard import Guard
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.index import index_query
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import KIND_OF_NAME
from app_schema.ddl.sql import NAME, ident, literal, parsed, qualified, split, unquoted
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Copied, Side, copied

FOREIGN_KEY = re.compile(
    rf"FOREIGN KEY *\((?P<columns>[^)]*)\) *REFERENCES +(?:(?P<schema>{NAME})\.)?(?P<table>{NAME})"
    r" *\((?P<targets>[^)]*)\)(?P<rest>.*)",
    re.DOTALL,
)
_NOT_NULL = re.compile(rf"NOT NULL (?P<column>{NAME})")


def _printed_foreign_key(columns: str, schema: str | None, table: str, targets: str, rest: str) -> str:
    """SQL expression: a foreign key as PostgreSQL prints it with an empty search_path, spaces normalized."""
    columns, targets = (
        ", ".join(" ".join(column.split()) for column in text.split(",")) for text in (columns, targets)
    )
    (name,) = split(table)
    place = literal(schema) if schema else f"quote_ident({found_schema(name)})"
    head, tail = f"FOREIGN KEY ({columns}) REFERENCES ", f".{table}({targets}){rest}"
    return f"concat({literal(head)}, {place}, {literal(tail)})"


@dataclass(frozen=True)
class TableConstraint(TableObject):
    """``ALTER TABLE table ADD CONSTRAINT name definition``, as pg_get_constraintdef prints the definition."""

    kind: ClassVar[str] = "table_constraint"
    comment_on: ClassVar[Mapping[str, str]] = {"constraint": "CONSTRAINT {name} ON {table}"}
    catalog = (constraint.CATALOG,)
    reflected_as = ("constraint",)
    ranks = (Drops.CONSTRAINT, Makes.CONSTRAINT)
    in_create_all = Makes.FUNCTION
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "drop"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("name", "table", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    table: str | None = None
    schema: str | None = None

    @property
    def step(self) -> int:
        """After the functions that a check may call; a foreign key after the keys that it may refer to."""
        return 2 if self.definition.upper().startswith("FOREIGN KEY") else 1

    def undeclarable(self) -> str | None:
        if self.definition.upper().startswith("NOT NULL"):
            return "cannot be declared by its text: write nullable=False on the column, and NotNull(...)"
        return super().undeclarable()

    def _named(self) -> Named:
        assert self.table is not None
        return Named(self.name, "table constraint", self.table, self.schema)

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(key.name, definition, table=key.table, schema=key.schema)

    def side(self) -> Side:
        return self._side(self.definition)

    def _side(self, text: str) -> Side:
        if match := FOREIGN_KEY.fullmatch(text):  # a temporary table cannot reference a permanent table
            return Side(value=_printed_foreign_key(**match.groupdict()), qualified=True)
        table, not_null = copied(self.table, self.schema), _NOT_NULL.match(text)
        # a copy is NOT NULL where the table is
        bare = (
            [f"ALTER TABLE {table.twin} ALTER COLUMN {not_null['column']} DROP NOT NULL"] if not_null else []
        )
        return Side(twin=(*bare, self._add(text, table.twin)), like=table)

    def guarded(
        self, *, absent: tuple[str, ...] | None, different: tuple[str, ...] | None, old: DDLObject | None
    ) -> Guard:
        if different is not None:  # a replacement compares exactly: it may only add NOT VALID
            return super().guarded(absent=absent, different=different, old=old)
        (create,) = self.create_sql()
        proved = self.definition.removesuffix(" NOT VALID")
        validated = proved == self.definition and not proved.endswith(" NOT ENFORCED")
        provable = validated and proved.startswith(("CHECK", "FOREIGN KEY", "NOT NULL"))
        return addition(
            self._named(),
            create,
            self._side(proved),
            kind="constraint",
            validated=proved == self.definition,
            indexed=proved.startswith(("PRIMARY KEY", "UNIQUE", "EXCLUDE")),
            provable=self._side(f"{proved} NOT VALID") if provable else None,
        )

    def _add(self, text: str, table: str) -> str:
        return f"ALTER TABLE {table} ADD CONSTRAINT {ident(self.name)} {text}"

    def create_sql(self) -> tuple[str, ...]:
        return (self._add(self.definition, qualified(self.table or "", self.schema)),)

    def drop_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (f"ALTER TABLE {qualified(self.table, self.schema)} DROP CONSTRAINT {ident(self.name)}",)


_INDEX = re.compile(
    rf"(?P<head>CREATE (?:UNIQUE )?INDEX {NAME} ON )(?:ONLY )?"
    rf"(?P<real>{NAME}\.(?P<table>{NAME}))(?P<rest> USING .*)",
    re.DOTALL,
)


_STATE = re.compile(r"( INVALID)?( PARTITION OF \S+)?$")
"""The text that a snapshot appends to the print of pg_get_indexdef."""


@dataclass(frozen=True)
class TableIndex(Defined):
    """An index by the whole statement that pg_get_indexdef prints: of a materialized view or of a partition.

    :raises ModelError: for any other statement.
    """

    kind: ClassVar[str] = "table_index"
    word = "INDEX"
    comment_on: ClassVar[Mapping[str, str]] = {"index": "INDEX {place}"}
    catalog = (index.CATALOG,)
    reflected_as = ("index",)
    ranks = (Drops.INDEX, Makes.INDEX)
    in_create_all = Makes.VIEW
    locks: ClassVar[Mapping[str, str]] = {"create": "SHARE", "drop": "ACCESS EXCLUSIVE"}

    @property
    def step(self) -> int:
        """After the materialized views."""
        return 1

    def reflected_key(self, default_schema: str) -> Key:
        return super().reflected_key(default_schema)._replace(table=self._table())

    def _parts(self) -> dict[str, str]:
        expected = "CREATE INDEX name ON schema.table USING ..."
        label = f"index {self.name}"
        return parsed(_INDEX, label, self.definition, "pg_get_indexdef", expected).groupdict()

    def _table(self) -> str:
        return unquoted(self._parts()["table"])

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(key.name, _STATE.sub("", definition), schema=key.schema)

    def catalog_query(self) -> str:
        return index_query(self.name, self._table())

    def side(self) -> Side:
        parts = self._parts()
        table = Copied(parts["real"], self._table())
        return Side(twin=(f"{parts['head']}{table.twin}{parts['rest']}",), like=table)

    def create_sql(self) -> tuple[str, ...]:
        # PostgreSQL prints ON ONLY for an index of a partitioned table; CREATE INDEX ON ONLY leaves it
        # INVALID
        parts = self._parts()
        return (f"{parts['head']}{parts['real']}{parts['rest']}",)

    def dropped(self, *, recreated: bool = False) -> str:
        unowned = "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS k WHERE k.conindid = c.oid"
        kind = f"{KIND_OF_NAME.format(name=literal(self.name))} {unowned} AND k.contype IN ('p', 'u', 'x'))"
        return drop(self.label, self.namespace(), kind, "index", self.drop_sql(), recreated=recreated)
