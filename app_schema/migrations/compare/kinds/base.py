"""How a kind is compared: the hooks, and what they do for most kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import DDLObject, Key
from app_schema.migrations.compare import keys, refusal
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.ddl.order import Drops, Makes
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class KindComparator:
    """Compares the objects of a kind, and plans what mends their differences.

    As it is: for kinds of which the metadata declares each object, and one operation creates, drops or
    replaces it; and for kinds that no revision creates or drops, which have no class in ``ddl``.
    """

    follows: ClassVar[bool] = False
    """True if an object is created and dropped with the one that it belongs to, and only there."""
    dropped_with_table: ClassVar[bool] = False
    """True if PostgreSQL drops an object with its table, so that no revision need do so."""
    depended_on: ClassVar[bool] = False
    """True if the operations that drop an object and create it again allow for what depends on it."""
    declared_depend: ClassVar[bool] = False
    """True if declared objects may depend on an undeclared one, as a view on a column."""
    blocked_by_any_change: ClassVar[bool] = False
    """True if every change drops the object, and with it what depends on it."""
    recreated: ClassVar[bool] = False
    """True if an object that PostgreSQL refuses to change is dropped and created with its dependents."""

    # What a difference is.

    def compares(self, difference: Difference) -> bool:
        """False for what PostgreSQL creates with another object."""
        return True

    def subject(self, sides: Sides, key: Key) -> Key:
        """The object whose declaration the difference belongs to."""
        return key

    def created_along(self, sides: Sides, key: Key) -> bool:
        """Whether an absent object is created with another one, which is named itself."""
        return self.follows

    def undeclared_along(self, sides: Sides, key: Key) -> bool:
        """Whether an undeclared object belongs to something that is not declared either, and is named."""
        if self.follows:
            return True
        owner = relation(sides, key)
        if owner is None or owner in sides.declared:
            return False
        return not sides.prune or self.dropped_with_table

    def blocked(self, sides: Sides, difference: Difference) -> Blocked | None:
        """The object, where PostgreSQL refuses the change while something depends on it, or drops that."""
        key, declared, reflected = difference
        if reflected is None:
            return None
        if declared is None:
            return Blocked(key, dropped=True) if sides.prune and self.declared_depend else None
        return self.blocked_by_change(sides, key, declared, reflected)

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The same for an object that is on both sides."""
        return Blocked(key, dropped=True) if self.blocked_by_any_change else None

    def blocks_downgrade(self, sides: Sides, difference: Difference) -> bool:
        """Whether PostgreSQL allows the change while something depends on the object, and not its inverse."""
        return False

    # What mends a difference.

    def mend(self, sides: Sides, planner: Planner, difference: Difference) -> None:
        """Plans what mends a difference, unless that is planned.

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
        elif key not in planner.dropped:  # dropped before something that it reads, and created again
            self.changed(sides, planner, key, declared, reflected)

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans an object that is absent."""
        obj = sides.metadata.objects.get(key)
        if obj is None:
            raise refusal.not_created(key.kind)
        self.create(sides, planner, key, obj)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans what changes the reflected object to the declared one."""
        obj = sides.metadata.objects.get(key)
        if obj is None:
            raise refusal.different(declared, reflected)
        self.replace(sides, planner, key, obj, sides.reflect(key, reflected))

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of an object that nobody declared."""
        self.drop(sides, planner, key)

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans what follows from all that is planned."""

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
        """Plans that a definition takes the place of another."""
        planner.replace_object(self.create_rank(sides, planner, key), key, new, old)

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Plans that an object is dropped before what it depends on changes, and created again after it.

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
        """Where in the revision the object is created."""
        if key.kind not in DDLObject.reflected:
            raise refusal.not_created(key.kind)
        return DDLObject.reflected[key.kind].ranks[1]

    def drop_rank(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool) -> Drops:
        """Where in the revision the object is dropped."""
        if key.kind not in DDLObject.reflected:
            raise refusal.not_dropped(key.kind)
        return DDLObject.reflected[key.kind].ranks[0]

    def drop_order(self, sides: Sides, key: Key) -> int:
        """Of one rank the newest object first."""
        return -sides.places[key]


def relation(sides: Sides, key: Key) -> Key | None:
    """The table, view or type that an object is a part of, on whichever side that is."""
    relations = (Key(kind, key.schema, None, key.table or "") for kind in keys.RELATIONS)
    return next((owner for owner in relations if owner in sides.reflected or owner in sides.declared), None)
