"""What makes a table a partition; revisions for it are written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Refuses, where the table is not new."""
    del wanted
    if not comparison.new(key):
        raise ModelError("cannot be written as a revision: write it by hand")


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Refuses."""
    del comparison, key
    raise ModelError(f"found: {found or 'nothing'}; expected: {wanted or 'nothing'}")


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Refuses."""
    del comparison, key, found
    raise ModelError("cannot be dropped by a revision of ours")
