"""A finding of the lint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LintFinding:
    """A line of a revision, the rule that it breaks, and what to write instead."""

    file: str
    line: int
    rule: str
    message: str
