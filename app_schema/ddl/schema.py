"""Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.mark import mark_as_ours, skip_unless_ours
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident
from app_schema.ddl.twin import Side


@dataclass(frozen=True)
class Schema(DDLObject):
    """``CREATE SCHEMA name``. A downgrade drops only a schema that app_schema created."""

    kind: ClassVar[str] = "schema"
    comment_on: ClassVar[Mapping[str, str]] = {"schema": "SCHEMA {name}"}
    owned_as = "schema"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_namespace AS n",
            catalog="pg_namespace",
            oid="n.oid",
            kind="'schema'",
            name="n.nspname",
            # the owner of public differs between versions of PostgreSQL, and no application declares it
            owner="CASE WHEN n.nspname <> 'public' THEN n.nspowner END",
            listed="n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
            definition="''::text",
        ),
    )
    ranks = (Drops.SCHEMA, Makes.SCHEMA)
    in_create_all = Makes.SCHEMA
    name: str

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # a schema is in no schema
        return self.key

    def namespace(self) -> str:
        return "NULL"

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        del definition  # a schema has none
        return cls(key.name)

    def side(self) -> Side:
        return Side(value="''")

    def create_sql(self) -> tuple[str, ...]:
        return (f"CREATE SCHEMA {ident(self.name)}", mark_as_ours(self.name))

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("n", f"SCHEMA {ident(self.name)}"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP SCHEMA {ident(self.name)}",)

    def dropped(self, *, recreated: bool = False) -> str:
        del recreated  # a schema that others use too is not dropped to be recreated
        keep = skip_unless_ours("pg_namespace", "nspname", self.name, self.label)
        exists = self.catalog[0].select("'schema'", *self.catalog[0].place(self.name))
        return drop(self.label, self.namespace(), exists, self.kind, self.drop_sql(), keep=keep)
