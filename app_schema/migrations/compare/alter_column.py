"""Columns that change in place: type, default, nullability, identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, text

from app_schema.ddl import Key
from app_schema.ddl.printed import PrintedType, TableConstraint
from app_schema.ddl.sql import ident
from app_schema.migrations.compare import sequence
from app_schema.migrations.directives import CallOp, Makes
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def alter(comparison: Comparison, key: Key, new: dict[str, str | None], old: dict[str, str | None]) -> None:
    """Plans what makes a found column the declared one, where neither is generated."""
    make = comparison.plan.make
    column = comparison.column(key)
    type_changes = (new["type"], new["collation"]) != (old["type"], old["collation"])
    defaults = (new["how"], new["expression"]) != (old["how"], old["expression"])
    if new["identity"] != old["identity"] and old["identity"]:
        _change_identity(comparison, key, column, new, old)
    if old["how"] and (defaults or type_changes):
        make(
            Makes.ALTERED,
            _alter(comparison, key, {"server_default": None}, {"server_default": sql_default(old)}),
        )
    if type_changes:
        _change_type(comparison, key, new, old)
    if new["how"] and (defaults or type_changes):
        make(
            Makes.ALTERED,
            _alter(comparison, key, {"server_default": sql_default(new)}, {"server_default": None}),
        )
    if bool(new["not_null"]) != bool(old["not_null"]):
        _change_nullable(comparison, key, nullable=not new["not_null"])
    if new["identity"] != old["identity"] and not old["identity"]:
        _change_identity(comparison, key, column, new, old)


def _alter(comparison: Comparison, key: Key, new: dict[str, Any], old: dict[str, Any]) -> CallOp:
    schema = comparison.schema(key)
    call = CallOp("alter_column", key.table, key.name, schema=schema, **new)
    return call.undone_by("alter_column", key.table, key.name, schema=schema, **old)


def _change_type(
    comparison: Comparison, key: Key, new: dict[str, str | None], old: dict[str, str | None]
) -> None:
    new_type, old_type = (
        part["type"] + (f" COLLATE {part['collation']}" if part["collation"] else "")
        for part in (new, old)
        if part["type"]
    )
    cast = f"{ident(key.name)}::{{}}"
    comparison.plan.make(
        Makes.ALTERED,
        _alter(
            comparison,
            key,
            {
                "type_": PrintedType(new_type),
                "existing_type": PrintedType(old_type),
                "postgresql_using": _cast(cast, old["type"], new["type"]),
            },
            {
                "type_": PrintedType(old_type),
                "existing_type": PrintedType(new_type),
                "postgresql_using": _cast(cast, new["type"], old["type"]),
            },
        ),
    )


def _cast(cast: str, source: str | None, target: str | None) -> str:
    # by way of text there is a cast between any two types, as between two enums
    return cast.format(f"text::{target}" if source != target and "." in f"{source}{target}" else target)


def _change_nullable(comparison: Comparison, key: Key, *, nullable: bool) -> None:
    make, schema = comparison.plan.make, comparison.schema(key)
    if nullable or not comparison.has_rows(key):
        make(Makes.ALTERED, _alter(comparison, key, {"nullable": nullable}, {"nullable": not nullable}))
        return
    # a validated CHECK spares SET NOT NULL the scan under its ACCESS EXCLUSIVE lock
    name = f"{key.table}_{key.name}_is_set"[-63:]
    check = TableConstraint(
        name, f"CHECK (({ident(key.name)} IS NOT NULL)) NOT VALID", table=key.table, schema=schema
    )
    valid = TableConstraint(name, f"CHECK (({ident(key.name)} IS NOT NULL))", table=key.table, schema=schema)
    make(Makes.ALTERED, CreateObjectOp(check), CallOp("validate_constraint", name, key.table, schema=schema))
    make(Makes.ALTERED, _alter(comparison, key, {"nullable": False}, {"nullable": True}), DropObjectOp(valid))


def _change_identity(
    comparison: Comparison,
    key: Key,
    column: Column[Any],
    new: dict[str, str | None],
    old: dict[str, str | None],
) -> None:
    before = sequence.identity(comparison, key, old["identity"]) if old["identity"] else None
    after = column.identity if new["identity"] else None
    comparison.plan.make(
        Makes.ALTERED,
        _alter(
            comparison,
            key,
            {"server_default": after, "existing_server_default": before},
            {"server_default": before, "existing_server_default": after},
        ),
    )


def sql_default(part: dict[str, str | None]) -> Any:
    """The default as a text; None where there is none."""
    return None if part["how"] != "DEFAULT" else text((part["expression"] or "").replace(":", "\\:"))
