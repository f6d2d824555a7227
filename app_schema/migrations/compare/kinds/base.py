"""The comparison of a kind: the hooks, with their defaults for most kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.defined import Defined
from app_schema.ddl.order import Drops
from app_schema.migrations.compare import keys, refusal
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.ddl.order import Makes
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class KindComparator:
    """Compares the objects of a kind, and plans the operations that resolve their differences.

    As it is: for kinds of which the metadata declares each object, and one operation creates, drops or
    replaces it; and for kinds that no revision creates or drops, which have no class in ``ddl``.
    """

    follows: ClassVar[bool] = False
    """True if an object is created and dropped only with its owner."""
    dropped_with_table: ClassVar[bool] = False
    """True if PostgreSQL drops an object with its table, so that no revision drops it."""
    depended_on: ClassVar[bool] = False
    """True if the operations that drop and create an object again consider its dependents."""
    declared_depend: ClassVar[bool] = False
    """True if declared objects may depend on an undeclared object, as a view on a column."""
    blocked_by_any_change: ClassVar[bool] = False
    """True if every change drops the object with its dependents."""
    recreated: ClassVar[bool] = False
    """True if an object that PostgreSQL refuses to change is dropped and created with its dependents."""

    # The differences.

    def compares(self, difference: Difference) -> bool:
        """False for an object that PostgreSQL creates with another object."""
        return True

    def subject(self, sides: Sides, key: Key) -> Key:
        """The object whose declaration contains the difference."""
        return key

    def created_with_other(self, sides: Sides, key: Key) -> bool:
        """True if an absent object is created with another object, which is reported itself."""
        return self.follows

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """True if the owner of an undeclared object is undeclared too, and reported instead."""
        if self.follows:
            return True
        owner = relation(sides, key)
        if owner is None or owner in sides.declared:
            return False
        return not sides.prune or self.dropped_with_table

    def blocked(self, sides: Sides, difference: Difference) -> Blocked | None:
        """The object, if PostgreSQL refuses the change while dependents exist, or drops the dependents."""
        key, declared, reflected = difference
        if reflected is None:
            return None
        if declared is None:
            return Blocked(key, dropped=True) if sides.prune and self.declared_depend else None
        return self.blocked_by_change(sides, key, declared, reflected)

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The same for an object that exists on both sides."""
        cls = DDLObject.reflected.get(key.kind)
        is_recreated = (
            cls is not None and issubclass(cls, Defined) and cls.replace_sql is DDLObject.replace_sql
        )
        return Blocked(key, dropped=True) if is_recreated or self.blocked_by_any_change else None

    def blocks_downgrade(self, sides: Sides, difference: Difference) -> bool:
        """True if PostgreSQL allows the change while the object has dependents, but refuses the inverse."""
        return False

    def cannot_change(self, sides: Sides, key: Key, new: str, old: str) -> str | None:
        """The sentence of the refusal where PostgreSQL refuses the change; None: the change is possible."""
        return None

    def recreates(self, sides: Sides, key: Key) -> bool:
        """True if an object that differs and has to be dropped is dropped and created with its dependents."""
        return self.recreated

    # The plans that resolve a difference.

    def resolve(self, sides: Sides, planner: Planner, difference: Difference) -> None:
        """Plans the operations that resolve a difference, unless they are planned.

        :raises ModelError: where no revision can.
        """
        key, declared, reflected = difference
        if reflected is None:
            if key not in planner.created:
                self.added(sides, planner, key, declared or "")
        elif declared is None:
            if key in planner.dropped and sides.prune:
                return
            if not sides.prune or not sides.may_drop(key):
                planner.plan.undeclared.append(key.label)
            else:
                self.removed(sides, planner, key, reflected)
        elif key not in planner.dropped:  # dropped before an object that it reads, and created again
            self.changed(sides, planner, key, declared, reflected)

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans the creation of an absent object."""
        obj = sides.metadata.objects.get(key)
        if obj is None:
            raise refusal.not_created(key.kind)
        self.create(sides, planner, key, obj)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the change of the reflected object to the declared one."""
        obj = sides.metadata.objects.get(key)
        if obj is None:
            raise refusal.different(declared, reflected)
        self.replace(sides, planner, key, obj, sides.reflect(key, reflected))

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of an undeclared object."""
        self.drop(sides, planner, key)

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the operations that follow from the other planned operations."""

    # The operations.

    def create(self, sides: Sides, planner: Planner, key: Key, obj: DDLObject) -> None:
        """Plans the creation of an object."""
        planner.created.add(key)
        create = planner.creating(key, obj) if self.depended_on else CreateObjectOp(obj)
        planner.create_object(self.create_rank(sides, planner, key), key, create)

    def drop(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool = False) -> None:
        """Plans the drop of an object, with all that its reverse needs."""
        rank = self.drop_rank(sides, planner, key, with_dependents=with_dependents)
        planner.dropped.add(key)
        obj = sides.reflect(key, sides.reflected[key])
        drop = planner.dropping(key, obj) if self.depended_on else DropObjectOp(obj)
        planner.drop(rank, drop, order=self.drop_order(sides, key))

    def replace(self, sides: Sides, planner: Planner, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans the replacement of a definition."""
        planner.replace_object(self.create_rank(sides, planner, key), key, new, old)

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans that an object is dropped before a change of an object that it needs, and created again after
        it.

        :raises ModelError: where no revision can create it again.
        """
        as_reflected = sides.reflect(key, sides.reflected[key])
        self.drop(sides, planner, key, with_dependents=True)
        form = planner.recreated_as(key)
        if form == "declared":
            self.create(sides, planner, key, sides.metadata.objects.get(key, as_reflected))
        elif form == "reflected":
            self.create(sides, planner, key, as_reflected)

    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """The rank of the creation in the revision."""
        if key.kind not in DDLObject.reflected:
            raise refusal.not_created(key.kind)
        return DDLObject.reflected[key.kind].ranks[1]

    def drop_rank(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool) -> Drops:
        """The rank of the drop in the revision."""
        if key.kind not in DDLObject.reflected:
            raise refusal.not_dropped(key.kind)
        rank = DDLObject.reflected[key.kind].ranks[0]
        # a prerequisite of other objects is dropped after the last creation, unless it is created again
        return min(rank, Drops.FUNCTION) if with_dependents else rank

    def drop_order(self, sides: Sides, key: Key) -> int:
        """The order within a rank: the newest object first."""
        return -sides.places[key]


def relation(sides: Sides, key: Key) -> Key | None:
    """The table, view or type of which an object is a part, on either side."""
    relations = (Key(kind, key.schema, None, key.table or "") for kind in keys.RELATIONS)
    return next((owner for owner in relations if owner in sides.reflected or owner in sides.declared), None)
