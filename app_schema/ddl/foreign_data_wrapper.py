"""Foreign data wrappers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.foreign import CLAUSE, OPTIONS, WithOptions, altering
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
    only_if="oid FROM pg_catalog.pg_foreign_data_wrapper",
)


@dataclass(frozen=True)
class ForeignDataWrapper(WithOptions):
    """``CREATE FOREIGN DATA WRAPPER name HANDLER … VALIDATOR … OPTIONS (options)``."""

    kind: ClassVar[str] = "foreign_data_wrapper"
    lent = True
    word = "FOREIGN DATA WRAPPER"
    comment_on: ClassVar[Mapping[str, str]] = {"foreign_data_wrapper": "FOREIGN DATA WRAPPER {name}"}
    owned_as = "foreign_data_wrapper"
    catalog = (_CATALOG,)
    definition: str = ""

    def replace_sql(self) -> tuple[str, ...]:
        """Alters the wrapper in place, because servers depend on the wrapper."""
        alter = f"ALTER FOREIGN DATA WRAPPER {self._place}"
        words = self.definition.split()
        functions = [
            f"{name} {words[words.index(name) + 1]}" if name in words else f"NO {name}"
            for name in ("HANDLER", "VALIDATOR")
        ]
        reflected = _CATALOG.select("k.fdwoptions, true", f"k.fdwname = {literal(self.name)}")
        return (f"{alter} {' '.join(functions)}", altering(alter, self.options, reflected))
