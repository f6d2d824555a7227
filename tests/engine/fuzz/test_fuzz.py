"""Random pairs of schemas with rows: a revision makes the second of the first, its downgrade the first again.

Each direction runs twice; for a tenth of the pairs in autocommit, where the first run is cut somewhere. A
normal run takes the same 80 examples each time; with HYPOTHESIS_PROFILE=fuzz it takes 1,000 new ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import rows
import sqlalchemy as sa
from autogen import RUFF, Generated, autogenerate
from declare import metadata
from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from others import ROLE
from schemas import SCHEMAS, pairs
from shape import Shape

from app_schema import database
from app_schema.catalog import Difference, Snapshot, diff, scratch, snapshot
from app_schema.catalog.spelling import Spelling
from app_schema.errors import AppSchemaError
from app_schema.migrations.compare.managed import IF_DECLARED
from app_schema.testing.databases import Databases

PARTS = 4
"""So that the workers share the work; each part has examples of its own."""


def _settings() -> settings:
    each, derandomize = (250, False) if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else (20, True)
    return settings(settings.get_profile("ci"), max_examples=each, derandomize=derandomize)


_CREATE_ROLE = f"""\
DO $$ BEGIN CREATE ROLE {ROLE};
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""  # workers share the server


@dataclass
class Ground:
    """A database in which revisions run, and one in which ``create_all`` runs and is rolled back."""

    databases: Databases
    changed: sa.Engine = field(init=False)
    created: sa.Engine = field(init=False)
    empty: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.created = self._new()
        with self.created.begin() as connection:
            connection.exec_driver_sql(_CREATE_ROLE)
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
        """The present snapshot."""
        with self.changed.connect() as connection:
            return snapshot(connection)

    def expected(self, shape: Shape) -> Snapshot:
        """The snapshot after ``create_all`` of the shape."""
        with self.created.connect() as connection:
            metadata(shape).create_all(connection)
            return snapshot(connection)  # closing rolls back

    def differences(self, expected: Snapshot) -> list[Difference]:
        """An object created from PostgreSQL's own print may print differently, as after a dump."""
        found = diff(self.found(), expected)
        with self.created.connect() as connection:
            return Spelling(connection).in_more_than_spelling(found)

    def revision(self, shape: Shape) -> Generated:
        """The revision that leads from what is there to the shape."""
        options: dict[str, Any] = {"managed_schemas": set(SCHEMAS), "always": {*IF_DECLARED, "owner"}}
        generated = autogenerate(self.changed, metadata(shape), prune=True, **options)
        note(generated.text)
        if RUFF.exists():
            assert generated.text == generated.formatted
        return generated


@pytest.fixture(scope="module")
def ground(databases: Databases) -> Iterator[Ground]:
    made = Ground(databases)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scratch, "scratch_database", made.scratch)
        yield made
    made.close()


@pytest.mark.parametrize("part", range(PARTS))
@_settings()
@given(pair=pairs(), mode=st.integers(0, 9), cut=st.integers(0, 30))
def test_revision_makes_the_other_schema_and_its_downgrade_the_first(
    ground: Ground, part: int, pair: tuple[Shape, Shape], mode: int, cut: int
) -> None:
    del part
    try:
        _there_and_back(ground, *pair, Way(ground.changed, None if mode else cut))
    except BaseException:
        ground.renew()
        raise


@dataclass
class Way:
    """How a revision is run: twice; with ``cut`` in autocommit, the first time as far as this statement."""

    engine: sa.Engine
    cut: int | None = None

    def go(self, run: Callable[..., None]) -> None:
        """Runs one direction of a revision; where it refuses the rows, once more without any."""
        try:
            self._twice(run)
        except (sa.exc.DBAPIError, AppSchemaError) as error:
            if not _of_rows(error):
                raise
            event("the rows do not fit")
            rows.empty(self.engine)
            self._twice(run)

    def _twice(self, run: Callable[..., None]) -> None:
        if self.cut is None:
            run(self.engine)
        else:
            event("autocommit")
            with suppress(Cut), self._cut(self.cut):
                run(self.engine, autocommit=True)
        run(self.engine, autocommit=self.cut is not None)

    @contextmanager
    def _cut(self, after: int) -> Iterator[None]:
        left = iter(range(after))

        def count(*_: object) -> None:
            if next(left, None) is None:
                raise Cut

        sa.event.listen(self.engine, "before_cursor_execute", count)
        try:
            yield
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", count)


class Cut(Exception):  # noqa: N818 - no error: the test's own end of a run
    """The run ends here."""


def _of_rows(error: Exception) -> bool:
    """True if a revision was refused because of the rows of the tables."""
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    words = ("cannot be converted", "use a dropped label")
    return (state or "")[:2] in ("22", "23") or any(word in str(error) for word in words)


def _there_and_back(ground: Ground, first: Shape, second: Shape, way: Way) -> None:
    start, end = ground.expected(first), ground.expected(second)
    birth = ground.revision(first)
    way.go(birth.upgrade)
    assert ground.differences(start) == [], "from nothing"
    rows.fill(ground.changed, first, second)
    change = ground.revision(second)
    assert change.empty == (start == end)
    way.go(change.upgrade)
    assert ground.differences(end) == [], "upgrade"
    assert ground.revision(second).diffs == [], "a second comparison"
    rows.fill(ground.changed, second, first)
    way.go(change.downgrade)
    assert ground.differences(start) == [], "downgrade"
    way.go(birth.downgrade)
    assert diff(ground.found(), ground.empty) == [], "back to nothing"
