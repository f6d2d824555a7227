"""The place of the revision of adoption; imports nothing, because every upgrade looks for it."""

from __future__ import annotations

from pathlib import Path

DIRECTORY = Path("adoption")
"""The directory of the revision, relative to the working directory; not part of the lineage."""


def written(directory: Path = DIRECTORY) -> Path | None:
    """The revision in the directory, if any."""
    return next(iter(sorted(directory.glob("*.py"))), None)
