"""Foreign data wrappers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.foreign import CLAUSE, OPTIONS, altering, clause
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import literal

_FUNCTIONS = """\
concat_ws(' ', 'HANDLER ' || nullif(k.fdwhandler::regproc::text, '-'),
          'VALIDATOR ' || nullif(k.fdwvalidator::regproc::text, '-'))"""
_OPTIONS = OPTIONS.format(options="k.fdwoptions")
_CATALOG = CatalogQuery(
    "pg_catalog.pg_foreign_data_wrapper AS k",
    catalog="pg_foreign_data_wrapper",
    oid="k.oid",
    kind="'foreign_data_wrapper'",
    name="k.fdwname",
    owner="k.fdwowner",
    definition=f"concat({_FUNCTIONS}, {CLAUSE.format(options='k.fdwoptions')})",
    parts={"definition": _FUNCTIONS, "options": f"coalesce({_OPTIONS}, '')"},
    rare="oid FROM pg_catalog.pg_foreign_data_wrapper",
)


@dataclass(frozen=True)
class ForeignDataWrapper(Defined):
    """``CREATE FOREIGN DATA WRAPPER name HANDLER … VALIDATOR … OPTIONS (options)``."""

    kind: ClassVar[str] = "foreign_data_wrapper"
    word = "FOREIGN DATA WRAPPER"
    in_schema = False
    comment_on: ClassVar[Mapping[str, str]] = {"foreign_data_wrapper": "FOREIGN DATA WRAPPER {name}"}
    owned_as = "foreign_data_wrapper"
    catalog = (_CATALOG,)
    ranks = (Drops.EARLY_FUNCTION, Makes.EARLY_FUNCTION)
    in_create_all = Makes.EARLY_FUNCTION
    definition: str = ""
    options: str = ""

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> None:
        """None: the definition is of two parts."""

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        return cls(key.name, **parts)

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE FOREIGN DATA WRAPPER {place} {self.definition}{clause(self.options)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """Alters the wrapper in place: servers are of it."""
        alter = f"ALTER FOREIGN DATA WRAPPER {self._place}"
        words = self.definition.split()
        functions = [
            f"{name} {words[words.index(name) + 1]}" if name in words else f"NO {name}"
            for name in ("HANDLER", "VALIDATOR")
        ]
        found = _CATALOG.select("k.fdwoptions, true", f"k.fdwname = {literal(self.name)}")
        return (f"{alter} {' '.join(functions)}", altering(alter, self.options, found))
