"""All cases of drift over all kinds, by name."""

from __future__ import annotations

import drifts_of_access
import drifts_of_code
import drifts_of_foreign
import drifts_of_operators
import drifts_of_replication
import drifts_of_search
import drifts_of_tables
import drifts_of_types
from drift import Drift

_GROUPS = {
    "table": drifts_of_tables.TABLES,
    "column": drifts_of_tables.COLUMNS,
    "constraint": drifts_of_tables.CONSTRAINTS,
    "index": drifts_of_tables.INDEXES,
    "trigger": drifts_of_tables.TRIGGERS,
    "partition": drifts_of_tables.PARTITIONS,
    "code": drifts_of_code.CODE,
    "type": drifts_of_types.TYPES,
    "operator": drifts_of_operators.OPERATORS,
    "search": drifts_of_search.SEARCH,
    "statistics": drifts_of_replication.STATISTICS,
    "replication": drifts_of_replication.REPLICATION,
    "event": drifts_of_replication.EVENTS,
    "foreign": drifts_of_foreign.FOREIGN,
    "access": drifts_of_access.ACCESS,
}
DRIFTS: dict[str, Drift] = {
    f"{group}: {name}": drift for group, drifts in _GROUPS.items() for name, drift in drifts.items()
}
