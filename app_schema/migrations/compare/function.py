"""When a function must be there early, or goes late."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Key

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_OF_TABLES = {"column", "constraint", "index", "domain"}


def early(comparison: Comparison, key: Key) -> bool:
    """Whether a column, constraint or index names the function, so that it must be there before them."""
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
    """Whether something that stays calls the function until it is altered, so that the function goes
    last."""
    if comparison.pruned_functions is None:  # of all of them at once: most often nothing calls any
        pruned = [
            one for one in comparison.changed if one.kind == "function" and one not in comparison.wanted
        ]
        comparison.pruned_functions = [] if _calls(comparison, pruned) else pruned
    return key not in comparison.pruned_functions and bool(_calls(comparison, [key]))


def _calls(comparison: Comparison, functions: list[Key]) -> list[Key]:
    """What is declared and calls one of the functions."""
    return [
        one
        for one in comparison.dependents([Blocked(key, gone=True) for key in functions])
        if one in comparison.wanted or Key("column", *one[1:]) in comparison.wanted
    ]
