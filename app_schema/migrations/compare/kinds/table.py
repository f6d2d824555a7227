"""Whole tables, new or dropped, with all that is created or dropped with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from app_schema import upstream
from app_schema.ddl import Key
from app_schema.ddl.constraint import name_of as constraint_name
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import parents
from app_schema.ddl.sql import qualified
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds import constraint, dropped_table, grant, heir, partition
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.directives import CallOp, DropWholeTableOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_STORED = re.compile(r"^UNLOGGED ?|WITH \(.*?\) ?|INHERITS \(.*\)")
_OWN_COLUMNS = (
    "the downgrade lets {table} inherit again, but its inherited columns are its own then: no ALTER TABLE "
    "makes them inherited columns"
)


class TableComparator(KindComparator):
    """Tables; their columns, constraints and indexes are compared by themselves."""

    declared_depend = True

    def created_with_other(self, sides: Sides, key: Key) -> bool:
        """A partition is created by its own declaration."""
        return Key("partition", key.schema, None, key.name) in sides.declared

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans a table that is absent, and the foreign keys that must wait for other tables."""
        table = sides.metadata.tables.get((key.schema or "", key.name))
        if table is None:
            raise refusal.not_created("table")
        order = sides.metadata.table_order[key.schema or "", key.name]
        later = _later_keys(sides, planner, table, order)
        named = {name: fk for fk in later if (name := constraint_name(fk)) is not None}
        # PostgreSQL merges columns of equal types alone: first the parents' columns get theirs
        names = parents(declared)
        waits = names and any(
            column.kind == "column" and qualified(column.table or "", column.schema) in names
            for column in planner.changed
        )
        planner.create(Makes.ALTERED if waits else Makes.TABLE, _create_table(table, later), order=order)
        grant.revoke_default_grants(sides, planner, key)
        for _, fk in sorted(named.items()):
            planner.create(Makes.FOREIGN_KEY, ops.CreateForeignKeyOp.from_constraint(fk))
        if len(named) < len(later):
            _add_unnamed_keys(sides, planner, key)

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans other storage, parameters and parents; PostgreSQL changes no partitioning."""
        if _STORED.sub("", declared).strip() != _STORED.sub("", reflected).strip():
            raise refusal.different(declared, reflected)
        schema = sides.schema(key)
        if {*parents(reflected)} - {*parents(declared)} and heir.has_inherited_columns(sides, key):
            planner.note(_OWN_COLUMNS.format(table=key.name))
        for action, undo in _alterations(*map(dropped_table.storage, (declared, reflected))):
            planner.create(Makes.ALTERED, _alter(key, schema, action, undo))
        new, old = map(parents, (declared, reflected))
        # a change of the parent also changes the inherited columns and checks, with the values
        for parent in (name for name in old if name not in new):
            planner.drop(Drops.DEFAULT, _alter(key, schema, f"NO INHERIT {parent}", f"INHERIT {parent}"))
        for parent in (name for name in new if name not in old):
            # after the checks of the parent, which the table must have
            planner.create(
                Makes.FOREIGN_KEY, _alter(key, schema, f"INHERIT {parent}", f"NO INHERIT {parent}")
            )

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of a table that nobody declared."""
        grant.revoke_default_grants_in_downgrade(sides, planner, key)
        dropped_table.note_losses(sides, planner, key)
        drop = DropWholeTableOp(dropped_table.creation(sides, planner, key))
        planner.drop(Drops.TABLE, drop, order=-dropped_table.creation_order(sides, key))
        partition.attach_in_downgrade(sides, planner, key)
        for other in sides.of_table(key.schema, key.name):
            foreign_key = other.kind == "constraint" and sides.reflected[other].startswith("FOREIGN KEY")
            if foreign_key and not partition.belongs_to_parent(sides, other):
                constraint.ConstraintComparator().drop(sides, planner, other)


def _create_table(table: Table, later: set[ForeignKeyConstraint]) -> ops.CreateTableOp:
    operation = ops.CreateTableOp.from_table(table)
    operation.columns = [
        _without_serial(item, later) if isinstance(item, Column) else item
        for item in [*operation.columns, *_checks_of_columns(table)]
        if item not in later
        # SQLAlchemy's copy of a constraint, which Alembic renders, has lost the operator classes
        and not (isinstance(item, ExcludeConstraint) and item.ops)
    ]
    heir.keep_unquoted(operation)
    return operation


