"""Aggregates: one that PUBLIC may not execute comes back so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Grant, Key
from app_schema.ddl.order import Drops
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import DowngradeOnlyOp
from app_schema.migrations.operations import DropObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class AggregateComparator(KindComparator):
    def drop(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool = False) -> None:
        """Plans the drop; its reverse revokes what CREATE AGGREGATE grants to PUBLIC and PUBLIC lacks."""
        super().drop(sides, planner, key, with_dependents=with_dependents)
        if Key("function_grant", key.schema, key.name, "PUBLIC") not in sides.reflected:
            to_public = Grant("EXECUTE", to="PUBLIC", function=key.name, schema=key.schema)
            planner.drop(Drops.GRANT, DowngradeOnlyOp(DropObjectOp(to_public)))
