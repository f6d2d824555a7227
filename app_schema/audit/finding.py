"""A finding of the audit, and a waiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """An object that a check reports.

    ``error``: a role may see or change rows of others, or data may be wrong. ``warning``: a cost in time, or
    a future failure. ``info``: a remark.
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
        """True if the finding fails the audit: neither waived nor a remark."""
        return self.waived is None and self.severity != "info"


@dataclass(frozen=True)
class Waiver:
    """An accepted finding, its reason, and its condition.

    :param condition: a query of one boolean, run with an empty search_path; the waiver applies while it is
        true.
    """

    check: str
    object: str
    reason: str
    condition: str
