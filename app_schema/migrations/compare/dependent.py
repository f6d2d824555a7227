"""What reads something that PostgreSQL will not change under it: dropped before, made again after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.catalog import Difference
from app_schema.catalog.dependents import dependents
from app_schema.catalog.reflect import reflect
from app_schema.ddl import Key, View
from app_schema.migrations.compare import column, constraint, enum, index
from app_schema.migrations.compare.printed_column import changes_type

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def take_away(comparison: Comparison, differences: list[Difference]) -> None:
    """Plans the drop of what reads the changed objects, and that it is made again."""
    blocked = [one.key for one in differences if _blocks(comparison, one)]
    if comparison.prune:
        blocked += [
            key
            for key in comparison.changed
            if key not in comparison.wanted and key.kind in {"column", "view", "materialized_view"}
        ]
    for key in dependents(comparison.connection, blocked):
        if key.kind == "generated":
            column.regenerate(comparison, Key("column", *key[1:]))
        elif key in comparison.found and key not in comparison.gone:
            _take_and_make_again(comparison, key)
    for key in blocked:
        if (
            key.kind in {"view", "materialized_view", "function"}
            and key in comparison.wanted
            and key not in comparison.gone
        ):
            _take_and_make_again(comparison, key)


def _blocks(comparison: Comparison, difference: Difference) -> bool:
    key, wanted, found = difference
    assert wanted is not None
    assert found is not None
    if key.kind == "column":
        return changes_type(wanted, found)
    if key.kind == "enum":
        return enum.needs_replacing(comparison, key)
    if key.kind in {"view", "materialized_view"}:
        return key.kind == "materialized_view" or _columns(comparison.wanted, key) != _columns(
            comparison.found, key
        )
    return key.kind == "function" and wanted.partition(" LANGUAGE ")[0] != found.partition(" LANGUAGE ")[0]


def _columns(side: Any, key: Key) -> dict[str, str]:
    return {
        other.name: text_
        for other, text_ in side.items()
        if other.kind == "column" and other[1:3] == (key.schema, key.name)
    }


def _take_and_make_again(comparison: Comparison, key: Key) -> None:
    found = comparison.found[key]
    if key.kind == "index":
        index.take_and_make_again(comparison, key)
        return
    if key.kind == "constraint":
        constraint.take_and_make_again(comparison, key)
        return
    old = reflect(comparison.connection, key, found)
    of_view = [
        one
        for one in comparison.found
        if one.kind in {"grant", "column_grant"} and one[1:3] == (key.schema, key.name)
    ]
    grants = [one for one in of_view if one not in comparison.gone] if isinstance(old, View) else []
    for grant in grants:
        comparison.take(grant, comparison.found[grant])
    comparison.take(key, found, with_dependents=True)
    new = comparison.declared.objects.get(key)
    if new is None and key not in comparison.wanted and not comparison.prune:
        new = old
    if new is not None:
        comparison.make(key, new)
    for grant in grants:
        again = comparison.declared.objects.get(grant)
        if again is None and not comparison.prune:
            again = reflect(comparison.connection, grant, comparison.found[grant])
        if again is not None and new is not None:
            comparison.make(grant, again)
