"""Random pairs of schemas: a revision makes the second of the first, and its downgrade the first again.

A normal run takes the same 200 examples each time; with HYPOTHESIS_PROFILE=fuzz it takes 1,000 new ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from autogen import RUFF, Generated, autogenerate
from declare import metadata
from hypothesis import given, note, settings
from schemas import SCHEMAS, pairs
from shape import Shape

from app_schema import database
from app_schema.catalog import Difference, Snapshot, diff, scratch, snapshot
from app_schema.catalog.spelling import Spelling
from app_schema.testing.databases import Databases

PARTS = 4
"""So that the workers share the work; each part has examples of its own."""


def _settings() -> settings:
    each, derandomize = (250, False) if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else (50, True)
    return settings(settings.get_profile("ci"), max_examples=each, derandomize=derandomize)


@dataclass
class Ground:
    """A database in which revisions run, and one in which ``create_all`` runs and is rolled back."""

    databases: Databases
    changed: sa.Engine = field(init=False)
    created: sa.Engine = field(init=False)
    empty: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.created = self._new()
        self.changed = self._new()
        self.empty = self.found()

    def _new(self) -> sa.Engine:
        return database.engine(self.databases.url(self.databases.create()))

    def _drop(self, engine: sa.Engine) -> None:
        engine.dispose()
        assert engine.url.database is not None
        self.databases.drop(engine.url.database)

    @contextmanager
    def scratch(self, *_: object) -> Iterator[psycopg.Connection[Any]]:
        """In the place of a scratch database made for each comparison, which would take most of the time."""
        made = self.created.raw_connection()
        assert isinstance(made.driver_connection, psycopg.Connection)
        try:
            yield made.driver_connection
        finally:
            made.close()  # rolls back

    def renew(self) -> None:
        """Puts an empty database in the place of what a failed example left."""
        self._drop(self.changed)
        self.changed = self._new()

    def close(self) -> None:
        """Drops both."""
        self._drop(self.changed)
        self._drop(self.created)

    def found(self) -> Snapshot:
        """What is there now."""
        with self.changed.connect() as connection:
            return snapshot(connection)

    def expected(self, shape: Shape) -> Snapshot:
        """What ``create_all`` makes of the shape."""
        with self.created.connect() as connection:
            metadata(shape).create_all(connection)
            return snapshot(connection)  # closing rolls back

    def differences(self, expected: Snapshot) -> list[Difference]:
        """What was made from PostgreSQL's own print may print in another way, as what a dump restored."""
        found = diff(self.found(), expected)
        with self.created.connect() as connection:
            return Spelling(connection).in_more_than_spelling(found)

    def revision(self, shape: Shape) -> Generated:
        """The revision that leads from what is there to the shape."""
        generated = autogenerate(self.changed, metadata(shape), prune=True, managed_schemas=SCHEMAS)
        note(generated.text)
        if RUFF.exists():
            assert generated.text == generated.formatted
        return generated


@pytest.fixture(scope="module")
def ground(databases: Databases) -> Iterator[Ground]:
    made = Ground(databases)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scratch, "_scratch", made.scratch)
        yield made
    made.close()


@pytest.mark.parametrize("part", range(PARTS))
@_settings()
@given(pair=pairs())
def test_revision_makes_the_other_schema_and_its_downgrade_the_first(
    ground: Ground, part: int, pair: tuple[Shape, Shape]
) -> None:
    del part
    try:
        _there_and_back(ground, *pair)
    except BaseException:
        ground.renew()
        raise


def _there_and_back(ground: Ground, first: Shape, second: Shape) -> None:
    start, end = ground.expected(first), ground.expected(second)
    birth = ground.revision(first)
    birth.upgrade(ground.changed)
    assert ground.differences(start) == [], "from nothing"
    change = ground.revision(second)
    assert change.empty == (start == end)
    change.upgrade(ground.changed)
    assert ground.differences(end) == [], "upgrade"
    assert ground.revision(second).diffs == [], "a second comparison"
    change.downgrade(ground.changed)
    assert ground.differences(start) == [], "downgrade"
    birth.downgrade(ground.changed)
    assert diff(ground.found(), ground.empty) == [], "back to nothing"
