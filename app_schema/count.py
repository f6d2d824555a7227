"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number(count)} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(("x", "ss")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") else noun if noun.endswith("s") else f"{noun}s"


def number(value: int | None) -> str:
    """A count with thousands separators; a dash if unknown."""
    return "-" if value is None else f"{value:,}"
