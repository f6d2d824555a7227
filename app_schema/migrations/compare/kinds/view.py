"""Views, with what PostgreSQL drops with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.migrations.compare.kinds import grant
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class MaterializedViewComparator(KindComparator):
    """Materialized views, which have no CREATE OR REPLACE."""

    depended_on = True
    declared_depend = True
    blocked_by_any_change = True
    recreated = True

    def create(self, sides: Sides, planner: Planner, key: Key, obj: DDLObject) -> None:
        """Plans the view, with the declared privileges alone."""
        super().create(sides, planner, key, obj)
        grant.revoke_default_grants(sides, planner, key)

    def drop(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool = False) -> None:
        """Plans the drop, and for the downgrade the reflected privileges alone."""
        grant.revoke_default_grants_in_downgrade(sides, planner, key)
        super().drop(sides, planner, key, with_dependents=with_dependents)

    def drop_order(self, sides: Sides, key: Key) -> int:
        """A view that reads another view is dropped before it."""
        return super().drop_order(sides, key) - (sides.layers.depth(key) << 32)

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans it with the grants, which PostgreSQL drops with the view."""
        grants = grant.reflected(sides, planner, grant.of_relation(sides, key))
        super().recreate(sides, planner, key)
        grant.recreate(sides, planner, key, grants)


class ViewComparator(MaterializedViewComparator):
    """Views; CREATE OR REPLACE VIEW adds columns at the end, and refuses any other change of them."""

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The view, where its columns or options change."""
        columns = [
            {
                column.name: definition
                for column, definition in side.items()
                if column[:3] == ("column", key.schema, key.name)
            }
            for side in (sides.declared, sides.reflected)
        ]
        # with the options and, in their order, the names of the columns
        heads = [definition.partition(" AS ")[0] for definition in (declared, reflected)]
        changes = columns[0] != columns[1] or heads[0] != heads[1]
        return Blocked(key, dropped=True) if changes else None

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the defaults of the columns of views that are dropped, also for the downgrade."""
        for key, definition in sides.reflected.items():
            view = Key("view", key.schema, None, key.table or "")
            if key.kind != "column" or view not in planner.dropped:
                continue
            column = PrintedColumn.of(definition)
            if column.default is None:
                continue
            schema = sides.schema(key)
            call = CallOp("alter_column", key.table, key.name, server_default=column.default, schema=schema)
            planner.drop(Drops.COMMENT, DowngradeOnlyOp(call))
            form, declared = planner.recreated_as(view), sides.declared.get(key)
            # of a declared view, a default that the declared side does not have is a difference
            is_equal = declared is not None and PrintedColumn.of(declared).rule == column.rule
            if form == "reflected" or (form == "declared" and is_equal):
                planner.create(Makes.COMMENT, call)
