"""Columns that change in place: type, default, nullability, identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Identity, text

from app_schema.catalog.cast import using
from app_schema.ddl import Key
from app_schema.ddl.printed import PrintedType, TableConstraint
from app_schema.ddl.sql import ident, qualified
from app_schema.migrations.compare import sequence
from app_schema.migrations.compare.printed_column import PrintedColumn, parts
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp, Retyped
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def alter(comparison: Comparison, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Plans what makes a found column the declared one, where neither is generated."""
    _strip(comparison, key, new, old)
    if new.type != old.type:
        _change_type(comparison, key, new.type, old.type)
    _equip(comparison, key, new, old)


def _strip(comparison: Comparison, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Takes away what stands in the way of another type: identity, default, sequence."""
    now, before = (sequence.counts(side, key) for side in (comparison.wanted, comparison.found))
    if before and now != before:
        comparison.plan.make(Makes.STRIPPED, OnTheWayBackOp(sequence.advance(comparison, key)))
    if before == "identity" != now:
        old_identity = Identity(**sequence.identity(comparison.found, key))
        comparison.plan.make(
            Makes.STRIPPED, sequence.change_server_default(comparison, key, None, old_identity)
        )
    if old.how and (new.rule, new.type) != (old.rule, old.type) and not _taken(comparison, key):
        comparison.plan.make(Makes.STRIPPED, _default(comparison, key, None, old.default))
    if before == "serial" and now != "serial":
        sequence.dismiss(comparison, key)


def _equip(comparison: Comparison, key: Key, new: PrintedColumn, old: PrintedColumn) -> None:
    """Gives the column what it is declared with."""
    now, before = (sequence.counts(side, key) for side in (comparison.wanted, comparison.found))
    if now == "serial":
        sequence.provide(comparison, key)
    if new.how and ((new.rule, new.type) != (old.rule, old.type) or _taken(comparison, key)):
        comparison.plan.make(Makes.ALTERED, _default(comparison, key, new.default, None))
    if old.unproved:
        _prove(comparison, key, nullable=new.nullable)
    elif new.nullable != old.nullable:
        _change_nullable(comparison, key, nullable=new.nullable)
    if now == before == "identity":
        sequence.set_identity(comparison, key)
    elif now == "identity":
        identity = comparison.column(key).identity
        comparison.plan.make(Makes.ALTERED, sequence.change_server_default(comparison, key, identity, None))
    if now and now != before:
        comparison.plan.make(Makes.ALTERED, sequence.advance(comparison, key))


def take_default(comparison: Comparison, key: Key, found: str, *, again: bool) -> None:
    """Plans that a default goes before what it reads is changed, and ``again`` that the same comes back."""
    comparison.gone.add(Key("default", *key[1:]))
    default = parts(found).default
    comparison.plan.drop(Drops.DEFAULT, _default(comparison, key, None, default))
    if again:  # after the functions that it may call
        comparison.plan.make(Makes.TRIGGER, _default(comparison, key, default, None))


def _taken(comparison: Comparison, key: Key) -> bool:
    return Key("default", *key[1:]) in comparison.gone


def _default(comparison: Comparison, key: Key, new: Any, old: Any) -> CallOp:
    return _alter(comparison, key, {"server_default": new}, {"server_default": old})


def _alter(comparison: Comparison, key: Key, new: dict[str, Any], old: dict[str, Any]) -> CallOp:
    schema = comparison.schema(key)
    call = CallOp("alter_column", key.table, key.name, schema=schema, **new)
    return call.undone_by("alter_column", key.table, key.name, schema=schema, **old)


def _change_type(comparison: Comparison, key: Key, new: str, old: str) -> None:
    def clause(wanted: str, found: str) -> str | None:
        source, target = (type_.partition(" COLLATE ")[0] for type_ in (found, wanted))
        return using(comparison.connection, key.name, source, target, comparison.zone())

    column = Retyped(key.name, PrintedType(new), PrintedType(old), clause(new, old), clause(old, new))
    comparison.plan.retype(key.table or "", comparison.schema(key), column)


def set_nullable(comparison: Comparison, key: Key, *, nullable: bool) -> CallOp:
    """The call that takes NULL, or no longer; SET NOT NULL reads the whole table under its lock."""
    return _alter(comparison, key, {"nullable": nullable}, {"nullable": not nullable})


def _change_nullable(comparison: Comparison, key: Key, *, nullable: bool) -> None:
    make, schema = comparison.plan.make, comparison.schema(key)
    if nullable or not comparison.has_rows(key):
        make(Makes.ALTERED, set_nullable(comparison, key, nullable=nullable))
        return
    # a validated CHECK spares SET NOT NULL the scan under its ACCESS EXCLUSIVE lock
    name = f"{key.table}_{key.name}_is_set"[-63:]
    check = TableConstraint(
        name, f"CHECK (({ident(key.name)} IS NOT NULL)) NOT VALID", table=key.table, schema=schema
    )
    valid = TableConstraint(name, f"CHECK (({ident(key.name)} IS NOT NULL))", table=key.table, schema=schema)
    make(Makes.ALTERED, CreateObjectOp(check), CallOp("validate_constraint", name, key.table, schema=schema))
    make(Makes.ALTERED, set_nullable(comparison, key, nullable=False), DropObjectOp(valid))


_UNPROVED = text("""\
SELECT t.conname FROM pg_catalog.pg_constraint AS t
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.conrelid AND a.attnum = ANY (t.conkey)
 WHERE t.conrelid = to_regclass(:table) AND a.attname = :column AND t.contype = 'n' AND NOT t.convalidated""")


def _prove(comparison: Comparison, key: Key, *, nullable: bool) -> None:
    """Validates a NOT NULL that holds for new rows alone, or takes it away; the undo brings it back."""
    table, schema = key.table, comparison.schema(key)
    found = {"table": qualified(table or "", key.schema), "column": key.name}
    name = comparison.connection.execute(_UNPROVED, found).scalar_one()
    proved = f"NOT NULL {ident(key.name)}"
    if nullable:
        call = CallOp("alter_column", table, key.name, schema=schema, nullable=True)
        undo = CallOp("create_table_constraint", name, table, f"{proved} NOT VALID", schema=schema)
    else:
        call = CallOp("validate_constraint", name, table, schema=schema)
        undo = CallOp(
            "replace_table_constraint",
            name,
            table,
            f"{proved} NOT VALID",
            old={"definition": proved},
            schema=schema,
        )
    call.undo, undo.undo = undo, call
    comparison.plan.make(Makes.ALTERED, call)
