"""All cases of operations."""

from __future__ import annotations

import cases_alembic
import cases_alembic_constraint
import cases_comment
import cases_ours
import cases_ours_security
import cases_printed
import cases_rename
import cases_sequence
from harness import Case

CASES: dict[str, Case] = {
    **cases_alembic.CASES,
    **cases_alembic_constraint.CASES,
    **cases_comment.CASES,
    **cases_ours.CASES,
    **cases_ours_security.CASES,
    **cases_printed.CASES,
    **cases_rename.CASES,
    **cases_sequence.CASES,
}
