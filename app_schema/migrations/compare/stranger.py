"""What is not managed is never touched: an object on which something unmanaged hangs stays as it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from app_schema.catalog.strangers import hanging, in_words
from app_schema.ddl import Key
from app_schema.migrations.directives import UnwritableOp

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.ddl import Key
    from app_schema.migrations.compare.comparison import Comparison

_SHOWN = 3


def spared(comparison: Comparison, differences: list[Difference], blocked: list[Key]) -> list[Difference]:
    """The differences without those whose mending would touch what is not managed: these are noted.

    :param blocked: the objects that cannot be changed under what hangs on them.
    """
    pruned = dict.fromkeys(one.key for one in differences if one.left is None and comparison.prune)
    refused: dict[Key, str] = {}
    for key, found in hanging(comparison.connection, [*dict.fromkeys([*pruned, *blocked])]).items():
        strangers = [one for one in found if not comparison.managed(one.owner)]
        if strangers and not _goes_with_owner(key, pruned):
            more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
            shown = in_words(comparison.connection, strangers[:_SHOWN])
            refused[key] = f"{', '.join(shown)}{more}"
    for key, strangers_ in refused.items():
        verb = "dropped" if key in pruned else "changed"
        comparison.plan.notes.append(
            UnwritableOp(
                f"{key.label} cannot be {verb}: {strangers_} is not managed and hangs on it; drop that "
                "first, or manage its schema with -x schemas="
            )
        )
    return [one for one in differences if not _stays(one.key, refused)]


def _goes_with_owner(key: Key, pruned: Collection[Key]) -> bool:
    """True if the table of a column, constraint or index is dropped: then the table is named."""
    return key.table is not None and Key("table", key.schema, None, key.table) in pruned


def _stays(key: Key, refused: dict[Key, str]) -> bool:
    return key in refused or (
        key.table is not None
        and any(
            Key(kind, key.schema, None, key.table) in refused
            for kind in ("table", "view", "materialized_view")
        )
    )
