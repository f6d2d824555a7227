"""Range types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl import privileges, replaced
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.ddl.twin import Side

_DEFINITION = """\
format('AS RANGE (%s)', concat_ws(', ', 'SUBTYPE = ' || format_type(g.rngsubtype, NULL),
  (SELECT format('SUBTYPE_OPCLASS = %I.%I', n.nspname, k.opcname) FROM pg_catalog.pg_opclass AS k
     JOIN pg_catalog.pg_namespace AS n ON n.oid = k.opcnamespace
    WHERE k.oid = g.rngsubopc AND NOT k.opcdefault),
  (SELECT format('COLLATION = %I.%I', n.nspname, k.collname) FROM pg_catalog.pg_collation AS k
     JOIN pg_catalog.pg_namespace AS n ON n.oid = k.collnamespace
     JOIN pg_catalog.pg_type AS b ON b.oid = g.rngsubtype
    WHERE k.oid = g.rngcollation AND g.rngcollation <> b.typcollation),
  'CANONICAL = ' || nullif(g.rngcanonical::text, '-'), 'SUBTYPE_DIFF = ' || nullif(g.rngsubdiff::text, '-')"""
# PostgreSQL's name of the multirange type if the definition has no MULTIRANGE_TYPE_NAME
_MULTIRANGE = """\
(SELECT format('MULTIRANGE_TYPE_NAME = %I.%I', n.nspname, m.typname)
     FROM pg_catalog.pg_type AS m JOIN pg_catalog.pg_namespace AS n ON n.oid = m.typnamespace
    WHERE m.oid = g.rngmultitypid AND m.typname <> CASE WHEN strpos(y.typname, 'range') > 0
          THEN regexp_replace(y.typname, 'range', 'multirange') ELSE y.typname || '_multirange' END)"""

_NAMED = r'MULTIRANGE_TYPE_NAME\s*=\s*(?:"[^"]*"|[^,()"])+'
_NAMED_MULTIRANGE = re.compile(rf",\s*{_NAMED}|{_NAMED},", re.IGNORECASE)


@dataclass(frozen=True)
class RangeType(Defined):
    """``CREATE TYPE schema.name AS RANGE (SUBTYPE = double precision, …)``."""

    kind: ClassVar[str] = "range"
    keeps_values = True
    lent = True
    word = "TYPE"
    comment_on: ClassVar[Mapping[str, str]] = {"range": "TYPE {place}"}
    owned_as = "type"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_type AS y JOIN pg_catalog.pg_range AS g ON g.rngtypid = y.oid",
            catalog="pg_type",
            oid="y.oid",
            kind="'range'",
            name="y.typname",
            namespace="y.typnamespace",
            owner="y.typowner",
            only_if="rngtypid FROM pg_catalog.pg_range",
            definition=f"{_DEFINITION}, {_MULTIRANGE}))",
            # pg_temp is no schema of its multirange type, so the name would be taken: no twin
            comparable=f"{_DEFINITION}))",
        ),
    )
    ranks = (Drops.EARLY_FUNCTION, Makes.EARLY_FUNCTION)
    in_create_all = Makes.EARLY_FUNCTION

    def side(self) -> Side:
        """A twin whose multirange type has PostgreSQL's name: the declared one is taken."""
        definition = _NAMED_MULTIRANGE.sub("", self.definition)
        return Side(twin=(f"CREATE {self.word} {qualified(self.name, 'pg_temp')} {definition}",))

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("T", f"TYPE {self._place}", public="USAGE"),)

    def replace_sql(self) -> tuple[str, ...]:
        return replaced.TYPE.keeping(self._place, (*super().replace_sql(), *self.privileges_sql()))
