"""A model for requests refuses what PostgreSQL cannot store, or psycopg cannot load again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app_schema.ext.storable import storable


@pytest.mark.parametrize(
    "value",
    [
        "a\0b",
        "\ud800",
        ["x", {"\udfff": 1}],
        {"a": {"b": ("\0",)}},
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14))),
        datetime(1, 1, 1, 12, tzinfo=UTC),  # a session west of Greenwich would load a year BC
        datetime(9999, 12, 31),  # noqa: DTZ001
    ],
)
def test_value_that_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"text must not contain|time must be in"):
        storable(value)


@pytest.mark.parametrize(
    "value",
    ["\U0001f3b9 \uffff", {"a": [None, 1.5]}, datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29)],  # noqa: DTZ001
)
def test_every_other_value_is_returned(value: Any) -> None:
    assert storable(value) is value
