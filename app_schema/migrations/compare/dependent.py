"""What hangs on something that PostgreSQL will not change under it: dropped before, made again after."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app_schema.catalog import Difference
from app_schema.catalog.dependents import Blocked
from app_schema.ddl import DDLObject, Function, Grant, Key
from app_schema.errors import ModelError
from app_schema.migrations.compare import (
    alter_column,
    column,
    constraint,
    enum,
    function,
    index,
    undeclared,
    unfit,
)
from app_schema.migrations.compare.printed_column import changes_type, is_rebuilt
from app_schema.migrations.directives import Plan, UnwritableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_RELATIONS = {"view", "materialized_view"}
_DROPPED = {"table", "column", "constraint", "index"} | _RELATIONS
"""Kinds that things hang on which are declared, and may be otherwise once the thing is gone."""


def drop_dependents(comparison: Comparison, differences: list[Difference]) -> None:
    """Plans the drop of what hangs on the changed objects, and that it is made again.

    PostgreSQL adds a label to an enum under its readers and takes none away, so there the downgrade alone
    drops and makes what is the same on both sides.
    """
    blocking = _all_blocked(comparison, differences)
    dependents = comparison.dependents(blocking)
    unfit.refuse(comparison, blocking, dependents)
    changed = [
        one.key for one in blocking if one.gone and one.key.kind in {*_RELATIONS, "function", "column"}
    ]
    for key in (*dependents, *changed):
        _take_or_refuse(comparison, blocking, key)
    grown = [Blocked(one.key, gone=False) for one in differences if enum.grows(comparison, one)]
    # under what is not managed PostgreSQL refuses the way back, and names it
    readers = [
        one
        for one in comparison.dependents(grown)
        if one.kind not in {"own_default", "publication"} and comparison.managed(one)
    ]
    for key in readers:
        if {key, Key("column", *key[1:]), *_grants(comparison, key)} & comparison.changed:
            _take_or_refuse(comparison, grown, key)
    with _on_the_way_back(comparison):
        for key in readers:
            try:
                _take_and_make_again(comparison, key)
            except ModelError as error:
                comparison.plan.notes.append(UnwritableOp(f"{key.label}, which is in the way: {error}"))


def _take_or_refuse(comparison: Comparison, blocking: list[Blocked], key: Key) -> None:
    try:
        _take_and_make_again(comparison, key)
    except ModelError as error:
        raise unfit.in_the_way(comparison, blocking, key, str(error)) from error


def blocked(comparison: Comparison, differences: list[Difference]) -> list[Key]:
    """The objects that PostgreSQL will not change under what hangs on them."""
    return [one.key for one in _all_blocked(comparison, differences)]


def _all_blocked(comparison: Comparison, differences: list[Difference]) -> list[Blocked]:
    """With the functions whose former body reads what goes: a way back would replace them before that."""
    blocking = [one for difference in differences for one in _blocked(comparison, difference)]
    names = {
        one.key.name for one in blocking if one.gone and one.key.kind in {"table", "column", *_RELATIONS}
    }
    there = {one.key for one in blocking}
    return blocking + [
        Blocked(key, gone=True)
        for key, wanted, found in differences
        if key.kind == "function"
        and key not in there
        and wanted
        and found
        and function.reads_any(found, names)
    ]


@contextmanager
def _on_the_way_back(comparison: Comparison) -> Iterator[None]:
    plan, safe = comparison.plan, comparison.safe
    comparison.plan, comparison.safe = Plan(), False
    try:
        yield
    finally:
        plan.on_the_way_back(comparison.plan)
        comparison.plan, comparison.safe = plan, safe


def _blocked(comparison: Comparison, difference: Difference) -> Iterator[Blocked]:
    """The object, where something may stand in the way of its change."""
    key, wanted, found = difference
    if found is None:
        return
    if wanted is None:
        if comparison.prune and key.kind in _DROPPED:
            yield Blocked(key, gone=True)
    elif key.kind == "column":
        if changes_type(wanted, found) and not comparison.sets_expression(key):
            yield Blocked(key, gone=is_rebuilt(wanted, found))
    elif key.kind == "enum":
        if enum.needs_replacing(comparison, key):
            yield Blocked(key, gone=False)
    elif (
        key.kind in {"constraint", "index", "materialized_view"}
        or (key.kind == "view" and _gets_other_columns(comparison, key))
        or (key.kind == "function" and wanted.partition(" LANGUAGE ")[0] != found.partition(" LANGUAGE ")[0])
    ):
        yield Blocked(key, gone=True)


def _gets_other_columns(comparison: Comparison, view: Key) -> bool:
    sides = [
        {other.name: text for other, text in side.items() if other[:3] == ("column", view.schema, view.name)}
        for side in (comparison.wanted, comparison.found)
    ]
    # with the options and, in their order, the names of the columns
    heads = [side[view].partition(" AS ")[0] for side in (comparison.wanted, comparison.found)]
    return sides[0] != sides[1] or heads[0] != heads[1]


def _take_and_make_again(comparison: Comparison, key: Key) -> None:
    """Plans both, unless they are planned or come with the table.

    :raises ModelError: where no revision can create it again.
    """
    if key in comparison.gone:
        return
    if key.kind in {"default", "own_default"}:
        _take_default(comparison, key)
    elif key not in comparison.found or (comparison.prune and undeclared.is_child(comparison, key)):
        return
    elif key.kind == "index":
        index.take_and_make_again(comparison, key)
    elif key.kind == "constraint":
        constraint.take_and_make_again(comparison, key)
    else:
        _take_with_grants(comparison, key)


def _take_default(comparison: Comparison, key: Key) -> None:
    """The default of a column that changes comes back when the column is altered.

    Its own default does not stand in the way of a column that is only given a new version of its enum.
    """
    place = Key("column", *key[1:])
    wanted, found = comparison.wanted.get(place), comparison.found.get(place)
    if (
        Key("default", *key[1:]) in comparison.gone
        or found is None
        or comparison.recreate_from(place) == "gone"
    ):
        return
    altered = place in comparison.changed and wanted is not None
    if altered and is_rebuilt(wanted or "", found):
        return
    if altered or key.kind == "default":
        alter_column.take_default(comparison, place, found, again=not altered)


def _take_with_grants(comparison: Comparison, key: Key) -> None:
    grants = [one for one in _grants(comparison, key) if one not in comparison.gone]
    objects = [key, *grants] if key.kind != "column" else grants
    old = {one: comparison.reflect(one, comparison.found[one]) for one in objects}
    if key.kind == "column":
        column.regenerate(comparison, key)
    for one, as_found in old.items():
        comparison.take(one, comparison.found[one], with_dependents=True)
        recreate_from = comparison.recreate_from(one)
        made: DDLObject | None = as_found
        if recreate_from == "declared":
            made = comparison.declared.objects.get(one, as_found)
        elif isinstance(as_found, Grant) and as_found.columns:
            made = _on_what_stays(comparison, key, as_found)
        if recreate_from != "gone" and made is not None:
            comparison.make(one, made)


def _on_what_stays(comparison: Comparison, relation: Key, grant: Grant) -> Grant | None:
    """An undeclared grant on the columns that the relation still has; the others go with their columns."""
    if relation.kind not in _RELATIONS or comparison.recreate_from(relation) != "declared":
        return grant
    columns = [
        one
        for one in grant.columns or ()
        if Key("column", relation.schema, relation.name, one) in comparison.wanted
    ]
    return dataclasses.replace(grant, columns=columns) if columns else None


def _grants(comparison: Comparison, key: Key) -> list[Key]:
    """The grants that go with a view, a function or a column; those that the function itself makes do not."""
    if key.kind in _RELATIONS:
        kinds = {"grant", "column_grant"}
        return [one for one in comparison.of_table(key.schema, key.name) if one.kind in kinds]
    if key.kind == "function":
        declared = comparison.declared.objects.get(key)
        itself = not isinstance(declared, Function) or declared.execute is not None
        mine = [one for one in comparison.of_table(key.schema, key.name) if one.kind == "function_grant"]
        return [one for one in mine if not itself and one.name != "PUBLIC"]
    mine = [one for one in comparison.of_table(key.schema, key.table) if one.kind == "column_grant"]
    return [one for one in mine if key.kind == "column" and key.name in comparison.found[one].split(", ")]
