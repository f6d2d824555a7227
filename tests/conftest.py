"""One server per run, one migrated template database, and a copy of it for each test that wants one."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import server
import sqlalchemy as sa

from app_schema import database

CreateDatabase = Callable[..., str]

_STARTED = pytest.StashKey["server.TestServer"]()
_DATABASES = pytest.StashKey["server.Databases"]()
_ROLES = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_DATABASES] = server.Databases(given["server_url"], given["run"])
        return
    if config.option.collectonly or config.option.help or config.option.version:
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a run that is ended cleans up
    started = config.stash[_STARTED] = server.start()
    databases = config.stash[_DATABASES] = server.Databases(started.url, secrets.token_hex(4))
    config.stash[_ROLES] = databases.roles()


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    databases = node.config.stash[_DATABASES]
    node.workerinput["server_url"] = databases.server_url
    node.workerinput["run"] = databases.prefix.rpartition("_")[2]


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(_STARTED, None)
    if started is None:
        return
    try:
        if databases := config.stash.get(_DATABASES, None):
            databases.drop_all()
            databases.drop_roles(config.stash.get(_ROLES, set(server.ROLES)))
    finally:
        started.stop()


def pytest_report_header(config: pytest.Config) -> list[str]:
    started = config.stash.get(_STARTED, None)
    if started is None:
        return []
    with config.stash[_DATABASES].admin() as connection:
        version = connection.info.parameter_status("server_version")
    return [f"server: PostgreSQL {version}, {started.description}"]


@pytest.fixture(autouse=True)
def _no_database_of_yours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets a database that the developer's environment names."""
    for name in [name for name in os.environ if name.endswith("DATABASE_URL") or name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> server.Databases:
    return request.config.stash[_DATABASES]


@pytest.fixture(scope="session")
def server_url(databases: server.Databases) -> str:
    """A superuser's URL of the server, for psycopg and SQLAlchemy alike."""
    return databases.server_url


@pytest.fixture
def create_database(databases: server.Databases) -> Iterator[CreateDatabase]:
    """A function that makes a database (`template=` names another to copy) and returns its URL."""
    made: list[str] = []

    def create(template: str | None = None) -> str:
        made.append(databases.create(template))
        return databases.url(made[-1])

    yield create
    for name in made:
        databases.drop(name)


@pytest.fixture
def empty_url(create_database: CreateDatabase) -> str:
    """A database of the test's own with nothing in it."""
    return create_database()


@pytest.fixture(scope="session")
def template(databases: server.Databases) -> str:
    """The name of a database at the newest revision; copy it, never connect to it."""
    return databases.template(_upgrade)


@pytest.fixture
def database_url(create_database: CreateDatabase, template: str) -> str:
    """A database of the test's own at the newest revision."""
    return create_database(template)


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[sa.Engine]:
    """An engine for `empty_url`."""
    yield from _engine(empty_url)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine for `database_url`."""
    yield from _engine(database_url)


def _engine(url: str) -> Iterator[sa.Engine]:
    engine = database.engine(url)
    yield engine
    engine.dispose()


def _upgrade(url: str) -> None:
    from alembic import command

    from app_schema.migrations import config

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url)
        environment.delenv("DIRECT_DATABASE_URL", raising=False)
        command.upgrade(config(), "head")
