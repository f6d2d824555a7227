"""Unmanaged objects are never changed: an object with an unmanaged dependent is not changed either."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from app_schema.catalog.strangers import Dependent, dependents_of, in_words
from app_schema.ddl import Key
from app_schema.ddl.relation import FOREIGN
from app_schema.migrations.compare import keys

if TYPE_CHECKING:
    from app_schema.catalog import Difference
    from app_schema.migrations.compare.sides import Sides

_SHOWN = 3
_NO_REVISION = (
    "{} cannot be dropped: autogenerate does not write a partition that is a foreign table; write "
    "op.execute('DROP FOREIGN TABLE ...') by hand"
)


def refused(
    sides: Sides, differences: Iterable[Difference], blocked: Iterable[Key], staying: Collection[Key]
) -> dict[Key, str]:
    """The objects whose change would change unmanaged objects, each with the sentence of the refusal.

    :param blocked: the objects that PostgreSQL refuses to change while something depends on them.
    :param staying: objects whose differences no revision resolves.
    """
    pruned = dict.fromkeys(
        difference.key for difference in differences if difference.left is None and sides.prune
    )
    return needed(sides, pruned, blocked, staying)


def needed(
    sides: Sides, pruned: Collection[Key], blocked: Iterable[Key] = (), staying: Collection[Key] = ()
) -> dict[Key, str]:
    """The same for objects that are dropped, and others that change.

    :param staying: managed objects that are not changed either.
    """
    sentences = {key: _NO_REVISION.format(key.label) for key in pruned if _is_foreign(sides, key)}
    for key, dependents in dependents_of(sides.connection, list(dict.fromkeys([*pruned, *blocked]))).items():
        strangers = [
            dependent
            for dependent in dependents
            if dependent.owner in staying or not _may_change(sides, dependent)
        ]
        if strangers and not _is_dropped_with_table(key, pruned):
            more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
            shown = ", ".join(in_words(sides.connection, strangers[:_SHOWN]))
            compared = all(_is_compared(sides, dependent) for dependent in strangers)
            is_staying = all(dependent.owner in staying for dependent in strangers)
            in_schema = compared and not is_staying and any(stranger.owner.schema for stranger in strangers)
            state = "compared" if not compared else "changed" if is_staying else "managed"
            sentences[key] = (
                f"{key.label} cannot be {'dropped' if key in pruned else 'changed'}: {shown}{more} is not "
                f"{state} and depends on it; drop that first"
                f"{', or manage its schema with -x schemas=' if in_schema else ''}"
            )
    return sentences


def _may_change(sides: Sides, dependent: Dependent) -> bool:
    """False also for an object that no kind compares."""
    return _is_compared(sides, dependent) and sides.managed(dependent.owner)


def _is_compared(sides: Sides, dependent: Dependent) -> bool:
    return bool(dependent.owner.kind) and not _is_foreign(sides, dependent.owner)


def _is_foreign(sides: Sides, key: Key) -> bool:
    """True for a partition on another server."""
    return key.kind == "table" and sides.reflected.get(key, "").startswith(FOREIGN)


def is_refused(key: Key, refused: Mapping[Key, str]) -> bool:
    """True if an object, or its table or view, is refused."""
    owners = {keys.table(key), *keys.views(key)} if key.table is not None else set()
    return key in refused or not owners.isdisjoint(refused)


def _is_dropped_with_table(key: Key, pruned: Collection[Key]) -> bool:
    """True if the table of a column, constraint or index is dropped: then the table is named."""
    return key.table is not None and keys.table(key) in pruned
