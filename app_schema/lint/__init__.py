"""Rules for revisions: what the guard cannot see, found in their code before they run."""

from __future__ import annotations

from app_schema.lint.finding import LintFinding
from app_schema.lint.revision import RULES, lint

__all__ = ["RULES", "LintFinding", "lint"]
