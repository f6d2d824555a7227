"""The plan of a revision during the planning. Names no kind: only the comparators do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from app_schema.migrations.compare.plan import Plan
from app_schema.migrations.directives import UnwritableOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation

    from app_schema.catalog import Difference
    from app_schema.ddl import DDLObject, Key
    from app_schema.ddl.order import Drops, Makes
    from app_schema.migrations.compare.sides import Sides

LAST = 2**40
"""An order: after declared objects, and before the indexes of materialized views."""
Form = Literal["declared", "reflected", "dropped"]


@dataclass(frozen=True, eq=False)
class Planner:
    """The directives of the revision, and its dropped and created objects, so that each is planned once.

    :param differences: the differences to resolve.
    :param safe: use statements that do not block writers on tables with rows.
    """

    sides: Sides
    differences: Sequence[Difference]
    safe: bool = True
    plan: Plan = field(default_factory=Plan)
    dropped: set[Key] = field(default_factory=set)
    created: set[Key] = field(default_factory=set)
    _drops: dict[Key, DropObjectOp] = field(default_factory=dict)

    @cached_property
    def changed(self) -> frozenset[Key]:
        """The objects that differ."""
        return frozenset(difference.key for difference in self.differences)

    def for_downgrade(self) -> Planner:
        """A planner with another plan, which shares the dropped and created objects."""
        return replace(self, safe=False, plan=Plan())

    def note(self, reason: str) -> None:
        """Adds a note on a difference that the revision does not resolve."""
        self.plan.notes.append(UnwritableOp(reason))

    def spares_writers(self, key: Key) -> bool:
        """True if the object's table has rows, and statements must not block its writers."""
        return self.safe and self.sides.has_rows(key)

    def recreated_as(self, key: Key) -> Form:
        """The form in which a dropped object is created again; None: not at all."""
        sides = self.sides
        if key in self.changed:
            return "declared" if key in sides.declared else "dropped" if sides.prune else "reflected"
        # an unmanaged object is created as reflected, whatever its declaration
        is_equal = sides.spelling.same(sides.declared.get(key), sides.reflected[key])
        return "declared" if is_equal else "reflected"

    def drop(self, rank: Drops, *operations: MigrateOperation, order: int | None = None) -> None:
        """Plans a drop; within a rank the lower ``order`` is first."""
        self.plan.drop(rank, *operations, order=order)

    def create(self, rank: Makes, *operations: MigrateOperation, order: int | None = None) -> None:
        """Plans a creation or change; within a rank the lower ``order`` is first."""
        self.plan.create(rank, *operations, order=order)

    def create_object(self, rank: Makes, key: Key, operation: MigrateOperation) -> None:
        """Plans the creation of an object, in the order of declaration."""
        # an undeclared object may read a declared one; the reverse is impossible
        order = self.sides.metadata.order.get(key, LAST + len(self.plan.creations))
        self.create(rank, operation, order=order)

    def replace_object(self, rank: Makes, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans the replacement of a definition."""
        self.created.add(key)
        self.create(rank, ReplaceObjectOp(new, old), order=self.sides.metadata.order.get(key))

    def dropping(self, key: Key, obj: DDLObject) -> DropObjectOp:
        """The operation that drops an object on which others depend."""
        self._drops[key] = DropObjectOp(obj)
        return self._drops[key]

    def creating(self, key: Key, obj: DDLObject) -> CreateObjectOp:
        """The operation that creates an object, paired with the earlier drop of the object, if any."""
        drop = self._drops.get(key)
        if drop is not None:
            drop.recreated = True
        return CreateObjectOp(obj, recreated=drop is not None)
