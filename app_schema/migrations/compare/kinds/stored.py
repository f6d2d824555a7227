"""Types and collations: whether PostgreSQL changes them under the columns that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.composite import attributes, is_alterable
from app_schema.ddl.domain import PrintedDomain
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import DowngradeOnlyOp, UnwritableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_TABLES = frozenset({"column", "array", "domain", "nested"})
"""The uses by columns of tables, of app_schema.catalog.uses."""
_ALL = _TABLES | {"foreign", "typed", "type", "checked"}


class StoredComparator(KindComparator):
    """Ranges and collations, which PostgreSQL drops and creates for every change."""

    blocked_by_any_change: ClassVar[bool] = True

    def refusing(self, new: str, old: str) -> frozenset[str]:
        """The uses under which PostgreSQL refuses the change."""
        return _ALL

    def cannot_change(self, sides: Sides, key: Key, new: str, old: str) -> str | None:
        """The sentence of the refusal; None: the change is possible."""
        refusing = self.refusing(new, old)
        users = [use.words for use in (sides.uses(key) if refusing else ()) if use.how in refusing]
        if not users:
            return None
        more = f" and {len(users) - 1} more" if len(users) > 1 else ""
        return (
            f"{key.label} cannot be changed: {users[0]}{more} uses it, and PostgreSQL refuses the change "
            f"then. Declare a {key.kind} of another name, and the columns with it"
        )

    def replace(self, sides: Sides, planner: Planner, key: Key, new: DDLObject, old: DDLObject) -> None:
        """Plans the replacement; the revision says of a downgrade that it cannot be undone."""
        super().replace(sides, planner, key, new, old)
        sentence = self.cannot_change(sides, key, sides.reflected[key], sides.declared[key])
        if sentence is not None:
            planner.drop(Drops.COMMENT, DowngradeOnlyOp(UnwritableOp(sentence)))


class CompositeComparator(StoredComparator):
    """Composite types."""

    def refusing(self, new: str, old: str) -> frozenset[str]:
        """All uses for another order of the attributes; all values for another type of an attribute."""
        if not is_alterable(new, old):
            return _ALL
        after, before = attributes(new), attributes(old)
        if any(before[name] != after[name] for name in before.keys() & after.keys()):
            return _TABLES | {"materialized", "typed", "checked"}
        return frozenset({"typed"} if before.keys() <= after.keys() else {"typed", "checked"})

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The type, where it is dropped in one of the directions; else what reads its attributes."""
        dropped = not (is_alterable(declared, reflected) and is_alterable(reflected, declared))
        unused = not dropped or self.cannot_change(sides, key, reflected, declared) is None
        return Blocked(key, dropped=dropped and unused)


class DomainComparator(StoredComparator):
    def create_rank(self, sides: Sides, planner: Planner, key: Key) -> Makes:
        """After the functions and operators that its check calls."""
        return Makes.DOMAIN if sides.called_by_domains else super().create_rank(sides, planner, key)

    def drop_order(self, sides: Sides, key: Key) -> int:
        """A domain is dropped before the domain that it is over."""
        domains = {
            qualified(other.name, other.schema): PrintedDomain.of(definition).type
            for other, definition in sides.reflected.items()
            if other.kind == "domain"
        }
        depth, type_ = 0, domains.get(qualified(key.name, key.schema))
        while type_ is not None:
            depth, type_ = depth + 1, domains.get(type_.rstrip("[]"))
        return super().drop_order(sides, key) - (depth << 32)

    def refusing(self, new: str, old: str) -> frozenset[str]:
        """All uses for another type; values within other types for a further constraint."""
        to, from_ = PrintedDomain.of(new), PrintedDomain.of(old)
        if to.type != from_.type:
            return _ALL
        return frozenset({"nested"}) if to.constraints - from_.constraints else frozenset()

    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The domain, if it is dropped, or if columns of its arrays temporarily get another type."""
        new, old = PrintedDomain.of(declared), PrintedDomain.of(reflected)
        if new.type != old.type:
            return Blocked(key, dropped=True)
        arrays = new.constraints != old.constraints and any(use.how == "array" for use in sides.uses(key))
        return Blocked(key, dropped=False) if arrays else None
