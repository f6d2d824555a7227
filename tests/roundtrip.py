"""A generated revision carried out twice, up and down, on a database that may have rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import Generated, autogenerate

from app_schema.catalog import Snapshot, diff, snapshot

RoundTrip = Callable[..., Generated]


def send(engine: sa.Engine, *statements: str) -> None:
    """Carries statements out, each in a transaction of its own."""
    for statement in statements:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)


def catalog(engine: sa.Engine) -> Snapshot:
    """The snapshot of an engine's database."""
    with engine.connect() as connection:
        return snapshot(connection)


def round_trip(engine: sa.Engine, metadata: sa.MetaData, **options: Any) -> Generated:
    """Up, up again, nothing left to do, down, down again: both ends are the same to the letter."""
    start = catalog(engine)
    generated = autogenerate(engine, metadata, **options)
    generated.upgrade(engine)
    end = catalog(engine)
    generated.upgrade(engine)
    _assert_nothing(diff(end, catalog(engine)), generated)
    _assert_nothing(autogenerate(engine, metadata, **options).diffs, generated)
    for _ in range(2):
        generated.downgrade(engine)
        _assert_nothing(diff(start, catalog(engine)), generated)
    return generated


def _assert_nothing(left: list[Any], generated: Generated) -> None:
    assert left == [], f"{left}\n{generated.text}"


@pytest.fixture
def changed(empty_engine: sa.Engine) -> RoundTrip:
    """`changed(sql, ..., metadata=m)`: carries the SQL out, then makes the round trip to the metadata."""

    def trip(*statements: str, metadata: sa.MetaData, **options: Any) -> Generated:
        send(empty_engine, *statements)
        return round_trip(empty_engine, metadata, **{"managed_schemas": {"public"}, **options})

    return trip
