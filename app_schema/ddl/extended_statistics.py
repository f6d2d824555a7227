"""Extended statistics, by the text that PostgreSQL prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.defined import Defined
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import NAME, parsed, qualified, unquoted
from app_schema.ddl.twin import Copied, Side

_STATISTICS = re.compile(
    rf"CREATE STATISTICS {NAME}\.{NAME}(?P<what> .*) FROM (?P<real>{NAME}\.(?P<table>{NAME}))", re.DOTALL
)


# pg_get_statisticsobjdef prints the columns in their order in the table, which ADD COLUMN changes
_ITEMS = """\
(SELECT array_agg(v.item ORDER BY v.item COLLATE "C")
   FROM (SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid = x.stxrelid AND a.attnum = ANY (x.stxkeys)
         UNION ALL
         SELECT format('(%s)', e) FROM unnest(pg_get_statisticsobjdef_expressions(x.oid)) AS e) AS v(item))"""
_KINDS = """\
(SELECT format(' (%s)', string_agg(k.name, ', ' ORDER BY k.letter))
   FROM (VALUES ('d', 'ndistinct'), ('f', 'dependencies'), ('m', 'mcv')) AS k(letter, name)
  WHERE k.letter::"char" = ANY (x.stxkind) HAVING count(*) IN (1, 2))"""
_WHAT = f"concat({_KINDS}, ' ON ', array_to_string({_ITEMS}, ', '))"
# the default target is NULL, before PostgreSQL 17 -1
_TARGET = "' STATISTICS ' || CASE WHEN x.stxstattarget >= 0 THEN x.stxstattarget END"


@dataclass(frozen=True)
class Statistics(Defined):
    """Extended statistics by the whole statement that pg_get_statisticsobjdef prints.

    :param target: the target of ALTER STATISTICS; None: the target of the columns.
    """

    kind: ClassVar[str] = "statistics"
    word = "STATISTICS"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_statistic_ext AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.stxrelid",
            catalog="pg_statistic_ext",
            oid="x.oid",
            kind="'statistics'",
            name="x.stxname",
            namespace="x.stxnamespace",
            owner="x.stxowner",
            only_if="oid FROM pg_catalog.pg_statistic_ext",
            definition=f"""\
concat(format('CREATE STATISTICS %s.%I', x.stxnamespace::regnamespace, x.stxname), {_WHAT},
       ' FROM ', x.stxrelid::regclass, {_TARGET})""",
            comparable=f"concat({_WHAT}, format(' FROM %I', c.relname), {_TARGET})",
        ),
    )
    comment_on: ClassVar[Mapping[str, str]] = {"statistics": "STATISTICS {place}"}
    owned_as = "statistics"
    ranks = (Drops.TRIGGER, Makes.TRIGGER)  # a materialized view may have statistics: within its life
    in_create_all = Makes.VIEW
    _: KW_ONLY
    target: int | None = None

    @property
    def step(self) -> int:
        """After materialized views, which may have statistics."""
        return 1

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        statement, from_, rest = definition.rpartition(" FROM ")
        table, _, target = rest.partition(" STATISTICS ")
        return cls(
            key.name, statement + from_ + table, target=int(target) if target else None, schema=key.schema
        )

    def side(self) -> Side:
        expected = "CREATE STATISTICS schema.name ON columns FROM schema.table"
        match = parsed(_STATISTICS, self.label, self.definition, "pg_get_statisticsobjdef", expected)
        table = Copied(match["real"], unquoted(match["table"]))
        create = f"CREATE STATISTICS {qualified(self.name, 'pg_temp')}{match['what']} FROM {table.twin}"
        return Side(twin=(create, *self._set_target("pg_temp")), like=table)

    def create_sql(self) -> tuple[str, ...]:
        return (self.definition, *self._set_target(self.schema))

    def _set_target(self, schema: str | None) -> tuple[str, ...]:
        if self.target is None:
            return ()
        return (f"ALTER STATISTICS {qualified(self.name, schema)} SET STATISTICS {self.target}",)
