"""The changes of a type without loss: each value converts back, or PostgreSQL refuses the conversion."""

from __future__ import annotations

import re

from app_schema.catalog.cast import AT_ZONE, STRINGS, UTC, base

_INTEGERS = ("smallint", "integer", "bigint")
_FLOATS = ("real", "double precision")
_MOMENTS = ("date", "timestamp without time zone", "timestamp with time zone")
TIMES = (*_MOMENTS, "time without time zone", "time with time zone", "interval")
_EXACT = {
    ("cidr", "inet"),
    ("jsonb", "json"),
    ("macaddr", "macaddr8"),
    ("time without time zone", "interval"),
    ("smallint", "real"),
    ("smallint", "double precision"),
    ("integer", "double precision"),
    ("real", "double precision"),
    ("date", "timestamp without time zone"),
    ("date", "timestamp with time zone"),
    ("boolean", "integer"),
}
_BUILT_IN = {
    *(
        *STRINGS,
        *_INTEGERS,
        *_FLOATS,
        *TIMES,
        "numeric",
        "money",
        "boolean",
        "bytea",
        "uuid",
        "inet",
        "cidr",
    ),
    *("macaddr", "macaddr8", "jsonb", "bit", "bit varying", "point", "box", "circle", "line", "lseg", "path"),
    *("polygon", "tsvector", "tsquery", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "oid"),
    *("daterange", "name"),
}
_FINEST = 6
"""The digits of a second that PostgreSQL keeps."""


def is_exact(source: str, target: str, clause: str | None) -> bool:
    """True if a column converts to another type without loss, by this USING clause.

    A type of users counts as an enum, whose labels are texts.
    """
    if source.endswith("[]") and target.endswith("[]"):
        return is_exact(source[:-2], target[:-2], clause)
    zone = AT_ZONE.search(clause or "")
    if zone is not None and zone[1] != UTC:
        return False  # when clocks are set back, two moments have the same local time
    old, new = base(source), base(target)
    if new in STRINGS:
        cut = clause is not None and bool(_numbers(target)) and old in STRINGS
        return not cut and (new == "text" or _varies(new) or old == new)
    if old in STRINGS or new not in _BUILT_IN:
        return new not in _BUILT_IN and (old in STRINGS or old not in _BUILT_IN)
    return _is_exact_number(source, target) or _is_exact_time(source, target) or (old, new) in _EXACT


def _is_exact_number(source: str, target: str) -> bool:
    old, new = base(source), base(target)
    if old in _INTEGERS:
        return new in _INTEGERS or new == "numeric"
    if old == "numeric" and new in {"numeric", *_INTEGERS}:
        return _scale(target, new) >= _scale(source, old)
    return old == new and old not in TIMES


def _is_exact_time(source: str, target: str) -> bool:
    old, new = base(source), base(target)
    same = old == new or {old, new} == set(_MOMENTS[1:])
    return old in TIMES and same and _precision(target) >= _precision(source)


def _varies(name: str) -> bool:
    return "varying" in name or name == "varchar"


def _numbers(type_: str) -> list[int]:
    match = re.search(r"\(([-\d,\s]+)\)", type_)
    return [int(number) for number in match[1].split(",")] if match else []


def _scale(type_: str, name: str) -> float:
    """The digits behind the point; infinite if numeric has no precision."""
    numbers = _numbers(type_)
    if name != "numeric":
        return 0
    return numbers[1] if len(numbers) > 1 else 0 if numbers else float("inf")


def _precision(type_: str) -> int:
    return (_numbers(type_) or [_FINEST])[0]
