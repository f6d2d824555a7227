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
    """The cases that a usual run leaves out: of each test marked ``part(of=n)`` all but one case in n."""
    cases: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if (mark := item.get_closest_marker("part")) is not None:
            cases[item.nodeid.partition("[")[0], mark.kwargs["of"]].append(item)
    return [
        item
        for (test, of), group in cases.items()
        for item in drawn(test).sample(group, len(group) - -(-len(group) // of))
    ]
