"""Comments on objects that SQLAlchemy gives none, and on columns of views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.addressed import Addressed
from app_schema.ddl.comment import Comments
from app_schema.ddl.lookup import table_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import checked, ident, literal, qualified
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_COLUMN = "column"


@dataclass(frozen=True)
class Comment(DDLObject):
    """``COMMENT ON of name IS text``, where SQLAlchemy has no ``comment=``.

    :param of: the kind of the object: view, function, policy, index, ...; column, of a view.
    :param name: of a function with the types of its arguments, ``"even(integer)"``.
    :param table: the table or view of a column, constraint, trigger, policy or rule.
    """

    kind: ClassVar[str] = "comment"
    reflected_as = ("object_comment", "comment")
    ranks = (Drops.GRANT, Makes.COMMENT)
    in_create_all = Makes.COMMENT
    positional: ClassVar[tuple[str, ...]] = ("of", "name", "text")
    stand_in: ClassVar[Mapping[str, Any]] = {"text": ""}
    of: str
    name: str
    text: str
    _: KW_ONLY
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        _ = self._words  # refuses a kind that has no comment

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        """:raises ModelError: for the comment on a constraint of a domain."""
        if key.name.startswith("domain constraint "):
            raise ModelError(f"{key.label} cannot be declared: keep it by hand")
        if key.kind == "comment":
            return cls(_COLUMN, key.name, definition, table=key.table, schema=key.schema)
        of, _, name = key.name.partition(" ")
        return cls(of, name, definition, table=key.table, schema=key.schema)

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, self.table, f"{self.of} {self.name}")

    def reflected_key(self, default_schema: str) -> Key:
        if self.of == _COLUMN:
            return Key("comment", self.schema or default_schema, self.table, self.name)
        schema = (self.schema or default_schema) if self._address.space != "NULL" else None
        return Key("object_comment", schema, self.table, f"{self.of} {self.name}")

    @property
    def label(self) -> str:
        return f"comment on {self._words}"

    @property
    def _address(self) -> Addressed:
        return Addressed.of(self.of, self.name, self.table, self.schema, "comment on")

    @property
    def _words(self) -> str:
        if self.of != _COLUMN:
            return self._address.words
        return f"COLUMN {qualified(self.table or '', self.schema)}.{ident(self.name)}"

    def namespace(self) -> str:
        return table_schema(self.table or "", self.schema) if self.of == _COLUMN else self._address.space

    def catalog_query(self) -> str:
        if self.of == _COLUMN:
            (catalog,) = Comments.catalog
            return catalog.select(catalog.printed, *catalog.place(checked(self.name), self.table))
        catalog, _, _, place = self._address
        return catalog.select(f"obj_description({catalog.oid}, '{catalog.catalog}')", *place)

    def side(self) -> Side:
        return Side(value=literal(self.text), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        return (f"COMMENT ON {self._words} IS {literal(self.text)}",)

    def replace_sql(self) -> tuple[str, ...]:
        return self.create_sql()

    def drop_sql(self) -> tuple[str, ...]:
        return (f"COMMENT ON {self._words} IS NULL",)
