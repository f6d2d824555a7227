"""What makes a table a partition; revisions for it are written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.migrations.compare import refusal

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Refuses, where the table is not new."""
    del wanted
    if not comparison.new(key):
        raise refusal.not_partitioned()


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Refuses."""
    del comparison, key
    raise refusal.different(wanted, found)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Refuses."""
    del comparison, key, found
    raise refusal.not_dropped("partition")
