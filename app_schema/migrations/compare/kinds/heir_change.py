"""Columns of heirs and partitions, which PostgreSQL alters with the column of the parent.

It refuses to alter their type by themselves. It sets or drops their default too, whatever default they have:
an own one is therefore set again, in both directions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from app_schema.ddl import Key, Partition
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.planner import LAST
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

Heirs: TypeAlias = dict[str, set[Key]]
"""Name of a table -> the tables that inherit from it, and its partitions."""


def follow_parents(sides: Sides, planner: Planner) -> None:
    """Plans the own defaults of heirs after those of their parents, and leaves types to the parents."""
    altered = list(_altered(sides, planner))
    if not altered and not planner.plan.retyped:
        return
    declared, reflected = _heirs(sides.declared), _heirs(sides.reflected)
    kept = {name: reflected[name] & declared[name] for name in reflected.keys() & declared.keys()}
    for table in (key for key in sides.reflected if kept and key.kind == "table"):
        for heir in _descendants(kept, table):
            planner.plan.inherit_types(_place(sides, table), _place(sides, heir))
    heirs = {name: reflected[name] | declared[name] for name in reflected.keys() | declared.keys()}
    for parent in altered:
        _set_defaults_of_heirs(sides, planner, parent, heirs)


def _set_defaults_of_heirs(sides: Sides, planner: Planner, parent: Key, heirs: Heirs) -> None:
    for table in _descendants(heirs, keys.table(parent)):
        heir = parent._replace(schema=table.schema, table=table.name)
        if table in planner.dropped:
            continue
        declared = sides.declared if heir in sides.declared else sides.reflected
        if _differs(declared, heir, sides.declared, parent):
            planner.create(Makes.TRIGGER, _default(sides, declared, heir), order=LAST)
        if _differs(sides.reflected, heir, sides.reflected, parent):
            inverse = DowngradeOnlyOp(_default(sides, sides.reflected, heir))
            planner.drop(Drops.COMMENT, inverse, order=-LAST)


def _altered(sides: Sides, planner: Planner) -> Iterator[Key]:
    """The columns whose default the plan sets or drops."""
    planned = [operation for *_, operation in (*planner.plan.drops, *planner.plan.creations)]
    calls = {
        (operation.kwargs.get("schema"), *operation.args)
        for operation in planned
        if isinstance(operation, CallOp) and "server_default" in operation.kwargs
    }
    columns = (key for key in sides.reflected if calls and key.kind == "column" and key in sides.declared)
    return (key for key in columns if (sides.schema(key), key.table, key.name) in calls)


def _heirs(side: Snapshot) -> Heirs:
    heirs: Heirs = defaultdict(set)
    for key, definition in side.items():
        if key.kind == "table":
            for name in parents(definition):
                heirs[name].add(key)
        elif key.kind == "partition":
            parent = Partition.from_definition(key, definition).parent_key
            heirs[qualified(parent.name, parent.schema)].add(key._replace(kind="table"))
    return heirs


def _place(sides: Sides, table: Key) -> tuple[str | None, str]:
    return sides.schema(table), table.name


def _descendants(heirs: Heirs, table: Key) -> Iterator[Key]:
    for heir in sorted(heirs.get(qualified(table.name, table.schema), ()), key=str):
        yield heir
        yield from _descendants(heirs, heir)


def _differs(side: Snapshot, heir: Key, of_parent: Snapshot, parent: Key) -> bool:
    if heir not in side:
        return False
    own, inherited = PrintedColumn.of(side[heir]), PrintedColumn.of(of_parent[parent])
    plain = not (own.generated or own.identity)  # PostgreSQL refuses to alter their defaults
    return plain and own.rule != inherited.rule


def _default(sides: Sides, side: Snapshot, heir: Key) -> CallOp:
    default: Any = PrintedColumn.of(side[heir]).default
    return CallOp("alter_column", heir.table, heir.name, server_default=default, schema=sides.schema(heir))
