"""Extended statistics, by PostgreSQL's own print."""

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


@dataclass(frozen=True)
class Statistics(DDLObject):
    """Extended statistics by the whole statement that pg_get_statisticsobjdef prints."""

    kind: ClassVar[str] = "statistics"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_statistic_ext AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.stxrelid",
            catalog="pg_statistic_ext",
            oid="x.oid",
            kind="'statistics'",
            name="x.stxname",
            namespace="x.stxnamespace",
            definition="pg_get_statisticsobjdef(x.oid)",
            comparable="""\
format('%s FROM %I', substring(pg_get_statisticsobjdef(x.oid)
                               FROM ' (?:\\([a-z, ]+\\) )?ON .*(?= FROM )'), c.relname)""",
        ),
    )
    ranks = (Drops.INDEX, Makes.INDEX)
    in_create_all = Makes.VIEW
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    schema: str | None = None

    @property
    def step(self) -> int:
        """After the materialized view that it may be on."""
        return 1

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(key.name, definition, schema=key.schema)

    def side(self) -> Side:
        match = _STATISTICS.fullmatch(self.definition)
        if match is None:
            raise ModelError(
                f"{self.label} is not defined as pg_get_statisticsobjdef prints it: {self.definition}\n"
                "expected: CREATE STATISTICS schema.name ON columns FROM schema.table"
            )
        table = Copied(match["real"], unquoted(match["table"]))
        create = f"CREATE STATISTICS {qualified(self.name, 'pg_temp')}{match['what']} FROM {table.twin}"
        return Side(twin=(create,), like=table)

    def create_sql(self) -> tuple[str, ...]:
        return (self.definition,)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP STATISTICS {qualified(self.name, self.schema)}",)
