"""Objects whose declaration is the text after their name in CREATE, as PostgreSQL would print it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.sql import ident, literal, qualified
from app_schema.ddl.twin import Side

TWIN = "app_schema_twin"
"""The name of the twin of an object that is in no schema, which is rolled back at once."""


@dataclass(frozen=True)
class Defined(DDLObject):
    """``CREATE word name definition``; the definition names everything with its schema."""

    word: ClassVar[str]
    """The words of the kind in CREATE and DROP."""
    in_schema: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    schema: str | None = None

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject | None:
        """None where the query gives the definition in parts."""
        return None if cls.query_of(key.kind).parts else cls(key.name, definition, schema=key.schema)

    def reflected_key(self, default_schema: str) -> Key:
        return super().reflected_key(default_schema) if self.in_schema else self.key

    def namespace(self) -> str:
        return super().namespace() if self.in_schema else "NULL"

    def catalog_query(self) -> str:
        (catalog,) = self.catalog
        if self.in_schema:
            return super().catalog_query()
        # $1 is NULL, or the schema of twins
        name = f"CASE WHEN $1 IS NULL THEN {literal(self.name)} ELSE '{TWIN}' END"
        return catalog.select(catalog.printed, f"{catalog.name} = {name}")

    def side(self) -> Side:
        return Side(twin=self._create(qualified(self.name, "pg_temp") if self.in_schema else TWIN))

    @property
    def _place(self) -> str:
        return qualified(self.name, self.schema) if self.in_schema else ident(self.name)

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE {self.word} {place} {self.definition}",)

    def create_sql(self) -> tuple[str, ...]:
        return self._create(self._place)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP {self.word} {self._place}",)
