"""Bounds of partitions; revisions for them are written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class PartitionComparator(KindComparator):
    """Bounds of partitions."""

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Refuses, where the table is not new."""
        if not sides.new(key):
            raise refusal.not_partitioned()

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Refuses."""
        raise refusal.different(declared, reflected)
