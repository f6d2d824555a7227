"""Enums through their life: labels added in place, renamed where that is declared, else the type is
replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app_schema.catalog.dependents import Blocked
from app_schema.ddl import EnumType, Key
from app_schema.ddl.order import Makes
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class Labels(NamedTuple):
    """The labels of one enum on both sides."""

    new: EnumType
    old: EnumType
    renamed: dict[str, str]
    """Declared renames that the database lacks: ``{old: new}``."""

    @property
    def replaced(self) -> bool:
        """True if labels are dropped or reordered, which PostgreSQL cannot do."""
        kept = [self.renamed.get(label, label) for label in self.old.labels]
        return [label for label in self.new.labels if label in kept] != kept

    def additions(self) -> list[CallOp]:
        """The calls that add labels, before others are renamed; the last label first, so that each is added
        beside the neighbour that it keeps.

        PostgreSQL cannot drop a label, so the undo of the first, which is undone last, drops all of them: it
        replaces the type.
        """
        new, old = self.new, self.old
        before_rename = {renamed: label for label, renamed in self.renamed.items()}
        grown = [before_rename.get(label, label) for label in new.labels]
        calls = [
            CallOp("add_enum_value", new.name, label, schema=new.schema, before=following)
            for label, following in reversed(list(zip(grown, [*grown[1:], None], strict=True)))
            if label not in tuple(old.labels)
        ]
        if calls:
            undo = CallOp(
                "replace_enum", new.name, list(old.labels), old={"labels": grown}, schema=new.schema
            )
            calls[0].undo, undo.undo = undo, calls[0]
        return calls


class EnumComparator(KindComparator):
    def blocked_by_change(self, sides: Sides, key: Key, declared: str, reflected: str) -> Blocked | None:
        """The enum, if it is replaced."""
        return Blocked(key, dropped=False) if _labels(sides, key).replaced else None

    def blocks_downgrade(self, sides: Sides, difference: Difference) -> bool:
        """True if labels are added and none is dropped: then only the downgrade replaces the type."""
        key, declared, reflected = difference
        if declared is None or reflected is None:
            return False
        labels = _labels(sides, key)
        return not labels.replaced and len(tuple(labels.new.labels)) > len(tuple(labels.old.labels))

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans the change of the reflected labels to the declared labels."""
        labels = _labels(sides, key)
        new = labels.new
        if labels.replaced:
            self.replace(sides, planner, key, new, labels.old)
            return
        for old_label, new_label in labels.renamed.items():
            call = CallOp("rename_enum_value", new.name, old_label, new_label, schema=new.schema)
            call.undone_by("rename_enum_value", new.name, new_label, old_label, schema=new.schema)
            planner.create(Makes.TYPE, call)
        for call in labels.additions():
            planner.create(Makes.ENUM_VALUE, call)


def _labels(sides: Sides, key: Key) -> Labels:
    new = sides.metadata.objects[key]
    old = sides.reflect(key, sides.reflected[key])
    assert isinstance(new, EnumType)
    assert isinstance(old, EnumType)
    renamed = {
        old_label: new_label
        for new_label, old_label in sides.metadata.renamed.get(key, {}).items()
        if old_label in tuple(old.labels)
        and new_label not in tuple(old.labels)
        and new_label in tuple(new.labels)
    }
    return Labels(new, old, renamed)
