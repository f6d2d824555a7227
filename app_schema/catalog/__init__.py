"""The catalog: one snapshot of everything, and the difference between two."""

from __future__ import annotations

from app_schema.catalog.objects import Difference, Snapshot, diff, snapshot, snapshot_and_uncompared
from app_schema.catalog.reading import query, read

__all__ = ["Difference", "Snapshot", "diff", "query", "read", "snapshot", "snapshot_and_uncompared"]
