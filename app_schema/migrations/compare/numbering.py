"""The source of the numbers of a column: an identity, or the sequence of a serial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sequence import PrintedSequence

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot
    from app_schema.ddl import Key
    from app_schema.migrations.compare.sides import Sides

BOUNDS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


def identity(sides: Sides, side: Snapshot, column: Key) -> dict[str, Any]:
    """The arguments of a column's ``Identity``: the options of its sequence that differ from the defaults.

    Without limits outside of the column's type: ALTER SEQUENCE ... AS has given another type to the sequence.
    """
    part = PrintedColumn.of(side[column])
    key = sides.owned_sequence(side, column)
    sequence = PrintedSequence.of(side[key]) if key is not None else None
    options = sequence.numbers if sequence is not None else {}
    rising = options.get("increment", 1) > 0
    least, greatest = BOUNDS.get(part.type, (None, None))
    low, high = (1, greatest) if rising else (least, -1)
    start = options.get("minvalue" if rising else "maxvalue")
    defaults = {"start": start, "increment": 1, "minvalue": low, "maxvalue": high, "cache": 1}
    unusual = {name: value for name, value in options.items() if value != defaults[name]}
    if least is not None and greatest is not None:
        unusual = {name: value for name, value in unusual.items() if least <= value <= greatest}
    always = {"always": True} if "ALWAYS" in part.identity else {}
    cycle = {"cycle": True} if sequence is not None and sequence.cycle else {}
    return {**always, **unusual, **cycle}


def serial(sides: Sides, side: Snapshot, column: Key) -> str | None:
    """The pseudo type of a column whose default is the next value of a sequence that the column owns."""
    part = PrintedColumn.of(side[column])
    counts = not part.identity and part.expression.startswith("nextval(")
    return _SERIALS.get(part.type) if counts and sides.owned_sequence(side, column) is not None else None


def source(sides: Sides, side: Snapshot, column: Key) -> str:
    """The source of a column's numbers: ``identity``, ``serial``, the default if it is the next value of an
    unowned sequence, or empty."""
    part = PrintedColumn.of(side[column])
    if part.identity:
        return "identity"
    if serial(sides, side, column):
        return "serial"
    return part.expression if part.expression.startswith("nextval(") else ""
