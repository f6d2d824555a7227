"""Extended statistics, by the text that PostgreSQL prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified, unquoted
from app_schema.ddl.twin import Copied, Side
from app_schema.errors import ModelError

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)'
_STATISTICS = re.compile(
    rf"CREATE STATISTICS {_NAME}\.{_NAME}(?P<what> .*) FROM (?P<real>{_NAME}\.(?P<table>{_NAME}))", re.DOTALL
)


# the default target is NULL, before PostgreSQL 17 -1
_TARGET = "' STATISTICS ' || CASE WHEN x.stxstattarget >= 0 THEN x.stxstattarget END"


@dataclass(frozen=True)
class Statistics(DDLObject):
    """Extended statistics by the whole statement that pg_get_statisticsobjdef prints.

    :param target: the target of ALTER STATISTICS; None: the target of the columns.
    """

    kind: ClassVar[str] = "statistics"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_statistic_ext AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.stxrelid",
            catalog="pg_statistic_ext",
            oid="x.oid",
            kind="'statistics'",
            name="x.stxname",
            namespace="x.stxnamespace",
            owner="x.stxowner",
            rare="oid FROM pg_catalog.pg_statistic_ext",
            definition=f"concat(pg_get_statisticsobjdef(x.oid), {_TARGET})",
            comparable=f"""\
concat(format('%s FROM %I', substring(pg_get_statisticsobjdef(x.oid)
                               FROM ' (?:\\([a-z, ]+\\) )?ON .*(?= FROM )'), c.relname), {_TARGET})""",
        ),
    )
    owned_as = "statistics"
    ranks = (Drops.INDEX, Makes.INDEX)
    in_create_all = Makes.VIEW
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    target: int | None = None
    schema: str | None = None

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
        match = _STATISTICS.fullmatch(self.definition)
        if match is None:
            raise ModelError(
                f"{self.label} is not defined as pg_get_statisticsobjdef prints it: {self.definition}\n"
                "expected: CREATE STATISTICS schema.name ON columns FROM schema.table"
            )
        table = Copied(match["real"], unquoted(match["table"]))
        create = f"CREATE STATISTICS {qualified(self.name, 'pg_temp')}{match['what']} FROM {table.twin}"
        return Side(twin=(create, *self._set_target("pg_temp")), like=table)

    def create_sql(self) -> tuple[str, ...]:
        return (self.definition, *self._set_target(self.schema))

    def _set_target(self, schema: str | None) -> tuple[str, ...]:
        if self.target is None:
            return ()
        return (f"ALTER STATISTICS {qualified(self.name, schema)} SET STATISTICS {self.target}",)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP STATISTICS {qualified(self.name, self.schema)}",)
