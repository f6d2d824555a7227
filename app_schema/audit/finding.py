"""A finding of the audit, and a waiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One object that a check does not accept.

    ``error``: a role may see or change rows of others, or data may be wrong. ``warning``: it costs time, or
    will fail later. ``info``: a remark.
    """

    check: str
    severity: Severity
    object: str
    """Kind and qualified name, as in ``table public.users``; a waiver names it by these words."""
    message: str
    mend: str
    """SQL that resolves the finding; if SQL cannot, an SQL comment with the remedy."""
    waived: str | None = None
    """The reason of the waiver that covers it."""

    @property
    def open(self) -> bool:
        """Whether the finding fails the audit: it is neither waived nor a remark."""
        return self.waived is None and self.severity != "info"


@dataclass(frozen=True)
class Waiver:
    """An accepted finding, its reason, and its condition.

    :param condition: a query of one boolean, run with an empty search_path; unless it is true, the finding is
        open.
    """

    check: str
    object: str
    reason: str
    condition: str
