"""How much a run tests: a part drawn anew each day, or everything with CASES=all, as ``make drift`` has it.

CASES_SEED brings the part of another day back; the header of each run names it.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest

ALL = os.environ.get("CASES") == "all"
SEED = os.environ.setdefault("CASES_SEED", datetime.now(UTC).strftime("%Y-%m-%d"))  # inherited by the workers


def drawn(*what: object) -> random.Random:
    """The same numbers for the same test, whichever worker runs it."""
    return random.Random(" ".join([SEED, *map(str, what)]))


def not_drawn(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that a usual run leaves out: all but one in n of what is marked ``part(of=n)``.

    A marked test has cases to draw from, a marked module has tests; ``among="long"`` draws from all
    that say so.
    """
    groups: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if (mark := item.get_closest_marker("part")) is not None:
            of_test = any(own is mark for own in item.own_markers)
            place = item.nodeid.partition("[" if of_test else "::")[0]
            groups[mark.kwargs.get("among", place), mark.kwargs["of"]].append(item)
    return [
        item
        for (group, of), members in groups.items()
        for item in drawn(group).sample(members, len(members) - -(-len(members) // of))
    ]
