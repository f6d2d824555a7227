"""The hooks and fixtures of the pytest plugin; see ``app_schema.testing``.

PYTEST_DONT_REWRITE: a conftest.py may import from here before pytest does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.application import Acting, Application, find, load
from app_schema.errors import AppSchemaError
from app_schema.identity import acting_as
from app_schema.testing.databases import Databases
from app_schema.testing.run import Run

if TYPE_CHECKING:  # lazy: importing the models takes a third of a second
    from sqlalchemy.orm import DeclarativeBase

    Row = TypeVar("Row", bound=DeclarativeBase)

CreateDatabase = Callable[..., str]
Migrate = Callable[[str], None]
AsUser = Callable[[Any], Session]
AsService = Callable[[], Session]


class Make(Protocol):
    """Creates, commits and returns a valid row; generates the values that are not given."""

    def __call__(self, model: type[Row], /, **values: Any) -> Row: ...


_RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    config.stash[_RUN] = Run(worker.get("app_schema_server"), worker.get("app_schema_run"))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    node.workerinput["app_schema_server"] = _databases(node.config).server_url
    node.workerinput["app_schema_run"] = node.config.stash[_RUN].name


def _databases(config: pytest.Config) -> Databases:
    try:
        return config.stash[_RUN].databases
    except AppSchemaError as error:
        pytest.exit(f"No server for the tests. {error}", returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if description := config.stash[_RUN].description:
        terminalreporter.write_line(f"server: {description}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if run := config.stash.get(_RUN, None):
        run.close()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """The databases of the run; the server starts here."""
    return _databases(request.config)


@pytest.fixture(scope="session")
def server_url(databases: Databases) -> str:
    """A superuser's URL of the server, for psycopg and SQLAlchemy alike."""
    return databases.server_url


@pytest.fixture
def create_database(databases: Databases) -> Iterator[CreateDatabase]:
    """A function that creates a database (`template=`: the database to copy) and returns its URL."""
    created: list[str] = []

    def create(template: str | None = None) -> str:
        created.append(databases.create(template))
        return databases.url(created[-1])

    yield create
    for name in created:
        databases.drop(name)


@pytest.fixture(scope="session")
def application() -> Application:
    """The application under test: that of pyproject.toml, else MUED; override the fixture to test another."""
    return find()


@pytest.fixture(scope="session")
def migrate(application: Application) -> Migrate:
    """Upgrades an empty database to the newest revision; override it to add revisions of your own."""
    return partial(_upgrade, application)


@pytest.fixture(scope="session")
def template(databases: Databases, migrate: Migrate) -> str:
    """The name of a database at the newest revision; copy it, never connect to it."""
    return databases.template(migrate)


@pytest.fixture
def empty_url(create_database: CreateDatabase) -> str:
    """An empty database for the test alone."""
    return create_database()


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


@pytest.fixture
def _open_session(
    engine: sa.Engine, application: Application
) -> Iterator[Callable[[str | None, str], Session]]:
    with ExitStack() as stack:

        def opened(person: str | None, role: str) -> Session:
            # closed: a session used after its `with` must not continue as the superuser
            session = stack.enter_context(Session(engine, expire_on_commit=False, close_resets_only=False))
            return stack.enter_context(acting_as(session, person, role=role, by=application.acting))

        yield opened


@pytest.fixture
def as_user(_open_session: Callable[[str | None, str], Session], application: Application) -> AsUser:
    """``as_user("user_123")``: a session of that person in the role of a person, closed after the test.

    Accepts a row of the people's table too, and None for a request without a person. The caller commits.
    """
    acting = _acting(application)

    def as_person(user: Any) -> Session:
        plain = user is None or isinstance(user, str)
        return _open_session(user if plain else getattr(user, acting.people[1]), acting.user)

    return as_person


def _acting(application: Application) -> Acting:
    if application.acting is None:
        pytest.fail(f"The application {application.name} has no acting person: set acting=Acting(...).")
    return application.acting


@pytest.fixture
def as_service(_open_session: Callable[[str | None, str], Session], application: Application) -> AsService:
    """``as_service()``: a session in the role of jobs, which sees and writes every row."""
    acting = _acting(application)
    return lambda: _open_session(None, acting.service or acting.user)


@pytest.fixture
def make(as_service: AsService, application: Application) -> Make:
    """``make(LessonSlot, price=4000)``: a valid row, committed, with all referenced rows."""
    if application.factories is None:
        pytest.fail(f"The application {application.name} has no factories: factories='package.module:Class'.")
    factory = load(application.factories)
    session = as_service()

    def make_row(model: type[Row], /, **values: Any) -> Row:
        row: Row = factory.for_model(model).create(session, **values)
        session.commit()
        return row

    return make_row


def _engine(url: str) -> Iterator[sa.Engine]:
    engine = database.engine(url)
    yield engine
    engine.dispose()


def _upgrade(application: Application, url: str) -> None:
    from alembic import command

    from app_schema.migrations import config

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url)
        environment.delenv("DIRECT_DATABASE_URL", raising=False)
        command.upgrade(config(application), "head")
