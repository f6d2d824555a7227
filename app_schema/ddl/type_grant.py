"""Grants on types, which no class declares."""

from __future__ import annotations

from app_schema.ddl.acl import held
from app_schema.ddl.catalog_query import Kind


class TypeGrants(Kind):
    """Grants on enums, domains and range types."""

    reflected_as = ("type_grant",)
    catalog = (
        held(
            "pg_catalog.pg_type AS y",
            "coalesce(y.typacl, acldefault('T', y.typowner))",
            "y.typowner",
            catalog="pg_type",
            oid="y.oid",
            kind="'type_grant'",
            namespace="y.typnamespace",
            table="y.typname",
            where="y.typtype IN ('e', 'd', 'r')",
        ),
    )
