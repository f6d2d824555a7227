"""Declared roles, which belong to the cluster: nothing in the database may use one yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app_schema.ddl import Key, Role
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class RoleComparator(KindComparator):
    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the attributes that differ; both directions keep an attribute that is declared as None."""
        obj = sides.metadata.objects[key]
        before = sides.reflect(key, reflected)
        assert isinstance(obj, Role)
        assert isinstance(before, Role)
        unchanged: dict[str, Any] = dict.fromkeys(obj.kept)
        self.replace(sides, planner, key, obj, replace(before, **unchanged))

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the roles that the database begins to use: another cluster may lack them."""
        added = [
            f"{difference.key.name} {difference.left}"
            for difference in planner.differences
            if difference.left is not None and difference.right is None
        ]
        for key in sorted(sides.unused_roles - planner.changed):
            if any(key.name in line for line in added):
                self.create(sides, planner, key, sides.metadata.objects[key])
