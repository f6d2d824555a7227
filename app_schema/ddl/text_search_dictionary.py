"""Dictionaries of text search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes


@dataclass(frozen=True)
class TextSearchDictionary(Defined):
    """``CREATE TEXT SEARCH DICTIONARY schema.name (TEMPLATE = pg_catalog.simple, …)``."""

    kind: ClassVar[str] = "text_search_dictionary"
    lent = True
    word = "TEXT SEARCH DICTIONARY"
    comment_on: ClassVar[Mapping[str, str]] = {"text_search_dictionary": "TEXT SEARCH DICTIONARY {place}"}
    owned_as = "text_search_dictionary"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_ts_dict AS k JOIN pg_catalog.pg_ts_template AS m ON m.oid = k.dicttemplate "
            "JOIN pg_catalog.pg_namespace AS n ON n.oid = m.tmplnamespace",
            catalog="pg_ts_dict",
            oid="k.oid",
            kind="'text_search_dictionary'",
            name="k.dictname",
            namespace="k.dictnamespace",
            owner="k.dictowner",
            definition="format('(TEMPLATE = %I.%I%s)', n.nspname, m.tmplname, ', ' || k.dictinitoption)",
            only_if="oid FROM pg_catalog.pg_ts_dict",
        ),
    )
    ranks = (Drops.TYPE, Makes.TYPE)
    in_create_all = Makes.TYPE
