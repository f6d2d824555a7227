"""Range types, which a snapshot has and no class of ours declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery, Kind


class RangeTypes(Kind):
    """Types of ranges, by the type of their bounds."""

    reflected_as = ("range",)
    keeps_values = True
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
            definition="format_type(g.rngsubtype, NULL)",
        ),
    )
