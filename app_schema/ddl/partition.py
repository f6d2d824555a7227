"""Partitions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import NAME, literal, qualified, unquoted
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_PLACE = re.compile(rf"({NAME})\.({NAME})")
_PRINTED = re.compile(rf"of (?P<parent>{NAME}\.{NAME}) (?P<bounds>.*)", re.DOTALL)


@dataclass(frozen=True)
class Partition(DDLObject):
    """``CREATE TABLE schema.name PARTITION OF parent bounds``; its parent is a table of the metadata.

    :param parent: with its schema, ``public.log``; exactly PostgreSQL's print, like the bounds.
    :param bounds: ``FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')``, or ``DEFAULT``.
    :param partition_by: if the partition is partitioned itself: ``HASH (id)``.
    """

    kind: ClassVar[str] = "partition"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_class AS c JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = c.oid",
            catalog="pg_class",
            oid="c.oid",
            kind="'partition'",
            name="c.relname",
            namespace="c.relnamespace",
            attribute=True,
            where="c.relispartition AND c.relkind IN ('r', 'p', 'f')",
            only_if="oid FROM pg_catalog.pg_class WHERE relispartition",
            definition="format('of %s %s', h.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))",
        ),
    )
    # after the tables, and before the indexes of a parent: CREATE INDEX creates one on each partition
    ranks = (Drops.TABLE, Makes.COLUMN)
    in_create_all = Makes.COLUMN
    locks: ClassVar[Mapping[str, str]] = {"drop": "ACCESS EXCLUSIVE"}
    positional: ClassVar[tuple[str, ...]] = ("name", "parent", "bounds")
    stand_in: ClassVar[Mapping[str, Any]] = {"parent": "", "bounds": ""}
    name: str
    parent: str
    bounds: str
    _: KW_ONLY
    partition_by: str | None = None
    schema: str | None = None

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> Partition:
        match = _PRINTED.fullmatch(definition)
        assert match is not None, definition
        return cls(key.name, match["parent"], match["bounds"], schema=key.schema)

    @property
    def parent_key(self) -> Key:
        """The key of the partitioned table."""
        match = _PLACE.fullmatch(self.parent)
        if match is None:
            raise ModelError(f"{self.label}: write its parent with the schema, not {self.parent!r}")
        return Key("table", unquoted(match[1]), None, unquoted(match[2]))

    def side(self) -> Side:
        """A temporary table cannot be a partition of a permanent table, so a twin is impossible."""
        return Side(value=literal(f"of {self.parent} {self.bounds}"), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        by = f" PARTITION BY {self.partition_by}" if self.partition_by else ""
        table = qualified(self.name, self.schema)
        return (f"CREATE TABLE {table} PARTITION OF {self.parent} {self.bounds}{by}",)

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_table(self.name, self.schema),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP TABLE {qualified(self.name, self.schema)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """Detaches and attaches the partition: PostgreSQL cannot alter bounds. ATTACH checks the rows."""
        table = qualified(self.name, self.schema)
        return tuple(
            f"ALTER TABLE {self.parent} {action} PARTITION {table}{bounds}"
            for action, bounds in (("DETACH", ""), ("ATTACH", f" {self.bounds}"))
        )
