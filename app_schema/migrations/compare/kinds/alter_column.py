"""Columns that change in place: type, default, nullability, identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Identity

from app_schema.catalog.cast import using
from app_schema.ddl import Key
from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.printed import TableConstraint
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.sql import ident
from app_schema.migrations.compare import keys, numbering, refusal
from app_schema.migrations.compare.kinds import sequence
from app_schema.migrations.directives import CallOp, DowngradeOnlyOp, Retyped
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides


def alter(sides: Sides, planner: Planner, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Plans the changes of a column that is generated on neither side.

    :raises ModelError: if the sequence of an identity has another type, and the column gets a new one.
    """
    if (new.type, bool(new.identity)) != (old.type, True) and (own_type := sequence.own_type(sides, key)):
        raise refusal.other_sequence_type(own_type, old.type)
    _drop_reflected(sides, planner, key, new, old)
    if new.type != old.type:
        _change_type(sides, planner, key, new, old)
    _set_declared(sides, planner, key, new, old)


def _drop_reflected(sides: Sides, planner: Planner, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Drops identity, default and sequence, which prevent a change of the type."""
    new_source, old_source = (
        numbering.source(sides, side, key) for side in (sides.declared, sides.reflected)
    )
    if old_source and new_source != old_source:
        planner.create(Makes.STRIPPED, DowngradeOnlyOp(sequence.advance(sides, key)))
    if old_source == "identity" != new_source:
        old_identity = Identity(**numbering.identity(sides, sides.reflected, key))
        planner.create(Makes.STRIPPED, sequence.change_server_default(sides, key, None, old_identity))
    dropped = keys.default(key) in planner.dropped
    if old.how and (new.rule, new.type) != (old.rule, old.type) and not (dropped or _in_place(new, old)):
        planner.create(Makes.STRIPPED, _default(sides, key, None, old.default))
    if old_source == "serial" and new_source != "serial":
        sequence.drop_owned(sides, planner, key)


def _set_declared(sides: Sides, planner: Planner, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Sets the declared identity, default and nullability of the column."""
    new_source, old_source = (
        numbering.source(sides, side, key) for side in (sides.declared, sides.reflected)
    )
    if new_source == "serial":
        sequence.create_owned(sides, planner, key)
    dropped = keys.default(key) in planner.dropped
    if new.how and ((new.rule, new.type) != (old.rule, old.type) or dropped):
        replaced = old.default if _in_place(new, old) and not dropped else None
        planner.create(Makes.ALTERED, _default(sides, key, new.default, replaced))
    if old.unproved and not new.unproved:
        planner.create(Makes.ALTERED, _prove(sides, key, nullable=new.nullable))
    elif new.nullable != old.nullable:
        _change_nullable(sides, planner, key, nullable=new.nullable)
    if new_source == old_source == "identity":
        sequence.set_identity(sides, planner, key)
    elif new_source == "identity":
        identity = sides.column(key).identity
        planner.create(Makes.ALTERED, sequence.change_server_default(sides, key, identity, None))
    if new_source and new_source != old_source:
        planner.create(Makes.ALTERED, sequence.advance(sides, key))


def _in_place(new: PrintedColumn, old: PrintedColumn) -> bool:
    """True if a default replaces another, and no change in between depends on the old default."""
    return bool(new.how and old.how) and new.type == old.type and "nextval(" not in old.expression


def drop_default(sides: Sides, planner: Planner, key: Key, *, again: bool) -> None:
    """Plans the drop of a default before its functions change; ``again``: the default is set again."""
    planner.dropped.add(keys.default(key))
    default = PrintedColumn.of(sides.reflected[key]).default
    planner.drop(Drops.DEFAULT, _default(sides, key, None, default))
    if again:  # after the functions that the default may call
        planner.create(Makes.TRIGGER, _default(sides, key, default, None))


def _default(sides: Sides, key: Key, new: Any, old: Any) -> CallOp:
    return _alter(sides, key, {"server_default": new}, {"server_default": old})


def _alter(sides: Sides, key: Key, new: dict[str, Any], old: dict[str, Any]) -> CallOp:
    schema = sides.schema(key)
    call = CallOp("alter_column", key.table, key.name, schema=schema, **new)
    return call.undone_by("alter_column", key.table, key.name, schema=schema, **old)


def _change_type(sides: Sides, planner: Planner, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    def clause(target: PrintedColumn, source: PrintedColumn) -> str | None:
        return using(sides.casts, key.name, source.bare_type, target.bare_type, sides.zone)

    types = PrintedType(new.type), PrintedType(old.type)
    column = Retyped(key.name, *types, clause(new, old), clause(old, new))
    planner.plan.retype(key.table or "", sides.schema(key), column)


def set_nullable(sides: Sides, key: Key, *, nullable: bool) -> CallOp:
    """The call that allows NULL or forbids it; SET NOT NULL reads the whole table under its lock."""
    return _alter(sides, key, {"nullable": nullable}, {"nullable": not nullable})


def _change_nullable(sides: Sides, planner: Planner, key: Key, *, nullable: bool) -> None:
    call, schema = set_nullable(sides, key, nullable=nullable), sides.schema(key)
    if nullable or not planner.spares_writers(key):
        planner.create(Makes.ALTERED, call)
        return
    # a validated CHECK spares SET NOT NULL the scan under its ACCESS EXCLUSIVE lock
    name = f"{key.table}_{key.name}_is_set"[-63:]
    definition = f"CHECK (({ident(key.name)} IS NOT NULL))"
    check = TableConstraint(name, f"{definition} NOT VALID", table=key.table, schema=schema)
    valid = TableConstraint(name, definition, table=key.table, schema=schema)
    validate = CallOp("validate_constraint", name, key.table, schema=schema)
    planner.create(Makes.ALTERED, CreateObjectOp(check), validate, call, DropObjectOp(valid))


def _prove(sides: Sides, key: Key, *, nullable: bool) -> CallOp:
    """The call that validates a NOT NULL that applies only to new rows, or drops it; `NotNullComparator`
    plans what creates it again."""
    if nullable:
        return CallOp("alter_column", key.table, key.name, schema=sides.schema(key), nullable=True)
    return set_nullable(sides, key, nullable=False)
