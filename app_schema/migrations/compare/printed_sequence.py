"""Sequences as a snapshot prints them, and the columns that own them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app_schema.ddl import Key

if TYPE_CHECKING:
    from app_schema.catalog import Snapshot

UNLOGGED = "UNLOGGED "
OWNED_BY = " OWNED BY "
BOUNDS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


def owner(definition: str) -> Key | None:
    """The column that owns a sequence."""
    _, owned_by, place = definition.partition(OWNED_BY)
    return Key("column", *names(place)) if owned_by else None


def names(printed: str) -> list[str]:
    """The parts of a name such as ``public."A".id``, as they are without quotes."""
    return [quoted.replace('""', '"') or bare for quoted, bare in _NAME.findall(printed)]


def by_owner(side: Snapshot) -> dict[Key, Key]:
    """Each column that owns a sequence, and the sequence; of several the first."""
    sequences = reversed([key for key in side if key.kind == "sequence"])
    return {column: key for key in sequences if (column := owner(side[key])) is not None}
