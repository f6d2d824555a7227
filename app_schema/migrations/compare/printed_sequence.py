"""Sequences as a snapshot prints them, and the columns that take their values from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app_schema.ddl import Key
from app_schema.migrations.compare.printed_column import parts

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot

UNLOGGED = "UNLOGGED "
OWNED_BY = " OWNED BY "
BOUNDS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_OPTIONS = re.compile(
    r"AS \w+ START (?P<start>-?\d+) INCREMENT (?P<increment>-?\d+) MINVALUE (?P<minvalue>-?\d+) MAXVALUE "
    r"(?P<maxvalue>-?\d+) CACHE (?P<cache>\d+)"
)
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


def owner(definition: str) -> Key | None:
    """The column that owns a sequence."""
    _, owned_by, place = definition.partition(OWNED_BY)
    return Key("column", *names(place)) if owned_by else None


def names(printed: str) -> list[str]:
    """The parts of a name such as ``public."A".id``, as they are without quotes."""
    return [quoted.replace('""', '"') or bare for quoted, bare in _NAME.findall(printed)]


def owned(side: Snapshot, column: Key) -> Key | None:
    """The sequence that a column owns."""
    return next((key for key in side if key.kind == "sequence" and owner(side[key]) == column), None)


def identity(side: Snapshot, column: Key) -> dict[str, Any]:
    """The arguments of a column's ``Identity``: the options of its sequence that are not the usual ones."""
    part = parts(side[column])
    key = owned(side, column)
    match = _OPTIONS.match(side[key]) if key is not None else None
    options: dict[str, Any] = {name: int(value) for name, value in match.groupdict().items()} if match else {}
    rising = options.get("increment", 1) > 0
    least, greatest = BOUNDS.get(part.type, (None, None))
    low, high = (1, greatest) if rising else (least, -1)
    start = options.get("minvalue" if rising else "maxvalue")
    usual = {"start": start, "increment": 1, "minvalue": low, "maxvalue": high, "cache": 1}
    unusual = {name: value for name, value in options.items() if value != usual[name]}
    always = {"always": True} if "ALWAYS" in part.identity else {}
    cycle = {"cycle": True} if key is not None and " CYCLE" in side[key] else {}
    return {**always, **unusual, **cycle}


def serial(side: Snapshot, column: Key) -> str | None:
    """The pseudo type of a column whose default is the next value of its own sequence."""
    part = parts(side[column])
    counts = not part.identity and part.expression.startswith("nextval(")
    return _SERIALS.get(part.type) if counts and owned(side, column) is not None else None


def source(side: Snapshot, column: Key) -> str:
    """What gives a column its numbers: ``identity``, ``serial``, the next value of a sequence that nobody
    owns, as the default says, or nothing."""
    part = parts(side[column])
    if part.identity:
        return "identity"
    if serial(side, column):
        return "serial"
    return part.expression if part.expression.startswith("nextval(") else ""
