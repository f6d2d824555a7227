"""Indexes; on a table with rows they are built without blocking writers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation, ops

from app_schema.catalog import Difference
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.sql import qualified, shortened
from app_schema.migrations.directives import CallOp, Makes
from app_schema.migrations.operations import CreateObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

LAST = 2**40
"""An order: after what is declared, and before the indexes of materialized views."""
_PART = " PARTITION OF "
"""Follows the definition of an index that is attached to one of a partitioned table."""
_CHOSEN = re.compile(r".+_idx\d*")
"""A name that PostgreSQL has chosen, and chooses again."""


def is_part(difference: Difference) -> bool:
    """Whether the index is declared as a part of a partitioned table's index, which brings it along."""
    key, wanted, found = difference
    return key.kind == "index" and _PART in (wanted or found or "")


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans an index that is absent."""
    index = comparison.declared.index(key)
    schema = comparison.schema(key)
    if index is not None and comparison.has_rows(key):
        create = ops.CreateIndexOp.from_index(index)
        comparison.plan.make(Makes.INDEX, ConcurrentIndexOp(create, partitioned=comparison.partitioned(key)))
    elif index is None or _is_taken(comparison, key):
        printed = comparison.reflect(key, wanted)
        comparison.plan.make(Makes.INDEX, comparison.creation(key, printed))
    else:
        comparison.plan.make(Makes.INDEX, _with_schema(ops.CreateIndexOp.from_index(index), schema))


def _is_taken(comparison: Comparison, key: Key) -> bool:
    """Whether an index of this name goes, of whatever table: the undo must not insist on the new one's."""
    return any(one.kind == "index" and one[1::2] == key[1::2] for one in comparison.found)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans that an index is built anew; that of a partitioned table may lack some of its parts alone."""
    index = comparison.declared.index(key)
    if index is not None and comparison.partitioned(key) and found == f"{wanted} INVALID":
        create = ops.CreateIndexOp.from_index(index)
        comparison.plan.make(Makes.INDEX, ConcurrentIndexOp(create, partitioned=True, completes=True))
        return
    take_and_make_again(comparison, key)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of an index that nobody declared."""
    comparison.take(key, found)


def take_and_make_again(comparison: Comparison, key: Key) -> None:
    """Drops an index and makes the declared one, or where none is declared the same again."""
    found, recreate_from = comparison.found[key], comparison.recreate_from(key)
    comparison.take(key, found)
    if recreate_from == "declared":
        added(comparison, key, comparison.wanted[key])
    elif recreate_from == "found":
        on_a_view = Key("materialized_view", key.schema, None, key.table or "") in comparison.found
        rank, order = (Makes.VIEW, 2 * LAST) if on_a_view else (Makes.INDEX, None)
        for one in (*named_parts(comparison, key), comparison.reflect(key, found)):
            comparison.plan.make(rank, CreateObjectOp(one), order=order)


def named_parts(comparison: Comparison, key: Key) -> list[DDLObject]:
    """The parts of a partitioned table's index that PostgreSQL would name otherwise.

    Made before it, each is attached to it by PostgreSQL.
    """
    if not comparison.partitioned(key):
        return []
    parent = f"{_PART}{qualified(key.name, key.schema)}"
    return [
        comparison.reflect(one, definition)
        for one, definition in comparison.found.items()
        if one.kind == "index" and definition.endswith(parent) and not _CHOSEN.fullmatch(one.name)
    ]


def _with_schema(operation: Any, schema: str | None) -> Any:
    operation.schema = schema
    return operation


class ConcurrentIndexOp(MigrateOperation):
    """``op.create_index_concurrently``; reversed ``op.drop_index_concurrently``.

    :param completes: the index is there and lacks parts; the reverse does nothing.
    """

    def __init__(
        self, create: ops.CreateIndexOp, *, partitioned: bool = False, completes: bool = False
    ) -> None:
        self.create = create
        self.partitioned = partitioned
        self.completes = completes

    def reverse(self) -> MigrateOperation:
        """The drop, which blocks nobody either."""
        if self.completes:
            return ops.ModifyTableOps("", [])
        return CallOp(
            "drop_index_concurrently",
            shortened(self.create.index_name),
            self.create.table_name,
            partitioned=self.partitioned or None,
            schema=self.create.schema,
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """For ``alembic check``."""
        return ("add_index", self.create.index_name, self.create.table_name)
