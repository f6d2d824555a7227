"""Partitions: created, attached, given other bounds, and attached again after a downgrade creates them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key, Partition
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import keys, refusal
from app_schema.migrations.compare.kinds import heir
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.planner import LAST
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app_schema.catalog import Difference
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


_OF_PARENT = {"column", "constraint"}
"""The kinds that PostgreSQL adds, alters and drops in each partition with its parent's."""


class PartitionComparator(KindComparator):
    """Of which table a table is a part, and with what bounds."""

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """True with the table, which is reported instead."""
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
    """Plans to attach a dropped table again, after the creation of all tables."""
    partition = _reflected(sides, table)
    if partition is not None:
        # the parent has its columns again, and no constraint
        planner.drop(Drops.GENERATED, DowngradeOnlyOp(_attach(partition)), order=-LAST)


def follows_parent(sides: Sides, differences: Sequence[Difference]) -> set[Key]:
    """The parts of partitions and heirs that PostgreSQL changes with those of the parents, which differ
    alike."""
    forms = {(_without_chosen_name(key), declared, reflected) for key, declared, reflected in differences}
    return {
        key
        for key, declared, reflected in differences
        for parent in _parents(sides, key, is_added=reflected is None)
        if (_without_chosen_name(key._replace(schema=parent.schema, table=parent.name)), declared, reflected)
        in forms
    }


def _without_chosen_name(part: Key) -> Key:
    """The key, of a constraint without the name: PostgreSQL chooses one for that of a partition."""
    return part._replace(name="") if part.kind == "constraint" else part


def _parents(sides: Sides, part: Key, *, is_added: bool) -> list[Key]:
    if (parent := _parent(sides, part)) is not None:
        return [parent]
    if is_added or not heir.changes_with_parent(sides, part):
        return []
    return heir.common_parents(sides, keys.table(part))


def _parent(sides: Sides, part: Key) -> Key | None:
    """The parent of the partition of which this is a part, where both sides have the same."""
    key = Key("partition", part.schema, None, part.table or "")
    if part.kind not in _OF_PARENT or key not in sides.declared or key not in sides.reflected:
        return None
    definitions = (side[key] for side in (sides.declared, sides.reflected))
    parent, other = (Partition.from_definition(key, text).parent_key for text in definitions)
    return parent if parent == other else None


def belongs_to_parent(sides: Sides, part: Key) -> bool:
    """True if the parent of a partition has the part, which is created and dropped with the parent's."""
    partition = _reflected(sides, keys.table(part))
    if partition is None or part.kind != "constraint":
        return partition is not None and part.kind in {"column", "default", "own_default"}
    parent = partition.parent_key
    of_parent = (key for key in sides.of_table(parent.schema, parent.name) if key.kind == "constraint")
    return sides.reflected.get(part) in {sides.reflected[key] for key in of_parent}


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
