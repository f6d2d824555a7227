"""The databases come from the plugin that this project offers to others."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.identity import acting_as
from app_schema.testing.databases import Databases

pytest_plugins = ["app_schema.testing"]

_CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what it runs with "&"
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests' own processes inherit it
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist share it
        config.stash[_CACHE] = os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="app_schema_tests_")


def pytest_collection_finish() -> None:
    """Modules and test items stay to the end: the garbage collector need not look through them each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if cache := config.stash.get(_CACHE, None):
        shutil.rmtree(cache, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_database_of_yours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets a database that the developer's environment names."""
    for name in [name for name in os.environ if "DATABASE_URL" in name or name.startswith("PG")]:
        monkeypatch.delenv(name)
    for name in ("CI", "APP_SCHEMA_EMBEDDED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def filled_engine(databases: Databases, template: str) -> Iterator[sa.Engine]:
    """An engine for a database with a row in every table, for tests that leave it as it was."""
    from app_schema.mued.factories import RowFactory

    name = databases.create(template)
    engine = database.engine(databases.url(name))
    with Session(engine) as session:
        for factory in RowFactory.of.values():
            factory.create(session)
        session.commit()
    yield engine
    engine.dispose()
    databases.drop(name)


@pytest.fixture
def service(filled_engine: sa.Engine) -> Iterator[Session]:
    """A session of the role service_account on `filled_engine`; what a test does is rolled back."""
    with Session(filled_engine) as session, acting_as(session, None, role="service_account"):
        yield session
        session.rollback()
