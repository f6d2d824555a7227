"""All cases of drift over all kinds, by name."""

from __future__ import annotations

import drifts_of_kinds
import drifts_of_tables
from drift import Drift

_GROUPS = {
    "table": drifts_of_tables.TABLES,
    "column": drifts_of_tables.COLUMNS,
    "constraint": drifts_of_tables.CONSTRAINTS,
    "index": drifts_of_tables.INDEXES,
    "trigger": drifts_of_tables.TRIGGERS,
    "partition": drifts_of_tables.PARTITIONS,
    "code": drifts_of_kinds.CODE,
    "type": drifts_of_kinds.TYPES,
    "operator": drifts_of_kinds.OPERATORS,
    "search": drifts_of_kinds.SEARCH,
    "statistics": drifts_of_kinds.STATISTICS,
    "replication": drifts_of_kinds.REPLICATION,
    "event": drifts_of_kinds.EVENTS,
    "foreign": drifts_of_kinds.FOREIGN,
    "access": drifts_of_kinds.ACCESS,
}
DRIFTS: dict[str, Drift] = {
    f"{group}: {name}": drift for group, drifts in _GROUPS.items() for name, drift in drifts.items()
}