def _later_keys(sides: Sides, planner: Planner, table: Table, order: int) -> set[ForeignKeyConstraint]:
    """The foreign keys that cannot be created with the table; of the unnamed ones all or none."""
    foreign_keys = table.foreign_key_constraints
    later = {
        fk
        for fk in foreign_keys
        if fk.use_alter or _refers_to_later(sides, planner, fk, order) or not _refers_to_a_key(fk)
    }
    if any(constraint_name(fk) is None for fk in later):
        later |= {fk for fk in foreign_keys if constraint_name(fk) is None}
    return later


def _parameter(name: str, side: dict[str, str]) -> str:
    return f"SET ({name}={side[name]})" if name in side else f"RESET ({name})"


def _alterations(new: dict[str, Any], old: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that change what is stored, each with its inverse."""
    persistence = ["SET UNLOGGED" if "prefixes" in side else "SET LOGGED" for side in (new, old)]
    if persistence[0] != persistence[1]:
        yield persistence[0], persistence[1]
    after, before = (side.get("postgresql_with", {}) for side in (new, old))
    for name in sorted({*after, *before}):
        if after.get(name) != before.get(name):
            yield _parameter(name, after), _parameter(name, before)


def _alter(key: Key, schema: str | None, action: str, undo: str) -> CallOp:
    call = CallOp("alter_table", key.name, action, schema=schema)
    return call.undone_by("alter_table", key.name, undo, schema=schema)


def _add_unnamed_keys(sides: Sides, planner: Planner, table: Key) -> None:
    """Plans the foreign keys without a name under the names that PostgreSQL chose: a downgrade needs them."""
    for key, definition in sides.declared.items():
        if (
            key[:3] == ("constraint", table.schema, table.name)
            and definition.startswith("FOREIGN KEY")
            and sides.metadata.constraint(key) is None
        ):
            constraint.add_printed(sides, planner, key)


def _checks_of_columns(table: Table) -> list[CheckConstraint]:
    """The checks that are in a column, which Alembic does not render, as checks of the table."""
    return [
        CheckConstraint(check.sqltext, name=check.name, **check.dialect_kwargs)
        for column in table.columns
        for check in column.constraints
        if isinstance(check, CheckConstraint)
    ]


def _refers_to_later(sides: Sides, planner: Planner, fk: ForeignKeyConstraint, order: int) -> bool:
    """True if the referred table is created later, or exists and gets its columns or keys later."""
    place = (fk.referred_table.schema or sides.metadata.default_schema, fk.referred_table.name)
    unready = any(
        key[1:3] == place and key.kind in {"column", "constraint", "index"}
        for key in planner.changed | planner.dropped
    )
    exists = Key("table", place[0], None, place[1]) in sides.reflected
    # a table of another metadata exists already
    return sides.metadata.table_order.get(place, -1) > order or (exists and unready)


def _refers_to_a_key(fk: ForeignKeyConstraint) -> bool:
    """True if the referred table is created with the key; a unique index is created after all tables."""
    columns = {element.column.name for element in fk.elements}
    return any(
        isinstance(key, (PrimaryKeyConstraint, UniqueConstraint))
        and {column.name for column in key.columns} == columns
        for key in fk.referred_table.constraints
    )


def _without_serial(column: Column[Any], later: set[ForeignKeyConstraint]) -> Column[Any]:
    """The column, or a copy that says that it is no SERIAL, where the CREATE TABLE no longer shows that.

    A generated revision names no sequence of the metadata, and a foreign key that waits for another table is
    not in the CREATE TABLE. SQLAlchemy makes an integer key with neither a SERIAL.
    """
    waiting = any(key.constraint in later for key in column.foreign_keys)
    if not column.primary_key or not (
        isinstance(column.default, Sequence) or (waiting and column.autoincrement == "auto")
    ):
        return column
    copy: Column[Any] = upstream.copied(column)
    copy.autoincrement = False
    return copy
