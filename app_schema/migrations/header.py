"""The header of a generated revision: its operations, their locks and their losses."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from app_schema.catalog.cast import AT_ZONE, RANGES, STRINGS, crosses_zone, element
from app_schema.catalog.exact import TIMES, is_exact
from app_schema.migrations.layout import WIDTH
from app_schema.migrations.operation import HELD, REFERRED, STRENGTH, Operation, Place
from app_schema.migrations.recording import operations_of

_TOLD = STRENGTH[1:-1]
"""The locks that the header tells: those of DDL, the weakest first."""


def header(upgrades: str, downgrades: str) -> str:
    """The paragraphs of the docstring of a revision with this code."""
    up, down = operations_of(upgrades), operations_of(downgrades)
    if not up:
        return "Locks: say which existing tables are locked, and how.\nDowngrade: say whether it loses data."
    counts = Counter(operation.name for operation in up)
    operations = ", ".join(f"{count} {name}" for name, count in counts.items())
    lines = [f"Does: {operations}.", f"Locks: {_locks(up)}."]
    retyped = [operation for operation in up if operation.retyped is not None]
    lines += [*_loses(up, down), *_fills(up), *_rewrites(retyped), *_depends(retyped)]
    converted = ", ".join(map(_column, retyped))
    lines.append(f"Downgrade: {_downgrade([*_dropped(down, up), *_narrowed(down)], converted)}.")
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)


def _column(operation: Operation) -> str:
    assert operation.table is not None
    return f"{operation.table[1]}.{operation.column}"


def _loses(operations: list[Operation], downgrade: list[Operation]) -> Iterator[str]:
    dropped, narrowed = list(_dropped(operations, downgrade)), list(_narrowed(operations))
    if dropped:
        yield (
            f"Loses data: {', '.join(dropped)}. The downgrade makes the object again, and cannot bring back "
            f"what was in it."
        )
    if narrowed:
        yield (
            f"Loses data: {', '.join(narrowed)}. app-schema plan counts the rows whose value does not come "
            f"back."
        )


def _fills(operations: list[Operation]) -> Iterator[str]:
    filled = [_column(operation) for operation in operations if operation.fills]
    if filled:
        yield (
            f"Rewrites: the table of {', '.join(filled)}, under its lock, since each row gets a value of its "
            f"own; large tables take their time."
        )


def _rewrites(retyped: list[Operation]) -> Iterator[str]:
    rewritten = [operation for operation in retyped if operation.rewrites]
    if rewritten:
        yield (
            f"Rewrites: {', '.join(map(_column, rewritten))} may be rewritten, under its "
            f"lock; large tables take their time. A value that the new type cannot hold stops the upgrade, "
            f"which then changes nothing."
        )
    by_text = [operation for operation in retyped if "::text::" in _using(operation)]
    if by_text:
        yield (
            f"No cast: {', '.join(map(_column, by_text))} is read anew from its text, "
            f"since PostgreSQL has no cast; write another postgresql_using= where that is not meant."
        )


def _depends(retyped: list[Operation]) -> Iterator[str]:
    """By what the values are converted that PostgreSQL converts by a setting."""
    zones: dict[str, list[str]] = {}
    for operation in retyped:
        if zone := AT_ZONE.search(_using(operation)):
            zones.setdefault(zone[1], []).append(_column(operation))
    for name, columns in zones.items():
        yield (
            f"Zone: {', '.join(columns)} is converted as local time at {name}; -x zone=Area/City of "
            f"autogenerate, or zone of adopt.toml, means another one."
        )
    if pinned := [_column(operation) for operation in retyped if _is_at_session_zone(operation)]:
        yield (
            f"Zone: {', '.join(pinned)} is converted as local time at UTC, the zone of every run; write "
            f"postgresql_using= where another one is meant."
        )
    if read := [_column(operation) for operation in retyped if _is_read(operation)]:
        yield (
            f"Settings: {', '.join(read)} is read or written as text, with DateStyle 'ISO, MDY', "
            f"IntervalStyle postgres and TimeZone UTC, as every run sets them."
        )


def _downgrade(lost: list[str], converted: str) -> str:
    loses = f"loses {', '.join(lost)}" if lost else "loses no data"
    return f"{loses}; converts {converted} back, as the values are then" if converted else loses


def _dropped(operations: Iterable[Operation], downgrade: Iterable[Operation]) -> Iterator[str]:
    """Objects that are dropped with their values; those of a generated column follow from other columns."""
    generated = {(operation.table, operation.column) for operation in downgrade if operation.generated}
    for operation in operations:
        if operation.name in HELD and operation.table is not None:
            yield HELD[operation.name].format(operation.table[1])
        elif operation.name == "drop_column" and (operation.table, operation.column) not in generated:
            yield f"the values of {_column(operation)}"


def _types(operation: Operation) -> tuple[str, str] | None:
    """The old and the new type, where the revision has both as PostgreSQL prints them."""
    retyped = operation.retyped
    if retyped is None or retyped.old is None or retyped.new is None:
        return None
    return retyped.old, retyped.new


def _using(operation: Operation) -> str:
    return (operation.retyped and operation.retyped.using) or ""


def _narrowed(operations: list[Operation]) -> Iterator[str]:
    """The columns whose new type does not hold all that the old one holds."""
    for operation in operations:
        types = _types(operation)
        if types is not None and not is_exact(*types, _using(operation) or None):
            yield f"what {types[0]} holds and {types[1]} does not, of {_column(operation)}"


def _is_at_session_zone(operation: Operation) -> bool:
    types = _types(operation)
    return types is not None and crosses_zone(*types) and not AT_ZONE.search(_using(operation))


def _is_read(operation: Operation) -> bool:
    old, new = map(element, _types(operation) or ("", ""))
    times = {*TIMES, *RANGES}
    is_named = AT_ZONE.search(_using(operation)) is not None
    return not is_named and ((old in STRINGS and new in times) or (old in times and new in STRINGS))


def _locks(operations: list[Operation]) -> str:
    created = {operation.table for operation in operations if operation.name == "create_table"}
    strongest: dict[Place, str] = {}
    for operation in operations:
        for table, lock in [
            (operation.table, operation.lock),
            *((referred, REFERRED) for referred in operation.referred),
        ]:
            if table is not None and lock in _TOLD and table not in created:
                strongest[table] = max(lock, strongest.get(table, lock), key=_TOLD.index)
    by_lock = {
        lock: sorted({table[1] for table, held in strongest.items() if held == lock})
        for lock in reversed(_TOLD)
    }
    return (
        "; ".join(f"{lock} on {', '.join(tables)}" for lock, tables in by_lock.items() if tables)
        or "no existing table"
    )
