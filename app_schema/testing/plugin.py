"""The hooks and fixtures of the pytest plugin; ``app_schema.testing`` tells how to switch it on.

PYTEST_DONT_REWRITE: a conftest.py may import from here before pytest does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.errors import AppSchemaError
from app_schema.identity import Role, acting_as
from app_schema.testing.databases import Databases
from app_schema.testing.run import Run

if TYPE_CHECKING:  # read when a test first asks for rows: importing the models takes a third of a second
    from app_schema.models import Base, User

    Row = TypeVar("Row", bound=Base)

CreateDatabase = Callable[..., str]
Migrate = Callable[[str], None]
AsUser = Callable[["User | str | None"], Session]
AsService = Callable[[], Session]


class Make(Protocol):
    """Makes, commits and returns a valid row; what is not given is made up."""

    def __call__(self, model: type[Row], /, **values: Any) -> Row: ...


_RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, Any] = getattr(config, "workerinput", {})
    config.stash[_RUN] = Run(given.get("app_schema_server"), given.get("app_schema_run"))


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
    """A function that makes a database (`template=` names another to copy) and returns its URL."""
    made: list[str] = []

    def create(template: str | None = None) -> str:
        made.append(databases.create(template))
        return databases.url(made[-1])

    yield create
    for name in made:
        databases.drop(name)


@pytest.fixture(scope="session")
def migrate() -> Migrate:
    """How an empty database is brought to the newest revision; override it to add revisions of your own."""
    return _upgrade


@pytest.fixture(scope="session")
def template(databases: Databases, migrate: Migrate) -> str:
    """The name of a database at the newest revision; copy it, never connect to it."""
    return databases.template(migrate)


@pytest.fixture
def empty_url(create_database: CreateDatabase) -> str:
    """A database of the test's own with nothing in it."""
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
def _open_session(engine: sa.Engine) -> Iterator[Callable[[str | None, Role], Session]]:
    with ExitStack() as stack:

        def opened(clerk_id: str | None, role: Role) -> Session:
            # closed for good: a session that is used after its `with` must not go on as the superuser
            session = stack.enter_context(Session(engine, expire_on_commit=False, close_resets_only=False))
            return stack.enter_context(acting_as(session, clerk_id, role=role))

        yield opened


@pytest.fixture
def as_user(_open_session: Callable[[str | None, Role], Session]) -> AsUser:
    """``as_user("user_123")``: a session of that person in the role app_user, closed after the test.

    Takes a User as well, and None for a request without a person. Commits are yours.
    """

    def as_person(user: User | str | None) -> Session:
        clerk_id = user if user is None or isinstance(user, str) else user.clerk_id
        return _open_session(clerk_id, "app_user")

    return as_person


@pytest.fixture
def as_service(_open_session: Callable[[str | None, Role], Session]) -> AsService:
    """``as_service()``: a session in the role service_account, who sees and writes every row."""
    return lambda: _open_session(None, "service_account")


@pytest.fixture
def make(as_service: AsService) -> Make:
    """``make(LessonSlot, price=4000)``: a valid row, committed, with all the rows that it needs."""
    from app_schema.mued.factories import RowFactory

    session = as_service()

    def make_row(model: type[Row], /, **values: Any) -> Row:
        row = RowFactory.for_model(model).create(session, **values)
        session.commit()
        return row

    return make_row


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
