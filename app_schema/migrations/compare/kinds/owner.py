"""Owners: those that the metadata declares, and those of objects that are created again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app_schema.ddl import Key, Owner
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.order import Makes
from app_schema.ddl.sequence import PrintedSequence
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import DowngradeOnlyOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_DROP, _SET = Owner.ranks


class OwnerComparator(KindComparator):
    """The owner of an object. The migrating role owns what it creates."""

    follows = True

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the declared owner.

        An undeclared one is reset with ``prune`` if the metadata declares the owner of some object: else
        somebody else may manage the owners.
        """
        if _is_of_column(sides, key) or _is_dropped(sides, planner, _object(sides.reflected, key)):
            return
        owner, old = sides.metadata.objects.get(key), Owner.from_definition(key, reflected)
        if owner is None:
            if not _resets(sides):
                raise refusal.owned_by(reflected, declared)
            planner.drop(_DROP, DropObjectOp(old))
        elif reflected == sides.migrating_role:
            planner.create(_SET, CreateObjectOp(owner))
        else:
            # PostgreSQL merges a grant to the owner with the privileges of the owner
            rank = Makes.ROW_SECURITY if _is_granted(sides, key, reflected) else _SET
            planner.create(rank, ReplaceObjectOp(owner, old))

    def follow(self, sides: Sides, planner: Planner) -> None:
        """Plans the owners of created objects, and for the downgrade those of dropped and replaced ones."""
        for key in sorted((key for key in sides.reflected if key.kind == "owner"), key=str):
            owned = _object(sides.reflected, key)
            dropped = _is_dropped(sides, planner, owned)
            if owned is None or not (dropped or owned in planner.created) or _is_of_column(sides, key):
                continue
            old, as_declared = Owner.from_definition(key, sides.reflected[key]), sides.managed(key)
            new = sides.metadata.objects.get(key) if as_declared else None
            if sides.reflected[key] != sides.migrating_role:
                planner.drop(_DROP, DowngradeOnlyOp(CreateObjectOp(old)))
                resets = as_declared and _resets(sides)
                if new is None and planner.recreated_as(owned) != "dropped" and not resets:
                    new = old
            # of a replaced object `changed` has planned another owner
            if new is not None and (dropped or key not in planner.changed):
                planner.create(_SET, CreateObjectOp(new))
        for key, obj in sides.metadata.objects.items():
            if isinstance(obj, Owner) and key not in sides.reflected and sides.managed(key):
                planner.create(_SET, CreateObjectOp(obj))


def _is_granted(sides: Sides, key: Key, role: str) -> bool:
    """True if the reflected owner of an object gets a declared grant on it."""
    return any(
        grant.kind.endswith("grant") and grant[1:3] == key[1:3] and f"{grant.name} ".startswith(f"{role} ")
        for grant in sides.declared.keys() - sides.reflected.keys()
    )


def _resets(sides: Sides) -> bool:
    """True if an undeclared owner is reset."""
    declared = any(obj.kind == "owner" for obj in sides.metadata.objects.values())
    return sides.prune and (declared or "owner" in sides.context.opts.get("always", ()))


@cache
def _kinds(owned_as: str) -> list[str]:
    return [word for kind in Kind.all() if kind.owned_as == owned_as for word in kind.reflected_as]


def _object(side: Snapshot, key: Key) -> Key | None:
    """The owned object."""
    keys = (Key(kind, key.schema, None, key.table or "") for kind in _kinds(key.name))
    return next((owned for owned in keys if owned in side), None)


def _is_of_column(sides: Sides, key: Key) -> bool:
    """True for the owner of a sequence that PostgreSQL changes with the owner of the table."""
    sequence = Key("sequence", key.schema, None, key.table or "")
    definition = sides.reflected.get(sequence)
    return definition is not None and PrintedSequence.of(definition).column is not None


def _is_dropped(sides: Sides, planner: Planner, owned: Key | None) -> bool:
    """True if the revision drops the object; it may create the object again."""
    if owned is None or owned in planner.dropped:
        return owned is not None
    if owned not in planner.changed or owned in sides.declared:
        return False
    return sides.prune and sides.may_drop(owned)
