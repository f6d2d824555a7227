"""Login roles of the tests, and one database with a few people for those who leave it as it was."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import cast
import psycopg
import pytest
import sqlalchemy as sa
from asking import WHO
from logins import As, CreateLogin, login_url
from psycopg import sql
from sqlalchemy.orm import Session

from app_schema import database, identity
from app_schema.identity import acting_as
from app_schema.models import User
from app_schema.testing.databases import Databases


@pytest.fixture(scope="session")
def create_login(databases: Databases) -> Iterator[CreateLogin]:
    """A function that makes a login role, a member of the roles named, and returns its name and password."""
    made: list[str] = []

    def create(*member_of: str) -> str:
        name = f"{databases.prefix}_{secrets.token_hex(4)}"
        with databases.admin() as connection:
            login = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}")
            connection.execute(login.format(sql.Identifier(name), name))
            for role in member_of:
                grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name))
                connection.execute(grant)
        made.append(name)
        return name

    yield create
    with databases.admin() as connection:
        for name in made:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def web(template: str, create_login: CreateLogin) -> str:  # noqa: ARG001 - the template brings the roles
    """The login of a web application: a member of app_user and service_account without powers of its own."""
    return create_login("app_user", "service_account")


@pytest.fixture(scope="module")
def people_url(databases: Databases, template: str) -> Iterator[str]:
    """A database with Ann and Bob, a session of each, and an admin. Tests roll back what they do to it."""
    name = databases.create(template)
    with psycopg.connect(databases.url(name)) as connection:
        connection.execute(PEOPLE)
    yield databases.url(name)
    databases.drop(name)


PEOPLE = """
    WITH people AS (
      INSERT INTO public.users (clerk_id, email, role)
      VALUES ('user_ann', 'ann@example.com', 'student'), ('user_bob', 'bob@example.com', 'student'),
             ('user_admin', 'admin@example.com', 'admin')
      RETURNING id, clerk_id)
    INSERT INTO public.sessions (user_id, type, title, user_short_note)
    SELECT id, 'practice', clerk_id, 'a note' FROM people
"""


@pytest.fixture(scope="module")
def web_engine(people_url: str, web: str) -> Iterator[sa.Engine]:
    """The engine of an application: one pooled connection, so that what is left behind meets the next one."""
    engine = database.engine(login_url(people_url, web), pool_size=1, max_overflow=0, pool_timeout=5)
    yield engine
    engine.dispose()


@pytest.fixture(params=["session", "connection"])
def opened(request: pytest.FixtureRequest, web_engine: sa.Engine) -> Iterator[Session | sa.Connection]:
    """A session and a connection by turns; afterwards the pooled connection is as it was."""
    target = Session(web_engine) if request.param == "session" else web_engine.connect()
    with target:
        yield target
    assert identity._ACTING.get(target) is None
    with web_engine.connect() as connection:
        login = web_engine.url.username
        assert connection.execute(WHO).one() in {(login, None), (login, "")}


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    name = databases.create(template)
    engine = database.engine(databases.url(name), poolclass=sa.NullPool)
    with Session(engine) as session:
        cast.fill(session)
        session.commit()
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture(scope="module")
def engine(url: str, web: str) -> Iterator[sa.Engine]:
    engine = database.engine(login_url(url, web))
    yield engine
    engine.dispose()


@pytest.fixture
def as_person(engine: sa.Engine) -> As:
    """Everything that a test does as a person is rolled back."""

    @contextmanager
    def session_of(name: str | None) -> Iterator[Session]:
        with Session(engine) as session, acting_as(session, name and f"user_{name}"):
            yield session
            session.rollback()

    return session_of


@pytest.fixture(scope="module")
def ids(url: str) -> dict[str, uuid.UUID]:
    engine = database.engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = connection.execute(sa.select(User.name, User.id)).all()
    return {str(name): key for name, key in found}
