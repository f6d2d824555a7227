"""Foreign servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.foreign import CLAUSE, OPTIONS, WithOptions, altering
from app_schema.ddl.sql import literal

_HEAD = """\
concat_ws(' ', 'TYPE ' || quote_literal(k.srvtype), 'VERSION ' || quote_literal(k.srvversion),
          format('FOREIGN DATA WRAPPER %I', w.fdwname))"""
_FIXED = "'TYPE ' || quote_literal(k.srvtype), format('FOREIGN DATA WRAPPER %I', w.fdwname)"
_VERSION = re.compile(r"VERSION (E?'(?:[^'\\]|''|\\.)*') ")
_OPTIONS = OPTIONS.format(options="k.srvoptions")
_CATALOG = CatalogQuery(
    "pg_catalog.pg_foreign_server AS k JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = k.srvfdw",
    catalog="pg_foreign_server",
    oid="k.oid",
    kind="'foreign_server'",
    name="k.srvname",
    owner="k.srvowner",
    definition=f"concat({_HEAD}, {CLAUSE.format(options='k.srvoptions')})",
    parts={"definition": _HEAD, "options": f"coalesce({_OPTIONS}, '')"},
    only_if="oid FROM pg_catalog.pg_foreign_server",
)


@dataclass(frozen=True)
class ForeignServer(WithOptions):
    """``CREATE SERVER name FOREIGN DATA WRAPPER wrapper OPTIONS (options)``; without passwords."""

    kind: ClassVar[str] = "foreign_server"
    lent = True
    word = "SERVER"
    comment_on: ClassVar[Mapping[str, str]] = {"foreign_server": "SERVER {name}"}
    owned_as = "foreign_server"
    catalog = (_CATALOG,)

    @property
    def step(self) -> int:
        """After the wrapper."""
        return 1

    def replace_sql(self) -> tuple[str, ...]:
        """Alters version and options in place, because foreign tables depend on the server."""
        version = _VERSION.search(self.definition)
        alterable = f"concat_ws(' ', {_FIXED}) = {literal(fixed(self.definition))}"
        reflected = _CATALOG.select(f"k.srvoptions, {alterable}", f"k.srvname = {literal(self.name)}")
        recreation = (*self.drop_sql(), *self.create_sql())
        return (
            altering(f"ALTER SERVER {self._place}", self.options, reflected, otherwise=recreation),
            f"ALTER SERVER {self._place} VERSION {version[1] if version else 'NULL'}",
        )


def fixed(definition: str) -> str:
    """The part of a definition that no ALTER SERVER changes."""
    return _VERSION.sub("", definition)
