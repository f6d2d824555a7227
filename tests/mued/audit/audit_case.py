"""A case of a check of the audit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """SQL that violates a check, and the object of the finding. {role} is replaced by a role of the test."""

    check: str
    sql: str
    object: str
    severity: str
    said: str
    """part of the message"""
    committed: bool = False
    """the SQL or its mend cannot run in a transaction"""
