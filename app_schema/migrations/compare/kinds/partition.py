"""Partitions: dropped and attached again with their tables; other bounds are written by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.order import Drops
from app_schema.ddl.sql import qualified, unquoted
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)'
_PRINTED = re.compile(rf"of (?P<schema>{_NAME})\.(?P<name>{_NAME}) (?P<bounds>.*)", re.DOTALL)


class PartitionComparator(KindComparator):
    """Of which table a table is a part, and with what bounds."""

    def undeclared_along(self, sides: Sides, key: Key) -> bool:
        """With the table, which is named."""
        return Key("table", key.schema, None, key.name) not in sides.declared

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Refuses, where the table is not new."""
        if not sides.new(key):
            raise refusal.not_partitioned()

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Refuses."""
        raise refusal.different(declared, reflected)


def attach_in_downgrade(sides: Sides, planner: Planner, table: Key) -> None:
    """Plans that a table which is dropped is attached again, after all tables are there."""
    printed = sides.reflected.get(Key("partition", table.schema, None, table.name))
    if printed is None:
        return
    parent, bounds = _parent(printed)
    action = f"ATTACH PARTITION {qualified(table.name, table.schema)} {bounds}"
    call = CallOp("alter_table", parent.name, action, schema=parent.schema)
    planner.drop(Drops.COLUMN, OnTheWayBackOp(call))


def belongs_to_parent(sides: Sides, part: Key) -> bool:
    """Whether the parent of a partition has a constraint, which is created and dropped with the parent's."""
    printed = sides.reflected.get(Key("partition", part.schema, None, part.table or ""))
    if printed is None:
        return False
    parent, _ = _parent(printed)
    return part._replace(schema=parent.schema, table=parent.name) in sides.reflected


def _parent(printed: str) -> tuple[Key, str]:
    """The table of a partition, and the bounds."""
    match = _PRINTED.fullmatch(printed)
    assert match is not None
    schema, name = map(unquoted, (match["schema"], match["name"]))
    return Key("table", schema, None, name), match["bounds"]
