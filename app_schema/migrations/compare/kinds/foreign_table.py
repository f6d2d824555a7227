"""Foreign tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare.kinds import dropped_table, grant
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp
from app_schema.migrations.operations import SetGrantOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.ddl import DDLObject, Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_OF_PARENT = {"table", "column", "constraint", "not_null"}


def retyped_heirs(sides: Sides) -> list[Key]:
    """The foreign tables that inherit a column of another type.

    PostgreSQL refuses ALTER COLUMN TYPE with USING if one of the tables that inherit is a foreign table.
    """
    retyped = [
        difference
        for difference in sides.differences
        if difference.key.kind == "column" and difference.left is not None and difference.right is not None
        if PrintedColumn.of(difference.left).changes_type_of(PrintedColumn.of(difference.right))
    ]
    return [
        key
        for key in (sides.reflected if retyped else ())
        if key.kind == "foreign_table" and sides.managed(key)
        if any(_is_of_parent(sides, key, difference) for difference in retyped)
    ]


def _is_of_parent(sides: Sides, key: Key, difference: Difference) -> bool:
    part = difference.key
    names = {name for side in (sides.declared, sides.reflected) for name in parents(side.get(key, ""))}
    table = part.name if part.kind == "table" else part.table or ""
    return part.kind in _OF_PARENT and qualified(table, part.schema) in names


class ForeignTableComparator(KindComparator):
    """A foreign table is dropped and created for each change: its rows are elsewhere."""

    blocked_by_any_change = True

    def recreates(self, sides: Sides, key: Key) -> bool:
        """True if a parent changes: ALTER TABLE of the parent changes the foreign table too, and PostgreSQL
        refuses to create one whose columns have other types than those of the parent."""
        return any(_is_of_parent(sides, key, difference) for difference in sides.differences)

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans it with the grants, which PostgreSQL drops with the table."""
        grants = grant.reflected(sides, planner, grant.of_relation(sides, key))
        super().recreate(sides, planner, key)
        grant.recreate(sides, planner, key, grants)

    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """After the tables from which it may inherit have their columns and checks."""
        definition = sides.declared.get(key) or sides.reflected[key]
        return Makes.FOREIGN_KEY if parents(definition) else super().create_rank(sides, planner, key)

    def drop_order(self, sides: Sides, key: Key) -> int:
        """Among the tables, from which it may inherit."""
        return -dropped_table.creation_order(sides, key)

    def replace(self, sides: Sides, planner: Planner, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans it; and for the downgrade what nobody declared on columns, which may end with a column."""
        super().replace(sides, planner, key, new, old)
        for part in sides.of_table(key.schema, key.name):
            if part in sides.declared:
                continue
            if part.kind == "column_grant":
                grant = SetGrantOp(sides.reflect(part, sides.reflected[part]))
                planner.drop(Drops.GRANT, DowngradeOnlyOp(grant))
            elif part.kind == "comment" and part.name:
                text = sides.reflected[part]
                call = CallOp("alter_column", part.table, part.name, comment=text, schema=part.schema)
                planner.drop(Drops.COMMENT, DowngradeOnlyOp(call))
