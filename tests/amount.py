"""How much is done: a part, drawn anew each day; or everything with FAULTS=all (``make faults``)."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

ALL = os.environ.get("FAULTS") == "all"
SEED = os.environ.get("FAULTS_SEED") or datetime.now(UTC).strftime("%Y-%m-%d")


def drawn(*what: object) -> random.Random:
    """The same numbers for the same test, whichever worker runs it."""
    return random.Random(" ".join([SEED, *map(str, what)]))
