"""Differences, folded by table until they fit the screen."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app_schema.count import counted

if TYPE_CHECKING:
    from app_schema.migrations.drift import Drifted

AROUND = 8
"""Lines of a screen that are not objects: the target, the head of the table, the advice."""
FEWEST = 6


def free_lines(rows: int) -> int:
    """The number of free lines on the screen below a table of this many rows."""
    return max(shutil.get_terminal_size().lines - AROUND - rows, FEWEST)


def fold(objects: Sequence[Drifted], lines: int | None) -> list[str]:
    """A line or more for each object; by table, then by kind, where these are more than `lines`."""
    all_lines = [line for drifted in objects for line in _each(drifted)]
    if lines is None or len(all_lines) <= lines:
        return all_lines
    by_table = list(_by_table(objects))
    if len(by_table) <= lines:
        return by_table
    by_kind = [
        f"{state}: {_kinds(drifted for drifted in objects if drifted.state == state)}"
        for state in dict.fromkeys(drifted.state for drifted in objects)
    ]
    shown = by_table[: lines - len(by_kind) - 1]
    return [*shown, *(f"in all, {line}" for line in by_kind), "--all names each of them."]


def _each(drifted: Drifted) -> list[str]:
    line = f"{drifted.state}: {drifted.object}"
    if drifted.state != "different":
        return [line]
    return [line, f"  found:    {drifted.found}", f"  declared: {drifted.declared}"]


def _by_table(objects: Sequence[Drifted]) -> Iterable[str]:
    """The parts of an absent or undeclared table in its line, these lines first; then the other objects."""
    tables = {(drifted.state, drifted.table) for drifted in objects if drifted.kind == "table"}
    for drifted in sorted(objects, key=lambda drifted: drifted.kind != "table"):
        place = (drifted.state, drifted.table)
        if drifted.kind == "table":
            parts = [part for part in objects if (part.state, part.table) == place and part.kind != "table"]
            yield f"{drifted.state}: {drifted.object}" + (f", with {_kinds(parts)}" if parts else "")
        elif place not in tables:
            yield from _each(drifted)


def _kinds(objects: Iterable[Drifted]) -> str:
    counts = Counter(drifted.kind for drifted in objects)
    return ", ".join(counted(count, kind) for kind, count in counts.most_common())
