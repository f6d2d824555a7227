"""Sequences: those that stand alone, and those that an identity or a serial column owns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, Identity

from app_schema.catalog import Snapshot
from app_schema.ddl import Key, Sequence
from app_schema.migrations.compare import refusal
from app_schema.migrations.compare.printed_column import parts
from app_schema.migrations.directives import CallOp, Makes, OnTheWayBackOp
from app_schema.migrations.operations import CreateObjectOp, DropObjectOp, ReplaceObjectOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_OPTIONS = re.compile(
    r"AS \w+ START (?P<start>-?\d+) INCREMENT (?P<increment>-?\d+) MINVALUE (?P<minvalue>-?\d+) MAXVALUE "
    r"(?P<maxvalue>-?\d+) CACHE (?P<cache>\d+)"
)
_UNLOGGED = "UNLOGGED "
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


_BOUNDS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a sequence that is absent; one that a column owns comes with the column."""
    if owner(wanted) is None:
        comparison.plan.make(Makes.TYPE, CreateObjectOp(comparison.reflect(key, wanted)))


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans other options; those of a column that changes are a part of its change."""
    if wanted.removeprefix(_UNLOGGED) == found.removeprefix(_UNLOGGED):
        if owner(wanted) is None:
            raise refusal.different(wanted, found)
        return  # the sequence of a column follows its table
    column = owner(wanted) or owner(found)
    if column in comparison.changed:
        return
    if column is None or not parts(comparison.found[column]).identity:
        _replace(comparison, key)
    else:
        set_identity(comparison, column)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans the drop of a sequence that nobody declared."""
    comparison.take(key, found)


def owner(definition: str) -> Key | None:
    """The column that owns a sequence."""
    _, owned, place = definition.partition(" OWNED BY ")
    return Key("column", *names(place)) if owned else None


def names(printed: str) -> list[str]:
    """The parts of a name such as ``public."A".id``, as they are without quotes."""
    return [quoted.replace('""', '"') or bare for quoted, bare in _NAME.findall(printed)]


def owned(side: Snapshot, column: Key) -> Key | None:
    """The sequence that a column owns."""
    return next((key for key in side if key.kind == "sequence" and owner(side[key]) == column), None)


def identity(side: Snapshot, column: Key) -> dict[str, Any]:
    """The arguments of a column's ``Identity``: what is said of its sequence that is not as usual."""
    part = parts(side[column])
    key = owned(side, column)
    match = _OPTIONS.match(side[key]) if key is not None else None
    found: dict[str, Any] = {name: int(value) for name, value in match.groupdict().items()} if match else {}
    rising = found.get("increment", 1) > 0
    least, greatest = _BOUNDS.get(part.type, (None, None))
    low, high = (1, greatest) if rising else (least, -1)
    start = found.get("minvalue" if rising else "maxvalue")
    usual = {"start": start, "increment": 1, "minvalue": low, "maxvalue": high, "cache": 1}
    told = {name: value for name, value in found.items() if value != usual[name]}
    always = {"always": True} if "ALWAYS" in part.identity else {}
    cycle = {"cycle": True} if key is not None and " CYCLE" in side[key] else {}
    return {**always, **told, **cycle}


def set_identity(comparison: Comparison, column: Key) -> None:
    """Plans other options of an identity, where they differ still when the type is the declared one."""
    new, old = (identity(side, column) for side in (comparison.wanted, comparison.found))
    if new == old:
        return
    change = change_server_default(comparison, column, Identity(**new), Identity(**old))
    if (new.get("increment", 1) < 0) == (old.get("increment", 1) < 0):
        comparison.plan.make(Makes.ALTERED, change)
        return
    # counted the other way it begins anew
    back, onwards = OnTheWayBackOp(advance(comparison, column)), advance(comparison, column)
    comparison.plan.make(Makes.ALTERED, back, change, onwards)


def change_server_default(
    comparison: Comparison, column: Key, new: Computed | Identity | None, old: Computed | Identity | None
) -> CallOp:
    """The call that gives a column another identity or generated expression, or takes its identity away."""
    table, name, schema = column.table, column.name, comparison.schema(column)
    call = CallOp("alter_column", table, name, server_default=new, existing_server_default=old, schema=schema)
    return call.undone_by(
        "alter_column", table, name, server_default=old, existing_server_default=new, schema=schema
    )


def serial(side: Snapshot, column: Key) -> str | None:
    """The pseudo type of a column whose default is the next value of its own sequence."""
    part = parts(side[column])
    takes = not part.identity and part.expression.startswith("nextval(")
    return _SERIALS.get(part.type) if takes and owned(side, column) is not None else None


def kept(comparison: Comparison, column: Key) -> tuple[Sequence, Sequence] | None:
    """The sequence of a serial column, not owned yet and owned, where serial alone would make another one."""
    key = owned(comparison.found, column) if serial(comparison.found, column) is not None else None
    if key is None:
        return None
    options, by, owner_ = comparison.found[key].removeprefix(_UNLOGGED).partition(" OWNED BY ")
    type_ = parts(comparison.found[column]).type
    usual = f"AS {type_} START 1 INCREMENT 1 MINVALUE 1 MAXVALUE {_BOUNDS[type_][1]} CACHE 1"
    if (key.schema, key.name, options) == (column.schema, f"{column.table}_{column.name}_seq", usual):
        return None
    free = Sequence(key.name, options, owner_follows=True, schema=key.schema)
    return free, Sequence(key.name, options + by + owner_, schema=key.schema)


def counts(side: Snapshot, column: Key) -> str:
    """Where a column takes its numbers from: ``identity``, ``serial``, the next value of a sequence that
    stands alone, as the default says, or nowhere."""
    part = parts(side[column])
    if part.identity:
        return "identity"
    if serial(side, column):
        return "serial"
    return part.expression if part.expression.startswith("nextval(") else ""


def provide(comparison: Comparison, column: Key) -> None:
    """Plans the sequence of a column that is to be serial, before its default."""
    key = owned(comparison.wanted, column)
    assert key is not None
    goes_with_identity = owned(comparison.found, column) == key and "identity" in counts(
        comparison.found, column
    )
    if key not in comparison.found or goes_with_identity:
        new = comparison.reflect(key, comparison.wanted[key])
        comparison.plan.make(Makes.ALTERED, CreateObjectOp(new))
    elif comparison.found[key] != comparison.wanted[key]:
        _replace(comparison, key)


def dismiss(comparison: Comparison, column: Key) -> None:
    """Plans that the sequence of a serial column goes, where an identity is to have one of its name."""
    key = owned(comparison.found, column)
    if key is not None and key in comparison.wanted:
        old = comparison.reflect(key, comparison.found[key])
        comparison.plan.make(Makes.STRIPPED, DropObjectOp(old))


def advance(comparison: Comparison, column: Key) -> CallOp:
    """The call that sets the column's sequence past the values that are there."""
    return CallOp("advance_sequence", column.table, column.name, schema=comparison.schema(column))


def _replace(comparison: Comparison, key: Key) -> None:
    new, old = (comparison.reflect(key, side[key]) for side in (comparison.wanted, comparison.found))
    comparison.plan.make(Makes.ALTERED, ReplaceObjectOp(new, old))
