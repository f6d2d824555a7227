"""Partitions: created, attached, given other bounds, and attached again where their tables come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key, Partition
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class PartitionComparator(KindComparator):
    """Of which table a table is a part, and with what bounds."""

    def undeclared_along(self, sides: Sides, key: Key) -> bool:
        """With the table, which is named."""
        return _table(key) not in sides.declared

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans the partition, or attaches the table where it exists."""
        obj = sides.metadata.objects.get(key)
        if not isinstance(obj, Partition):
            raise refusal.not_partitioned()
        if _table(key) in sides.reflected:
            planner.create(Makes.COLUMN, _attach(obj))
            return
        arguments = (obj.name, obj.parent, obj.bounds)
        create = CallOp("create_partition", *arguments, partition_by=obj.partition_by, schema=obj.schema)
        # reversed it is the drop of a table, whose rows the way back counts
        call = create.undone_by("drop_table", obj.name, schema=obj.schema)
        planner.create(Makes.COLUMN, call, order=sides.metadata.order.get(key))


def attach_in_downgrade(sides: Sides, planner: Planner, table: Key) -> None:
    """Plans that a table which is dropped is attached again, after all tables are there."""
    partition = _reflected(sides, table)
    if partition is not None:
        planner.drop(Drops.COLUMN, OnTheWayBackOp(_attach(partition)))


def belongs_to_parent(sides: Sides, part: Key) -> bool:
    """Whether the parent of a partition has a constraint, which is created and dropped with the parent's."""
    partition = _reflected(sides, Key("table", part.schema, None, part.table or ""))
    if partition is None:
        return False
    parent = partition.parent_key
    return part._replace(schema=parent.schema, table=parent.name) in sides.reflected


def _table(partition: Key) -> Key:
    return partition._replace(kind="table")


def _reflected(sides: Sides, table: Key) -> Partition | None:
    key = table._replace(kind="partition")
    return Partition.from_definition(key, sides.reflected[key]) if key in sides.reflected else None


def _attach(partition: Partition) -> CallOp:
    """The call that attaches a table, undone by the one that detaches it."""
    parent, table = partition.parent_key, qualified(partition.name, partition.schema)
    actions = f"ATTACH PARTITION {table} {partition.bounds}", f"DETACH PARTITION {table}"
    attach = CallOp("alter_table", parent.name, actions[0], schema=parent.schema)
    return attach.undone_by("alter_table", parent.name, actions[1], schema=parent.schema)
