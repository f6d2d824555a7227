"""When a function must be there early, or goes late."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Key
from app_schema.ddl.layers import words
from app_schema.migrations.directives import Drops, Makes

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_OF_TABLES = {"column", "constraint", "index", "domain"}
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


def created(comparison: Comparison, key: Key) -> Makes:
    """Where the function is created: before what names it, and after what it reads.

    What was dropped under the changes of a column is created again when these are done.
    """
    declared = comparison.declared.objects.get(key)
    is_early = early(comparison, key)
    late = declared in comparison.declared.late_functions and not is_early
    if late or (declared is None and comparison.layers.reads_view(key)):
        return Makes.VIEW
    if is_early:
        again = key in comparison.gone and is_parsed(comparison.found[key])
        return Makes.ALTERED if again else Makes.EARLY_FUNCTION
    return Makes.FUNCTION


def is_parsed(definition: str) -> bool:
    """True if the body is no string: PostgreSQL knows what it reads, and lets nothing of it change."""
    return " AS BEGIN ATOMIC" in definition or " AS RETURN " in definition


def reads_any(definition: str, names: set[str]) -> bool:
    """Whether the body of a function in SQL, which PostgreSQL checks when it is created, has one of the
    names."""
    return " LANGUAGE sql " in definition and bool(words(definition.partition(" AS ")[2]) & names)


def dropped(comparison: Comparison, key: Key, *, with_dependents: bool) -> Drops:
    """Where the function is dropped: after what names it, and before what it reads."""
    if comparison.layers.reads_view(key):
        return Drops.VIEW
    if not with_dependents and survives(comparison, key):
        return Drops.EARLY_FUNCTION
    return Drops.FUNCTION


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
