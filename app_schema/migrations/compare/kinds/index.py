"""Indexes; on a table with rows they are built without blocking writers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.operations import ops

from app_schema.ddl import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare.kinds.base import KindComparator, relation
from app_schema.migrations.compare.planner import LAST
from app_schema.migrations.directives import CallOp, ConcurrentIndexOp, DowngradeOnlyOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from sqlalchemy import Index

    from app_schema.catalog import Difference
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_PART = " PARTITION OF "
"""Follows the definition of an index that is attached to one of a partitioned table."""
_CHOSEN = re.compile(r".+_idx\d*")
"""A name that PostgreSQL has chosen, and chooses again."""


class IndexComparator(KindComparator):
    """Indexes that belong to no constraint."""

    dropped_with_table = True
    depended_on = True
    declared_depend = True
    blocked_by_any_change = True

    def compares(self, difference: Difference) -> bool:
        """False for a part of a partitioned table's index: PostgreSQL creates and drops it with that."""
        return _PART not in (difference.left or difference.right or "")

    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """An index of a materialized view is dropped by itself."""
        owner = relation(sides, key)
        on_a_view = owner is not None and owner.kind == "materialized_view"
        return not (on_a_view and sides.prune) and super().undeclared_with_owner(sides, key)

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans an index that is absent."""
        index = sides.metadata.index(key)
        if index is not None and planner.spares_writers(key):
            rank = Makes.INDEX if _is_referred_to(sides, index) else Makes.CONCURRENT_INDEX
            create = ops.CreateIndexOp.from_index(index)
            planner.create(rank, ConcurrentIndexOp(create, partitioned=sides.partitioned(key)))
        elif index is None or _name_is_in_use(sides, key):
            self._create_printed(sides, planner, key, planner.creating(key, sides.reflect(key, declared)))
        else:
            create = ops.CreateIndexOp.from_index(index)
            create.schema = sides.schema(key)
            planner.create(Makes.INDEX, create)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans that an index is built again; that of a partitioned table may lack only some of its parts."""
        index = sides.metadata.index(key)
        if index is not None and sides.partitioned(key) and reflected == f"{declared} INVALID":
            create = ops.CreateIndexOp.from_index(index)
            planner.create(Makes.INDEX, ConcurrentIndexOp(create, partitioned=True, completes=True))
        elif index is not None and planner.spares_writers(key) and not sides.partitioned(key):
            _exchange(sides, planner, key, index)
        else:
            self.recreate(sides, planner, key)

    def drop(self, sides: Sides, planner: Planner, key: Key, *, with_dependents: bool = False) -> None:
        """Plans the drop; that of an index of a materialized view before any view is dropped."""
        if " INVALID" in sides.reflected[key]:
            planner.note(f"the downgrade creates {key.label} valid; it is INVALID")
        if _is_on_a_view(sides, key):
            planner.dropped.add(key)
            drop = DropObjectOp(sides.reflect(key, sides.reflected[key]))
            planner.drop(Drops.VIEW, drop, order=-LAST)
            return
        super().drop(sides, planner, key, with_dependents=with_dependents)
        for part in _named_parts(sides, key):
            create = DowngradeOnlyOp(CreateObjectOp(part))
            planner.drop(Drops.INDEX, create, order=self.drop_order(sides, key))

    def recreate(self, sides: Sides, planner: Planner, key: Key) -> None:
        """Drops the index, and creates the declared one, or where none is declared the same again."""
        form = planner.recreated_as(key)
        self.drop(sides, planner, key)
        if form == "declared":
            self.added(sides, planner, key, sides.declared[key])
        elif form == "reflected":
            for index in (*_named_parts(sides, key), sides.reflect(key, sides.reflected[key])):
                self._create_printed(sides, planner, key, CreateObjectOp(index))

    def _create_printed(self, sides: Sides, planner: Planner, key: Key, create: CreateObjectOp) -> None:
        """Plans the creation of an index by its text; that of a materialized view after all views."""
        rank, order = (Makes.VIEW, 2 * LAST) if _is_on_a_view(sides, key) else (Makes.INDEX, None)
        planner.create(rank, create, order=order)


def _exchange(sides: Sides, planner: Planner, key: Key, index: Index) -> None:
    """Plans that the new index is built under another name before the old one is dropped: readers always have
    one of them, and a unique index always refuses duplicates."""
    planner.dropped.add(key)
    create = ops.CreateIndexOp.from_index(index)
    create.index_name = spare = f"{key.name.encode()[:59].decode(errors='ignore')}_new"
    schema, table = sides.schema(key), key.table
    drop = CallOp("drop_index_concurrently", key.name, table, schema=schema)
    drop.undo = CreateObjectOp(sides.reflect(key, sides.reflected[key]))
    rename = CallOp("rename_index", spare, key.name, table, schema=schema)
    rename.undone_by("rename_index", key.name, spare, table, schema=schema)
    rank = Makes.INDEX if _is_referred_to(sides, index) else Makes.CONCURRENT_INDEX
    planner.create(rank, ConcurrentIndexOp(create), drop, rename)


def _is_referred_to(sides: Sides, index: Index) -> bool:
    """True if a foreign key may need the index: then that is created after it."""
    keys = (key for table in sides.metadata.tables.values() for key in table.foreign_key_constraints)
    return bool(index.unique) and any(key.referred_table is index.table for key in keys)


def _is_on_a_view(sides: Sides, key: Key) -> bool:
    view = Key("materialized_view", key.schema, None, key.table or "")
    return view in sides.reflected or view in sides.declared


def _name_is_in_use(sides: Sides, key: Key) -> bool:
    """True if an index of any table has this name: the undo must not name the table of the new index."""
    return any(other.kind == "index" and other[1::2] == key[1::2] for other in sides.reflected)


def _named_parts(sides: Sides, key: Key) -> list[DDLObject]:
    """The parts of a partitioned table's index that PostgreSQL would name otherwise.

    PostgreSQL attaches each to the index, if it exists before that.
    """
    if not sides.partitioned(key):
        return []
    parent = f"{_PART}{qualified(key.name, key.schema)}"
    return [
        sides.reflect(part, definition)
        for part, definition in sides.reflected.items()
        if part.kind == "index" and definition.endswith(parent) and not _CHOSEN.fullmatch(part.name)
    ]
