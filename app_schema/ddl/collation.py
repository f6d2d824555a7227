"""Collations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes

# a column that the version lacks is NULL in the JSON; colliculocale is PostgreSQL 15's and 16's name
_DEFINITION = """\
(SELECT format('(%s)', concat_ws(', ',
          'PROVIDER = ' || CASE k.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
          'LOCALE = ' || quote_literal(coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale')),
          'LC_COLLATE = ' || quote_literal(k.collcollate), 'LC_CTYPE = ' || quote_literal(k.collctype),
          'RULES = ' || quote_literal(j.row ->> 'collicurules'),
          CASE WHEN NOT k.collisdeterministic THEN 'DETERMINISTIC = false' END))
   FROM to_jsonb(k) AS j(row))"""


@dataclass(frozen=True)
class Collation(Defined):
    """``CREATE COLLATION schema.name (PROVIDER = icu, LOCALE = 'ja-JP')``."""

    kind: ClassVar[str] = "collation"
    lent = True
    word = "COLLATION"
    comment_on: ClassVar[Mapping[str, str]] = {"collation": "COLLATION {place}"}
    owned_as = "collation"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_collation AS k",
            catalog="pg_collation",
            oid="k.oid",
            kind="'collation'",
            name="k.collname",
            namespace="k.collnamespace",
            owner="k.collowner",
            definition=_DEFINITION,
            only_if="oid FROM pg_catalog.pg_collation",
        ),
    )
    ranks = (Drops.TYPE, Makes.TYPE)
    in_create_all = Makes.TYPE
