"""Indexes; on a table with rows they are built without blocking writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, ops

from app_schema.ddl import Key
from app_schema.migrations.directives import CallOp, Makes
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

LAST = 2**40
"""An order: after the materialized views themselves."""


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans an index that is absent."""
    index = comparison.declared.index(key)
    schema = comparison.schema(key)
    if index is not None and not comparison.new(key) and comparison.has_rows(key):
        comparison.plan.make(Makes.INDEX, ConcurrentIndexOp(ops.CreateIndexOp.from_index(index)))
    elif index is None or _is_taken(comparison, key):
        printed = comparison.reflect(key, wanted)
        comparison.plan.make(Makes.INDEX, comparison.creation(key, printed))
    else:
        comparison.plan.make(Makes.INDEX, _with_schema(ops.CreateIndexOp.from_index(index), schema))


def _is_taken(comparison: Comparison, key: Key) -> bool:
    """Whether an index of this name goes, of whatever table: the undo must not insist on the new one's."""
    return any(one.kind == "index" and one[1::2] == key[1::2] for one in comparison.found)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans that an index is built anew."""
    del wanted, found
    take_and_make_again(comparison, key)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of an index that nobody declared."""
    comparison.take(key, found)


def take_and_make_again(comparison: Comparison, key: Key) -> None:
    """Drops an index and makes the declared one, or where none is declared the same again."""
    found, fate = comparison.found[key], comparison.fate(key)
    comparison.take(key, found)
    if fate == "declared":
        added(comparison, key, comparison.wanted[key])
    elif fate == "found":
        on_a_view = Key("materialized_view", key.schema, None, key.table or "") in comparison.found
        rank, order = (Makes.VIEW, LAST) if on_a_view else (Makes.INDEX, None)
        comparison.plan.make(rank, CreateObjectOp(comparison.reflect(key, found)), order=order)


def _with_schema(operation: Any, schema: str | None) -> Any:
    operation.schema = schema
    return operation


class ConcurrentIndexOp(MigrateOperation):
    """``op.create_index_concurrently``; reversed ``op.drop_index_concurrently``."""

    def __init__(self, create: ops.CreateIndexOp) -> None:
        self.create = create

    def reverse(self) -> CallOp:
        """The drop, which blocks nobody either."""
        return CallOp(
            "drop_index_concurrently",
            self.create.index_name,
            self.create.table_name,
            schema=self.create.schema,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("add_index", self.create.index_name, self.create.table_name)
