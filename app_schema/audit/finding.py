"""What an audit says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One object that a check does not accept.

    ``error``: somebody may see or change what is not his, or data may be wrong. ``warning``: it costs time,
    or will break later. ``info``: worth a look, and no reason to stop.
    """

    check: str
    severity: Severity
    object: str
    """Kind and qualified name, as in ``table public.users``; a waiver names it by these words."""
    message: str
    mend: str
    """SQL that ends the finding. Where SQL cannot, a comment of SQL that says what can."""
    waived: str | None = None
    """The reason of the waiver that covers it."""

    @property
    def open(self) -> bool:
        """It asks for something to be done: neither waived nor a mere remark."""
        return self.waived is None and self.severity != "info"


@dataclass(frozen=True)
class Waiver:
    """A finding that is accepted, why, and while what.

    :param condition: a query of one boolean, run with an empty search_path; where it is not true, the finding
        is open again.
    """

    check: str
    object: str
    reason: str
    condition: str
