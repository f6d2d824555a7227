"""Functions: which must exist early, and which are dropped late."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import Function, Key
from app_schema.ddl.function import PrintedFunction
from app_schema.ddl.layers import words
from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds import grant
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_WITH_A_TABLE = {"column", "constraint", "index", "default"}


class FunctionComparator(KindComparator):
    """Functions; CREATE OR REPLACE FUNCTION refuses another signature."""

    depended_on = True
    recreated = True

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The function, if its signature changes."""
        new, old = PrintedFunction.of(declared), PrintedFunction.of(reflected)
        return Blocked(key, dropped=True) if new.signature != old.signature else None

    def grant_changed(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans the function with the roles that may execute it, unless it is planned."""
        if key in sides.reflected and key in sides.declared and key not in planner.changed | planner.created:
            obj = sides.metadata.objects[key]
            self.replace(sides, planner, key, obj, sides.reflect(key, sides.reflected[key]))

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans it with the grants that its CREATE FUNCTION does not grant."""
        reflected_grants = grant.reflected(sides, planner, grants(sides, key))
        super().recreate(sides, planner, key)
        grant.recreate(sides, planner, key, reflected_grants)

    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """Before what names the function, and after what it reads.

        A function that is dropped under the changes of a column is created again when these are done.
        """
        declared = sides.metadata.objects.get(key)
        early = _is_early(sides, key)
        late = declared in sides.metadata.late_functions and not early
        if late or (declared is None and sides.layers.reads_view(key)):
            return Makes.VIEW
        if early:
            is_recreated = key in planner.dropped and PrintedFunction.of(sides.reflected[key]).parsed
            first = Makes.FUNCTION_OF_DOMAIN if key in sides.called_by_domains else Makes.EARLY_FUNCTION
            return Makes.ALTERED if is_recreated else first
        return Makes.FUNCTION

    def drop_rank(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool) -> Drops:
        """After the objects that name the function, and before the objects that it reads."""
        if sides.layers.reads_view(key):
            return Drops.VIEW
        if not with_dependents and key in sides.called_by_domains:
            return Drops.FUNCTION_OF_DOMAIN
        if not with_dependents and _is_called(sides, planner, key):
            return Drops.EARLY_FUNCTION
        return Drops.FUNCTION

    def drop_order(self, sides: Sides, key: Key) -> int:
        """A function is dropped before the functions that it calls."""
        return super().drop_order(sides, key) - (sides.layers.depth(key) << 32)


def reads_any(definition: str, names: set[str]) -> bool:
    """True if one of the names is in the body of a function in SQL, which PostgreSQL checks at creation."""
    function = PrintedFunction.of(definition)
    return function.language == "sql" and bool(words(function.body) & names)


def _is_early(sides: Sides, key: Key) -> bool:
    """True if a column, constraint or index names the function, which must exist before them."""
    declared, early = sides.metadata.objects.get(key), sides.metadata.early_functions
    if declared in early:
        return True
    if isinstance(declared, Function) and (declared.schema, declared.name) in {
        (function.schema, function.name) for function in early if isinstance(function, Function)
    }:
        return False  # an overload
    return _is_in(key, sides.calls.get(key.name.partition("(")[0], ()))


def _is_in(key: Key, texts: Iterable[str]) -> bool:
    """True if one of the texts calls the function."""
    bare = key.name.partition("(")[0]
    names = [(name, '"' + name.replace('"', '""') + '"') for name in (key.schema or "", bare)]
    calls = [
        f"{schema}.{name}(" for schema, name in product(*names)
    ]  # PostgreSQL quotes names only if necessary
    return any(call in text for text in texts for call in calls)


def _is_called(sides: Sides, planner: Planner, key: Key) -> bool:
    """True if something calls the function until it is altered, or is dropped with its table: the function is
    dropped last."""
    # pg_depend has the function's row of a class, and not the class
    if _is_in(key, (sides.reflected[of] for of in sides.early_classes & sides.reflected.keys())):
        return True
    # of all undeclared functions at once
    undeclared = [
        Blocked(difference.key, dropped=True)
        for difference in planner.differences
        if difference.key.kind == "function" and difference.left is None
    ]
    dropped = Blocked(key, dropped=True)
    drops = undeclared if dropped in undeclared else [dropped]
    return any(
        caller.kind in _WITH_A_TABLE or caller in sides.declared or keys.column(caller) in sides.declared
        for caller in sides.dependents_of_each(drops)[key]
    )


def grants(sides: Sides, key: Key) -> list[Key]:
    """The grants that PostgreSQL drops with the function, and that its CREATE FUNCTION does not grant."""
    declared = sides.metadata.objects.get(key)
    if not isinstance(declared, Function) or declared.execute is not None:
        return []
    of_function = (other for other in sides.of_table(key.schema, key.name) if other.kind == "function_grant")
    return [other for other in of_function if other.name != "PUBLIC"]
