"""The catalog: one snapshot of everything, and the difference between two."""

from __future__ import annotations

from app_schema.catalog.query import query, read
from app_schema.catalog.snapshot import Difference, Snapshot, diff, snapshot

__all__ = ["Difference", "Snapshot", "diff", "query", "read", "snapshot"]
