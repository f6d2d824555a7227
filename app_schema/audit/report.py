"""Findings as lines for a person, or as JSON."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from app_schema.audit.finding import SEVERITIES, Finding

WIDTH = 100


def as_json(findings: Sequence[Finding]) -> str:
    """A list of objects with the fields of `Finding`."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def as_text(findings: Sequence[Finding]) -> str:
    """The open findings with the SQL that resolves them, the waived findings with reasons, and the totals."""
    waived = [finding for finding in findings if finding.waived is not None]
    lines = [line for finding in findings if finding.waived is None for line in _open(finding)]
    lines += [line for finding in waived for line in _waived(finding)]
    count = Counter(finding.severity for finding in findings if finding.waived is None)
    sums = ", ".join(f"{count[severity]} {severity}" for severity in SEVERITIES)
    return "\n".join([*lines, f"{sums}, {len(waived)} waived"])


def _open(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity:<8} {finding.check}: {finding.object}"
    yield _wrapped(finding.message)
    yield textwrap.indent(finding.mend, "           ")


def _waived(finding: Finding) -> Iterator[str]:
    yield f"{'waived':<8} {finding.check}: {finding.object}"
    yield _wrapped(finding.waived or "")


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 9)
