"""Casts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.block import block, refuse
from app_schema.ddl.catalog_query import FIRST_OID, CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, literal
from app_schema.ddl.twin import Side

# A cast is in no schema. The cast counts as an object of the schema of its first type with an OID of users.
_SCHEMA = f"""\
(SELECT y.typnamespace FROM pg_catalog.pg_type AS y
  WHERE y.oid IN (k.castsource, k.casttarget) AND y.oid >= {FIRST_OID}
  ORDER BY y.oid = k.casttarget LIMIT 1)"""


_FUNCTION = re.compile(
    r"WITH FUNCTION (?P<function>.+?)(?P<context> AS (?:ASSIGNMENT|IMPLICIT))?", re.DOTALL | re.IGNORECASE
)
_QUALIFIED = re.compile(r'(?:"((?:[^"]|"")+)"|([\w$]+))\.')


@dataclass(frozen=True)
class Cast(Defined):
    """``CREATE CAST (name) definition``, both as PostgreSQL prints them.

    :param name: ``app.mood AS boolean``.
    :param definition: ``WITH FUNCTION app.to_bool(app.mood) AS ASSIGNMENT``.
    :param schema: the schema of the first type that PostgreSQL does not bring; by default that of the name.
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
            only_if="oid FROM pg_catalog.pg_cast",
        ),
    )
    ranks = (Drops.GENERATED, Makes.FUNCTION)
    in_create_all = Makes.FUNCTION

    def __post_init__(self) -> None:
        named = (match for match in map(_QUALIFIED.match, self.name.split(" AS ")) if match is not None)
        if self.schema is None and (first := next(named, None)) is not None:
            object.__setattr__(self, "schema", first[2] or first[1].replace('""', '"'))

    @property
    def step(self) -> int:
        """After the function of the cast."""
        return 1

    @classmethod
    def sql_name(cls, name: str, schema: str | None) -> str:
        del schema
        return f"({name})"

    @classmethod
    def place_of(cls, query: CatalogQuery, name: str, table: str | None, schema: str | None) -> list[str]:
        """By the OIDs of the types, because the print of a type depends on search_path."""
        del query, table, schema
        types = zip(("k.castsource", "k.casttarget"), name.split(" AS "), strict=True)
        return [f"{column} = to_regtype({literal(type_)})" for column, type_ in types]

    def catalog_query(self) -> str:
        (catalog,) = self.catalog
        return catalog.select(catalog.printed, *self.place_of(catalog, self.name, None, self.schema))

    def side(self) -> Side:
        """PostgreSQL allows one cast between two types, so a twin is impossible."""
        called = _FUNCTION.fullmatch(self.definition)
        if called is None:
            return Side(value=literal(self.definition), qualified=True)
        function = f"to_regprocedure({literal(called['function'])})::text"
        printed = f"concat('WITH FUNCTION ', {function}, {literal(called['context'] or '')})"
        return Side(value=printed, qualified=True)

    @property
    def _place(self) -> str:
        return f"({self.name})"

    def create_sql(self) -> tuple[str, ...]:
        """Refuses what PostgreSQL resolves by search_path: another session would mean another cast by it."""
        called = _FUNCTION.fullmatch(self.definition)
        names = [*(("type", name) for name in self.name.split(" AS "))]
        names += [("procedure", called["function"])] if called else []
        checks = [
            line
            for kind, name in names
            for line in (
                f"  IF to_reg{kind}({literal(name)}) IS NULL THEN",
                refuse(
                    f"{self.label}: {name} is absent, or is written without its schema",
                    "write it as PostgreSQL prints it with an empty search_path, such as app.mood",
                ),
                "  END IF;",
            )
        ]
        (create,) = super().create_sql()
        lines = [
            "DECLARE",
            "  before CONSTANT text := current_setting('search_path');",
            "BEGIN",
            "  PERFORM set_config('search_path', '', true);",
            *checks,
            "  PERFORM set_config('search_path', before, true);",
            f"  EXECUTE {dollar(create)};",
            "END",
        ]
        return (block(lines),)
