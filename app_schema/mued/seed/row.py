"""A sample row: a model, and values by column."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from app_schema.mued.models import Base

_NAMESPACE = uuid.UUID("6d756564-7365-8000-8000-000000000000")


class Row(NamedTuple):
    """A row; a row with the same primary key in the database is kept."""

    model: type[Base]
    values: Mapping[str, Any]


def key(*names: object) -> uuid.UUID:
    """The id of these names, the same on every machine (UUID of version 5)."""
    return uuid.uuid5(_NAMESPACE, "/".join(map(str, names)))
