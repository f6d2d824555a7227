"""All cases of drift by name."""

from __future__ import annotations

import cases_access
import cases_code
import cases_column
import cases_constraint
import cases_dependents
import cases_index
import cases_table
import cases_type
from case import Case

_GROUPS = {
    "type": cases_type.CASES,
    "table": cases_table.CASES,
    "column": cases_column.CASES,
    "constraint": cases_constraint.CASES,
    "index": cases_index.CASES,
    "code": cases_code.CASES,
    "access": cases_access.CASES,
    "dependents": cases_dependents.CASES,
}
CASES: dict[str, Case] = {
    f"{group}: {name}": case for group, cases in _GROUPS.items() for name, case in cases.items()
}
