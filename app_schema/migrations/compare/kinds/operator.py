"""Operators, operator classes and families: which must exist before a table that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


_DROP_ORDER = {"operator_class": 3, "operator_family": 2, "operator": 1}
"""Kinds whose objects name those of the lower kinds; functions are dropped last."""


class OperatorComparator(KindComparator):
    depended_on = True

    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """Before the first table that names it."""
        if key in sides.called_by_domains:
            return Makes.FUNCTION_OF_DOMAIN
        early = _is_early(sides, key)
        return Makes.EARLY_FUNCTION if early else super().create_rank(sides, planner, key)

    def drop_rank(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool) -> Drops:
        """After the last table that names it."""
        if not with_dependents and _is_early(sides, key):
            of_domain = key in sides.called_by_domains
            return Drops.FUNCTION_OF_DOMAIN if of_domain else Drops.EARLY_FUNCTION
        return super().drop_rank(sides, planner, key, with_dependents=with_dependents)

    def drop_order(self, sides: Sides, key: Key) -> int:
        """A class is dropped before its family, its operators and their functions."""
        return super().drop_order(sides, key) - (_DROP_ORDER[key.kind] << 48)


def _is_early(sides: Sides, key: Key) -> bool:
    declared = sides.metadata.objects.get(key)
    early = sides.early_operators | sides.early_classes
    return key in early or declared in sides.metadata.early_functions
