"""Foreign tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.compare.kinds import dropped_table
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, OnTheWayBackOp
from app_schema.migrations.operations import SetGrantOp

if TYPE_CHECKING:
    from app_schema.ddl import DDLObject, Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class ForeignTableComparator(KindComparator):
    """A foreign table is dropped and created for each change: its rows are elsewhere."""

    blocked_by_any_change = True

    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """After the tables, from which it may inherit."""
        definition = sides.declared.get(key) or sides.reflected[key]
        return Makes.COLUMN if " INHERITS (" in definition else super().create_rank(sides, planner, key)

    def drop_order(self, sides: Sides, key: Key) -> int:
        """Among the tables, from which it may inherit."""
        return -dropped_table.age(sides, key)

    def replace(self, sides: Sides, planner: Planner, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans it; and for the downgrade what nobody declared on columns, which may end with a column."""
        super().replace(sides, planner, key, new, old)
        for part in sides.of_table(key.schema, key.name):
            if part in sides.declared:
                continue
            if part.kind == "column_grant":
                grant = SetGrantOp(sides.reflect(part, sides.reflected[part]))
                planner.drop(Drops.GRANT, OnTheWayBackOp(grant))
            elif part.kind == "comment" and part.name:
                text = sides.reflected[part]
                call = CallOp("alter_column", part.table, part.name, comment=text, schema=part.schema)
                planner.drop(Drops.COMMENT, OnTheWayBackOp(call))
