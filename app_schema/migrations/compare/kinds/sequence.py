"""Sequences: those that nobody owns, and those that an identity or a serial column owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Computed, Identity

from app_schema.ddl import Key, Sequence
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Makes
from app_schema.ddl.sequence import PrintedSequence, name_of_serial
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.numbering import BOUNDS, identity, serial, source
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


class SequenceComparator(KindComparator):
    def undeclared_with_owner(self, sides: Sides, key: Key) -> bool:
        """A sequence that a column owns, unless the column is declared without one; that of an identity is
        dropped with the identity."""
        column = PrintedSequence.of(sides.reflected[key]).column
        if column is None:
            return super().undeclared_with_owner(sides, key)
        declared = column in sides.reflected and column in sides.declared
        return not declared or source(sides, sides.reflected, column) == "identity"

    def added(self, sides: Sides, planner: Planner, key: Key, declared: str) -> None:
        """Plans a sequence that is absent; one that a column owns is created with the column."""
        if PrintedSequence.of(declared).column is None:
            planner.create(Makes.TYPE, CreateObjectOp(sides.reflect(key, declared)))

    def changed(self, sides: Sides, planner: Planner, key: Key, declared: str, reflected: str) -> None:
        """Plans other options; those of a column that changes are a part of its change."""
        new, old = PrintedSequence.of(declared), PrintedSequence.of(reflected)
        if new.statement == old.statement:
            if new.column is None:
                raise refusal.different(declared, reflected)
            return  # PostgreSQL changes the sequence of a column with its table
        column = new.column or old.column
        if column in planner.changed:
            return
        if column is None or not PrintedColumn.of(sides.reflected[column]).identity:
            _replace(sides, planner, key)
        else:
            set_identity(sides, planner, column)

    def removed(self, sides: Sides, planner: Planner, key: Key, reflected: str) -> None:
        """Plans the drop of a sequence; the revision says that the downgrade creates it without UNLOGGED."""
        super().removed(sides, planner, key, reflected)
        if PrintedSequence.of(reflected).unlogged:
            planner.note(f"the downgrade creates {key.label} without UNLOGGED: restore it by hand")


def set_identity(sides: Sides, planner: Planner, column: Key) -> None:
    """Plans other options of an identity, where they still differ when the type is the declared one."""
    if own_type(sides, column):  # no option of an identity sets the type of its sequence
        _set_type(sides, planner, column)
        return
    new, old = (identity(sides, side, column) for side in (sides.declared, sides.reflected))
    if new == old:
        return
    change = change_server_default(sides, column, Identity(**new), Identity(**old))
    if (new.get("increment", 1) < 0) == (old.get("increment", 1) < 0):
        planner.create(Makes.ALTERED, change)
        return
    # with the opposite direction the sequence starts again
    inverse, onwards = DowngradeOnlyOp(advance(sides, column)), advance(sides, column)
    planner.create(Makes.ALTERED, inverse, change, onwards)


def own_type(sides: Sides, column: Key) -> str:
    """The type of the sequence of a reflected identity, if ALTER SEQUENCE has set another than the column's;
    else empty."""
    key = sides.owned_sequence(sides.reflected, column)
    part = PrintedColumn.of(sides.reflected[column])
    type_ = PrintedSequence.of(sides.reflected[key]).type if key is not None else part.type
    return type_ if part.identity and type_ != part.type and part.type in BOUNDS else ""


def _set_type(sides: Sides, planner: Planner, column: Key) -> None:
    declared, key = (sides.owned_sequence(side, column) for side in (sides.declared, sides.reflected))
    assert declared is not None
    assert key is not None
    new, old = (
        Sequence(key.name, PrintedSequence.of(text).options, owner_follows=True, schema=key.schema)
        for text in (sides.declared[declared], sides.reflected[key])
    )
    planner.create(Makes.ALTERED, ReplaceObjectOp(new, old))


def change_server_default(
    sides: Sides, column: Key, new: Computed | Identity | None, old: Computed | Identity | None
) -> CallOp:
    """The call that gives a column another identity or generated expression, or drops its identity."""
    table, name, schema = column.table, column.name, sides.schema(column)
    call = CallOp("alter_column", table, name, server_default=new, existing_server_default=old, schema=schema)
    return call.undone_by(
        "alter_column", table, name, server_default=old, existing_server_default=new, schema=schema
    )


def own_of_serial(sides: Sides, column: Key) -> tuple[Sequence, Sequence] | None:
    """The sequence of a serial column, not owned yet and owned, where serial alone would create another."""
    side = sides.reflected
    key = sides.owned_sequence(side, column) if serial(sides, side, column) is not None else None
    if key is None:
        return None
    printed = PrintedSequence.of(side[key])
    type_ = PrintedColumn.of(side[column]).type
    default_options = f"AS {type_} START 1 INCREMENT 1 MINVALUE 1 MAXVALUE {BOUNDS[type_][1]} CACHE 1"
    chosen = name_of_serial(column.table or "", column.name)
    if (key.schema, key.name, printed.options) == (column.schema, chosen, default_options):
        return None
    free = Sequence(key.name, printed.options, owner_follows=True, schema=key.schema)
    return free, Sequence(key.name, printed.statement, schema=key.schema)


def create_owned(sides: Sides, planner: Planner, column: Key) -> None:
    """Plans the sequence of a column that is to be serial, before its default."""
    key = sides.owned_sequence(sides.declared, column)
    assert key is not None
    reflected = sides.reflected
    of_identity = sides.owned_sequence(reflected, column) == key
    of_identity &= "identity" in source(sides, reflected, column)
    if key not in sides.reflected or of_identity:
        new = sides.reflect(key, sides.declared[key])
        planner.create(Makes.ALTERED, CreateObjectOp(new))
    elif sides.reflected[key] != sides.declared[key]:
        _replace(sides, planner, key)


def drop_owned(sides: Sides, planner: Planner, column: Key) -> None:
    """Plans the drop of the sequence of a serial column, where an identity is to have one of its name."""
    key = sides.owned_sequence(sides.reflected, column)
    if key is not None and key in sides.declared:
        old = sides.reflect(key, sides.reflected[key])
        planner.create(Makes.STRIPPED, DropObjectOp(old))


def advance(sides: Sides, column: Key) -> CallOp:
    """The call that sets the column's sequence past the values of the column."""
    return CallOp("advance_sequence", column.table, column.name, schema=sides.schema(column))


def _replace(sides: Sides, planner: Planner, key: Key) -> None:
    new, old = (sides.reflect(key, side[key]) for side in (sides.declared, sides.reflected))
    planner.create(Makes.ALTERED, ReplaceObjectOp(new, old))
