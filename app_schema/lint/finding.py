"""A finding of the lint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LintFinding:
    """A line of a revision, the violated rule, and the line to write instead."""

    file: str
    line: int
    rule: str
    message: str
