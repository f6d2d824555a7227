"""Rules for the code of revisions: faults that no guard can see."""

from __future__ import annotations

from app_schema.lint.finding import LintFinding
from app_schema.lint.revision import RULES, lint

__all__ = ["RULES", "LintFinding", "lint"]
