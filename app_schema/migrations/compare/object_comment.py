"""Comments on constraints, indexes, triggers, policies, functions, types: not on tables and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.comment import KINDS
from app_schema.errors import ModelError
from app_schema.migrations.compare import comment
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a comment that is absent."""
    if not _made_anew(comparison, key):
        _set(comparison, key, wanted, None)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans another text."""
    if not _made_anew(comparison, key):
        _set(comparison, key, wanted, found)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans that a comment goes; with its object it goes by itself."""
    if not _made_anew(comparison, key):
        _set(comparison, key, None, found)


def follow(comparison: Comparison) -> None:
    """Plans the comments of what is made, and for the way back those of what is dropped: they go with it."""
    keys = {*comparison.found, *comparison.wanted}
    for key in sorted((one for one in keys if one.kind in {"comment", "object_comment"}), key=str):
        if key.kind == "object_comment":
            taken = of(key) in comparison.gone | comparison.made
            if not taken and not (comparison.managed(key) and _made_anew(comparison, key)):
                continue
        elif not comment.views(key) & comparison.gone:
            continue
        wanted, found = comparison.wanted.get(key), comparison.found.get(key)
        if wanted is None and found is not None and _stays(comparison, key):
            wanted = found
        call = comment.call if key.kind == "comment" else _call
        if wanted is not None:
            comparison.plan.make(Makes.COMMENT, call(key, wanted))
        if found is not None:
            comparison.plan.drop(Drops.COMMENT, OnTheWayBackOp(call(key, found)))


def _stays(comparison: Comparison, key: Key) -> bool:
    """Whether a comment that nobody declared, and what it is on, are there afterwards."""
    owners = {of(key)} if key.kind == "object_comment" else comment.views(key)
    there = [one for one in owners if one in comparison.found]
    if key.kind == "comment" and there and comparison.recreate_from(there[0]) == "declared":
        there = [one for one in there if Key("column", *key[1:]) in comparison.wanted]
    return comparison.recreate_from(key) == "found" and any(
        comparison.recreate_from(one) != "gone" for one in there
    )


def of(key: Key) -> Key:
    """The object that a comment is on."""
    kind, _, name = key.name.partition(" ")
    return Key(kind, key.schema, key.table, name)


def _made_anew(comparison: Comparison, key: Key) -> bool:
    """Whether the object is new, gone, or dropped and made again."""
    owner = of(key)
    if owner not in comparison.found and owner not in comparison.wanted:
        return False
    if owner not in comparison.found or owner in comparison.gone | comparison.made:
        return True
    return owner not in comparison.wanted and comparison.prune and comparison.can_go(owner)


def _call(key: Key, text: str | None) -> CallOp:
    kind, name = of(key).kind, of(key).name
    if kind not in KINDS:
        raise ModelError("cannot be written as a revision: write it by hand")
    return CallOp(
        "comment_on", kind, name, text, table=key.table if kind != "index" else None, schema=key.schema
    )


def _set(comparison: Comparison, key: Key, wanted: str | None, found: str | None) -> None:
    call, back = _call(key, wanted), _call(key, found)
    call.undo, back.undo = back, call
    comparison.plan.make(Makes.COMMENT, call)
