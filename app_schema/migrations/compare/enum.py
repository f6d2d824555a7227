"""Enums through their life: labels added in place, renamed where that is declared, else the type is
replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.catalog import Difference
from app_schema.ddl import EnumType, Key
from app_schema.migrations.directives import CallOp, Makes
from app_schema.migrations.operations import ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def _labels(comparison: Comparison, key: Key) -> tuple[EnumType, EnumType, dict[str, str]]:
    new = comparison.declared.objects[key]
    old = comparison.reflect(key, comparison.found[key])
    assert isinstance(new, EnumType)
    assert isinstance(old, EnumType)
    renamed = comparison.declared.renamed.get(key, {})
    applied = {
        was: now
        for now, was in renamed.items()
        if was in tuple(old.labels) and now not in tuple(old.labels) and now in tuple(new.labels)
    }
    return new, old, applied


def needs_replacing(comparison: Comparison, key: Key) -> bool:
    """Whether labels go or change places, which PostgreSQL cannot do to a type in use."""
    new, old, renamed = _labels(comparison, key)
    kept = [renamed.get(label, label) for label in old.labels]
    return [label for label in new.labels if label in kept] != kept


def grows(comparison: Comparison, difference: Difference) -> bool:
    """Whether labels are added and none goes: the downgrade alone replaces the type then."""
    key, wanted, found = difference
    if key.kind != "enum" or wanted is None or found is None or needs_replacing(comparison, key):
        return False
    new, old, _ = _labels(comparison, key)
    return len(tuple(new.labels)) > len(tuple(old.labels))


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans what makes the found labels the declared ones."""
    del wanted, found
    new, old, renamed = _labels(comparison, key)
    if needs_replacing(comparison, key):
        comparison.made.add(key)
        comparison.plan.make(Makes.TYPE, ReplaceObjectOp(new, old))
        return
    for was, now in renamed.items():
        call = CallOp("rename_enum_value", new.name, was, now, schema=new.schema)
        comparison.plan.make(
            Makes.TYPE, call.undone_by("rename_enum_value", new.name, now, was, schema=new.schema)
        )
    for call in _additions(new, old, renamed):
        comparison.plan.make(Makes.ENUM_VALUE, call)


def _additions(new: EnumType, old: EnumType, renamed: dict[str, str]) -> list[CallOp]:
    """The calls that add labels, before others are renamed; the last label first, so that each is added
    beside the neighbour that it keeps.

    PostgreSQL cannot take a label away, so the undo of the first, which is undone last, takes all of them: it
    replaces the type.
    """
    before_rename = {now: was for was, now in renamed.items()}
    grown = [before_rename.get(label, label) for label in new.labels]
    calls = [
        CallOp("add_enum_value", new.name, label, schema=new.schema, before=following)
        for label, following in reversed(list(zip(grown, [*grown[1:], None], strict=True)))
        if label not in tuple(old.labels)
    ]
    if calls:
        undo = CallOp("replace_enum", new.name, list(old.labels), old={"labels": grown}, schema=new.schema)
        calls[0].undo, undo.undo = undo, calls[0]
    return calls
