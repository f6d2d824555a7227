"""Names, NO INHERIT and NOT VALID of NOT NULL constraints; the column has NOT NULL itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app_schema.ddl import DDLObject, Key, NotNull
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.not_null import CHOSEN
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.kinds.column import lacks_values
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_DROP, _CREATE = NotNull.ranks


class NotNullComparator(KindComparator):
    """The attributes of a NOT NULL; PostgreSQL drops it with the column, and by DROP NOT NULL."""

    dropped_with_table = True

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """Also with a column that is undeclared or nullable; and NOT VALID alone, which is of the column."""
        column = sides.declared.get(keys.column(key))
        is_nullable = column is None or not PrintedColumn.of(column).not_null
        return (
            is_nullable
            or re.search(CHOSEN, sides.reflected[key]) is not None
            or super().undeclared_with_owner(sides, key)
        )

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans the constraint, unless the revision adds the column as nullable."""
        column = keys.column(key)
        exists = column in sides.reflected or sides.new(key)
        if exists or not lacks_values(sides, column, sides.declared):
            super().added(sides, planner, key, declared)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans another name or NO INHERIT, unless `follow` plans a new constraint."""
        if not _is_dropped_or_proved(sides, planner, keys.column(key)):
            super().changed(sides, planner, key, declared, reflected)

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans a name as PostgreSQL chooses it."""
        if not _is_dropped_or_proved(sides, planner, keys.column(key)):
            super().removed(sides, planner, key, reflected)
        else:  # validated: `follow` plans the downgrade
            planner.create(_CREATE, CallOp("drop_not_null", key.name, key.table, schema=sides.schema(key)))

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans in both directions to create the constraints that are dropped with their column."""
        for key in (key for key in sides.reflected if key.kind == "not_null"):
            column = keys.column(key)
            if not _is_dropped_or_proved(sides, planner, column):
                continue
            if column not in sides.declared and lacks_values(sides, column, sides.reflected):
                continue  # the downgrade creates the column as nullable
            # with the schema of the other operations on the column
            old = replace(sides.reflect(key, sides.reflected[key]), schema=sides.schema(key))
            new = sides.metadata.objects.get(key) if sides.managed(key) else None
            planner.drop(_DROP, DowngradeOnlyOp(CreateObjectOp(old)))
            if column in planner.dropped and new is None and planner.recreated_as(column) != "dropped":
                new = old
            if new is not None and _is_validated(sides, column):
                planner.create(_CREATE, _replaced(new, sides.schema(key)))
            elif new is not None:
                planner.create(_CREATE, CreateObjectOp(new))


def _is_validated(sides: Sides, column: Key) -> bool:
    reflected, declared = (PrintedColumn.of(side[column]) for side in (sides.reflected, sides.declared))
    return reflected.unproved and not declared.nullable


def _replaced(obj: DDLObject, schema: str | None) -> CallOp:
    """The call that renames what a validation leaves; the downgrade creates the former constraint again."""
    assert isinstance(obj, NotNull)
    no_inherit = obj.no_inherit or None
    return CallOp("replace_not_null", obj.column, obj.table, obj.name, no_inherit=no_inherit, schema=schema)


def _is_dropped_or_proved(sides: Sides, planner: Planner, column: Key) -> bool:
    """True if the revision drops the column, or drops or validates its NOT NULL."""
    if column in planner.dropped:
        return True
    if column not in planner.changed or sides.new(column):
        return False
    declared = sides.declared.get(column)
    if declared is None:
        return sides.prune and keys.table(column) in sides.declared
    old, new = (PrintedColumn.of(side).not_null for side in (sides.reflected[column], declared))
    return bool(old) and new != old
