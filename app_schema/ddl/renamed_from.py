"""The former name of an object: a hint to autogenerate, which renames the object."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.object import Key
from app_schema.ddl.table_object import TableObject


@dataclass(frozen=True)
class RenamedFrom(TableObject):
    """In ``__table_args__``: the former name of the table, or of a column with ``column=``.

    Any other object is identified by its kind and name, ``RenamedFrom("own", of="policy", name="own_row")``,
    in ``__table_args__`` or by ``attach(metadata, RenamedFrom("old", of="view", name="new", schema="s"))``.
    Both names of a function contain its types: ``"f(integer)"``.
    """

    kind: ClassVar[str] = "renamed_from"
    positional: ClassVar[tuple[str, ...]] = ("old",)
    old: str
    _: KW_ONLY
    column: str | None = None
    of: str = "table"
    name: str = ""
    table: str | None = None
    schema: str | None = None

    @property
    def key(self) -> Key:
        """Identity of the hint: an object has at most one."""
        now = self.now("")
        return Key(self.kind, self.schema, self.table, f"{now.kind} {now.name}")

    def now(self, default_schema: str) -> Key:
        """The key of the object under its present name."""
        schema = self.schema or default_schema
        if self.column is not None:
            return Key("column", schema, self.table, self.column)
        if self.of == "table":
            return Key("table", schema, None, self.name or self.table or "")
        of = Kind.by_key.get(self.of)
        in_schema = of is None or self.table is not None or bool(of.query_of(self.of).namespace)
        return Key(self.of, schema if in_schema else None, self.table, self.name)

    def undeclarable(self) -> str | None:
        if self.of not in Kind.by_key:
            return f"names no kind: write of= with one of {', '.join(sorted(Kind.by_key))}"
        return super().undeclarable()
