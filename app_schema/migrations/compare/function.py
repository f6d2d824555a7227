"""When a function must be there early, or goes late."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Key

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_OF_TABLES = {"column", "constraint", "index", "domain"}
_CALL = re.compile(r'(?:"((?:[^"]|"")+)"|([\w$]+))\s*\(')
_WITH_A_TABLE = {"column", "constraint", "index", "default"}


def early(comparison: Comparison, key: Key) -> bool:
    """Whether a column, constraint or index names the function, so that it must be there before them."""
    if comparison.declared.objects.get(key) in comparison.declared.early_functions:
        return True
    names = [
        (part, '"' + part.replace('"', '""') + '"') for part in (key.schema or "", key.name.partition("(")[0])
    ]
    calls = [f"{schema}.{name}(" for schema, name in product(*names)]  # PostgreSQL quotes where it must
    sides = (comparison.wanted, comparison.found)
    return any(
        call in definition
        for side in sides
        for other, definition in side.items()
        if other.kind in _OF_TABLES
        for call in calls
    )


def survives(comparison: Comparison, key: Key) -> bool:
    """True if something calls the function until it is altered, or goes with its table: the function goes
    last."""
    if comparison.pruned_functions is None:  # of all of them at once: most often nothing calls any
        pruned = [
            one for one in comparison.changed if one.kind == "function" and one not in comparison.wanted
        ]
        comparison.pruned_functions = [] if _calls(comparison, pruned) else pruned
    return key not in comparison.pruned_functions and bool(_calls(comparison, [key]))


def _calls(comparison: Comparison, functions: list[Key]) -> list[Key]:
    """What is declared, or goes with its table, and calls one of the functions."""
    return [
        one
        for one in comparison.dependents([Blocked(key, gone=True) for key in functions])
        if one.kind in _WITH_A_TABLE
        or one in comparison.wanted
        or Key("column", *one[1:]) in comparison.wanted
    ]


def depth(comparison: Comparison, key: Key) -> int:
    """How many functions, one after the other, call each other down from this one; 0 for another kind.

    A body in a string leaves no dependency in the catalog, and OIDs are in the order of the alphabet after a
    restore. A function in SQL is created after those that it calls.
    """
    if comparison.function_depths is None:
        comparison.function_depths = _depths(comparison)
    return comparison.function_depths.get(key, 0)


def _depths(comparison: Comparison) -> dict[Key, int]:
    bodies = {one: text for one, text in comparison.found.items() if one.kind == "function"}
    named: dict[str, list[Key]] = {}
    for one in bodies:
        named.setdefault(one.name.partition("(")[0], []).append(one)
    calls = {
        one: {other for name in _called(text) for other in named.get(name, ()) if other != one}
        for one, text in bodies.items()
    }
    depths: dict[Key, int] = {}
    for one in bodies:
        _measure(one, calls, depths, frozenset())
    return depths


def _measure(key: Key, calls: dict[Key, set[Key]], depths: dict[Key, int], seen: frozenset[Key]) -> int:
    if key not in depths:
        others = calls[key] - seen
        depths[key] = max((1 + _measure(one, calls, depths, seen | {key}) for one in others), default=0)
    return depths[key]


def _called(body: str) -> set[str]:
    return {bare or quoted.replace('""', '"') for quoted, bare in _CALL.findall(body)}
