"""Owners, which no revision changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class OwnerComparator(KindComparator):
    """The owner of an object: the migrating role owns what it creates, and may alter nothing else."""

    follows = True

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Refuses."""
        raise refusal.owned_by(reflected, declared)
