"""Dependents that prevent a change of their object: dropped before the change, created again after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.errors import ModelError
from app_schema.migrations.compare import keys, kinds, unfit
from app_schema.migrations.compare.kinds import alter_column, foreign_table, function, grant, partition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app_schema.catalog import Difference
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_READ = {"table", "column", *keys.VIEWS}
"""The kinds that the body of a function reads."""


def blocked(sides: Sides, differences: Iterable[Difference]) -> list[Blocked]:
    """The objects that PostgreSQL refuses to change while other objects depend on them.

    Also the functions whose former body reads a dropped object: a downgrade would replace these functions
    before it creates the object.
    """
    changes = [
        change
        for difference in differences
        if (change := kinds.of(difference.key.kind).blocked(sides, difference)) is not None
    ]
    dropped = {change.key.name for change in changes if change.dropped and change.key.kind in _READ}
    known = {change.key for change in changes}
    readers = [
        Blocked(key, dropped=True)
        for key, declared, reflected in differences
        if key.kind == "function" and key not in known and declared and reflected
        if function.reads_any(reflected, dropped)
    ]
    heirs = [Blocked(key, dropped=True) for key in foreign_table.retyped_heirs(sides) if key not in known]
    return changes + readers + heirs


def drop_dependents(sides: Sides, planner: Planner) -> None:
    """Plans drop and creation of the dependents of changed objects.

    :raises ModelError: if an undeclared dependent cannot be created again.
    """
    changes = blocked(sides, planner.differences)
    dependents = sides.dependents(changes)
    unfit.refuse(sides, planner, changes, dependents)
    dropped = (change.key for change in changes if change.dropped)
    changed = [key for key in dropped if kinds.of(key.kind).recreates(sides, key)]
    for key in (*dependents, *changed):
        _recreate_or_refuse(sides, planner, changes, key)
    _drop_dependents_in_downgrade(sides, planner)


def _drop_dependents_in_downgrade(sides: Sides, planner: Planner) -> None:
    """PostgreSQL adds a label to an enum with dependents, but cannot remove a label: only the downgrade drops
    and creates the unchanged dependents."""
    grown = [
        Blocked(difference.key, dropped=False)
        for difference in planner.differences
        if kinds.of(difference.key.kind).blocks_downgrade(sides, difference)
    ]
    # with an unmanaged dependent PostgreSQL refuses the downgrade, and names the dependent
    readers = [key for key in sides.dependents(grown) if key.kind != "own_default" and sides.managed(key)]
    for key in readers:
        if {key, keys.column(key), *_grants(sides, key)} & planner.changed:
            _recreate_or_refuse(sides, planner, grown, key)
    downgrade = planner.for_downgrade()
    for key in readers:
        try:
            _recreate(sides, downgrade, key)
        except ModelError as error:
            downgrade.note(f"{key.label}, which prevents the change: {error}")
    planner.plan.add_for_downgrade(downgrade.plan)


def _grants(sides: Sides, key: Key) -> list[Key]:
    """The grants that PostgreSQL drops with a reader."""
    if key.kind in keys.VIEWS:
        return grant.of_relation(sides, key)
    if key.kind == "function":
        return function.grants(sides, key)
    return grant.of_column(sides, key) if key.kind == "column" else []


def _recreate_or_refuse(sides: Sides, planner: Planner, changes: list[Blocked], key: Key) -> None:
    try:
        _recreate(sides, planner, key)
    except ModelError as error:
        raise unfit.dependent_refusal(sides, changes, key, str(error)) from error


def _recreate(sides: Sides, planner: Planner, key: Key) -> None:
    """Plans drop and creation, unless they are planned. An object that PostgreSQL drops with its table is not
    created; only a constraint is dropped before the table.

    :raises ModelError: if no revision can create it again.
    """
    if key in planner.dropped or partition.belongs_to_parent(sides, key):
        return
    if key.kind in {"default", "own_default"}:
        _recreate_default(sides, planner, key)
        return
    comparator = kinds.of(key.kind)
    if key not in sides.reflected:
        return
    if not (sides.prune and comparator.undeclared_with_owner(sides, key)):
        comparator.recreate(sides, planner, key)
    elif key.kind == "constraint":  # a table is dropped after the functions that its constraints call
        comparator.drop(sides, planner, key)


def _recreate_default(sides: Sides, planner: Planner, key: Key) -> None:
    """True for the default of a changed column, which ALTER COLUMN sets again.

    The column's default does not prevent the replacement of the column's enum.
    """
    column = keys.column(key)
    declared, reflected = sides.declared.get(column), sides.reflected.get(column)
    if keys.default(key) in planner.dropped or reflected is None or planner.recreated_as(column) == "dropped":
        return
    altered = declared is not None and column in planner.changed
    if declared is not None and altered:
        new, old = PrintedColumn.of(declared), PrintedColumn.of(reflected)
        if new.is_rebuilt_from(old):
            return
    if altered or key.kind == "default":
        alter_column.drop_default(sides, planner, column, again=not altered)
