"""Casts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import FIRST_OID, CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import literal
from app_schema.ddl.twin import Side

# A cast is in no schema. The cast counts as an object of the schema of its first type with an OID of users.
_SCHEMA = f"""\
(SELECT y.typnamespace FROM pg_catalog.pg_type AS y
  WHERE y.oid IN (k.castsource, k.casttarget) AND y.oid >= {FIRST_OID}
  ORDER BY y.oid = k.casttarget LIMIT 1)"""


@dataclass(frozen=True)
class Cast(Defined):
    """``CREATE CAST (name) definition``, both as PostgreSQL prints them.

    :param name: ``app.mood AS boolean``.
    :param definition: ``WITH FUNCTION app.to_bool(app.mood) AS ASSIGNMENT``.
    :param schema: the schema of the first type that PostgreSQL does not bring.
    """

    kind: ClassVar[str] = "cast"
    word = "CAST"
    comment_on: ClassVar[Mapping[str, str]] = {"cast": "CAST {place}"}
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_cast AS k",
            catalog="pg_cast",
            oid="k.oid",
            kind="'cast'",
            name="format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL))",
            namespace=_SCHEMA,
            definition="""\
concat(CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure
                         WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
       CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END)""",
            # CREATE TYPE ... AS RANGE also creates a cast
            listed="""\
NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_cast'::regclass
               AND d.objid = k.oid AND d.deptype = 'i')""",
            rare="oid FROM pg_catalog.pg_cast",
        ),
    )
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION

    @property
    def step(self) -> int:
        """After the function of the cast."""
        return 1

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        del schema
        return f"({name})"

    def catalog_query(self) -> str:
        # by the OIDs of the types, because the print of a type depends on search_path
        (catalog,) = self.catalog
        ends = zip(("k.castsource", "k.casttarget"), self.name.split(" AS "), strict=True)
        types = (f"{column} = to_regtype({literal(type_)})" for column, type_ in ends)
        return catalog.select(catalog.printed, *types)

    def side(self) -> Side:
        """PostgreSQL allows one cast between two types, so a twin is impossible."""
        return Side(value=literal(self.definition), qualified=True)

    @property
    def _place(self) -> str:
        return f"({self.name})"
