"""Who is asking holds for the block, in every transaction of it, and for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from asking import TITLES, WHO, login, who
from logins import login_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from app_schema import IdentityError, database
from app_schema.identity import acting_as
from app_schema.models import Project, User
from app_schema.models import Session as MusicSession


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that are sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def test_block_acts_as_the_person(opened: Any) -> None:
    with acting_as(opened, "user_ann") as same:
        assert same is opened
        assert who(opened) == ("app_user", "user_ann")
        assert opened.scalars(TITLES).all() == ["user_ann"]
    assert who(opened) == login(opened)


def test_block_acts_in_the_role(opened: Any) -> None:
    with acting_as(opened, None, role="service_account"):
        assert who(opened) == ("service_account", "")
        assert opened.scalars(TITLES).all() == ["user_admin", "user_ann", "user_bob"]


def test_nobody_sees_nothing(opened: Any) -> None:
    with acting_as(opened, None):
        assert opened.scalars(TITLES).all() == []


def test_person_is_set_anew_in_every_transaction(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        for end in (opened.commit, opened.rollback, opened.commit):
            assert who(opened) == ("app_user", "user_ann")
            end()
        assert who(opened) == ("app_user", "user_ann")
    opened.rollback()
    assert who(opened) == login(opened)


def test_a_transaction_costs_one_statement(opened: Any, web_engine: sa.Engine) -> None:
    with counted(web_engine) as sent, acting_as(opened, "user_ann"):
        assert sent == []
        opened.execute(sa.text("SELECT 1"))
        with opened.begin_nested():
            opened.execute(sa.text("SELECT 2"))
        opened.commit()
        assert [construct for construct in sent if "set_config" in construct] == sent[:1]
        assert [construct for construct in sent if construct.startswith("SELECT")] == ["SELECT 1", "SELECT 2"]


def test_person_is_looked_up_once_a_transaction(people_url: str) -> None:
    """By the statement that sets the identity, if the login inherits the rights of the role."""
    engine = database.engine(people_url)
    known = sa.text(
        "SELECT current_setting('app.identity', true), app.current_user_id(), current_setting('app.identity')"
    )
    with engine.connect() as connection, acting_as(connection, "user_ann"):
        for round_ in range(3):
            before, person, after = connection.execute(known).one()
            assert after == f"{person} student user_ann"
            assert (before == after) is (round_ > 0)  # the first statement asks what the login may do
            connection.commit()
        connection.execute(known)
        with acting_as(connection, "user_bob"):
            assert connection.execute(known).one()[0].endswith(" student user_bob")
        assert connection.execute(known).one()[0] == after
    engine.dispose()


def test_savepoints_keep_the_person(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        savepoint = opened.begin_nested()
        assert who(opened) == ("app_user", "user_ann")
        savepoint.rollback()
        assert who(opened) == ("app_user", "user_ann")


def test_a_savepoint_of_an_inner_block_brings_nobody_back(opened: Any) -> None:
    """PostgreSQL resets the settings to those at the start of the savepoint, when the inner person acted."""
    with acting_as(opened, "user_bob"):
        with acting_as(opened, "user_ann"):
            savepoint = opened.begin_nested()
            assert who(opened) == ("app_user", "user_ann")
        savepoint.rollback()
        assert who(opened) == ("app_user", "user_bob")
        savepoint = opened.begin_nested()
        assert who(opened) == ("app_user", "user_bob")
        with acting_as(opened, "user_ann"):
            savepoint.rollback()
            assert who(opened) == ("app_user", "user_ann")
            savepoint = opened.begin_nested()
            assert who(opened) == ("app_user", "user_ann")
    savepoint.rollback()
    assert who(opened) == login(opened)


def test_block_in_an_open_transaction_gives_back_what_was(opened: Any) -> None:
    opened.execute(sa.text("SET LOCAL ROLE service_account"))
    with opened.begin_nested(), acting_as(opened, "user_ann"):
        assert who(opened) == ("app_user", "user_ann")
    assert who(opened) == ("service_account", "")


def test_blocks_nest(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        with acting_as(opened, "user_bob"):
            assert who(opened) == ("app_user", "user_bob")
            opened.commit()
            assert who(opened) == ("app_user", "user_bob")
            with acting_as(opened, None, role="service_account"):
                assert who(opened) == ("service_account", "")
            assert who(opened) == ("app_user", "user_bob")
        assert who(opened) == ("app_user", "user_ann")
        opened.commit()
        assert who(opened) == ("app_user", "user_ann")
    assert who(opened) == login(opened)


def test_an_error_rolls_back(opened: Any) -> None:
    def act() -> None:
        with acting_as(opened, "user_ann"):
            opened.execute(sa.update(MusicSession).values(title="changed"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert not opened.in_transaction()
    with acting_as(opened, "user_ann"):
        assert opened.scalars(TITLES).all() == ["user_ann"]


def test_an_error_rolls_back_to_the_savepoint_only(opened: Any) -> None:
    def act() -> None:
        with opened.begin_nested(), acting_as(opened, "user_ann"):
            opened.execute(sa.update(MusicSession).values(title="changed by ann"))
            raise RuntimeError

    with acting_as(opened, "user_bob"):
        opened.execute(sa.update(MusicSession).values(title="changed"))
        with pytest.raises(RuntimeError):
            act()
        assert who(opened) == ("app_user", "user_bob")
        assert opened.scalars(TITLES).all() == ["changed"]
        opened.rollback()


def test_an_error_in_a_savepoint_that_began_the_transaction(web_engine: sa.Engine) -> None:
    """The settings are made before the savepoint is, so that rolling it back does not take them back."""

    def act(session: Session) -> None:
        with session.begin_nested(), acting_as(session, "user_ann"):
            assert who(session) == ("app_user", "user_ann")
            raise RuntimeError

    with Session(web_engine) as session, session.begin():
        with pytest.raises(RuntimeError):
            act(session)
        assert who(session) == login(session)


def test_a_swallowed_error_of_the_database_ends_the_transaction(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        opened.begin_nested()
        with pytest.raises(ProgrammingError, match="permission denied"):
            opened.execute(sa.update(User).values(role="admin"))
    assert not opened.in_transaction()
    assert who(opened) == login(opened)


@pytest.mark.parametrize(
    "clerk_id",
    ["user'; RESET ROLE; --", 'user"', "user\\", "%s %(x)s", ":person", "ユーザー", "x" * 1_000_000],
)
def test_any_text_is_an_id(opened: Any, clerk_id: str) -> None:
    with acting_as(opened, clerk_id):
        assert who(opened) == ("app_user", clerk_id)
        assert opened.scalars(TITLES).all() == []


def test_closing_inside_the_block_is_fine(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        assert who(opened) == ("app_user", "user_ann")
        opened.close()


def test_a_closed_session_begins_again_as_the_person(web_engine: sa.Engine) -> None:
    with Session(web_engine) as session, acting_as(session, "user_ann"):
        assert who(session) == ("app_user", "user_ann")
        session.close()
        assert who(session) == ("app_user", "user_ann")


def test_a_dead_connection_leaves_nothing(opened: Any, people_url: str) -> None:
    with acting_as(opened, "user_ann"):
        pid = opened.scalar(sa.text("SELECT pg_backend_pid()"))
        admin = database.engine(people_url, poolclass=sa.NullPool)
        with admin.connect() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(sa.exc.OperationalError):
            opened.execute(WHO)
        opened.rollback()
        assert who(opened) == ("app_user", "user_ann")


def test_an_invalidated_connection_has_nothing_to_give_back(opened: Any) -> None:
    with acting_as(opened, "user_ann"):
        connection = opened.connection() if isinstance(opened, Session) else opened
        connection.execute(WHO)
        connection.invalidate()
    opened.rollback()
    assert who(opened) == login(opened)


def test_a_pooled_connection_keeps_nothing_even_without_a_reset(people_url: str, web: str) -> None:
    """R13, R14: the setting ends with its transaction, so another client of a pooler cannot meet it."""
    engine = database.engine(
        login_url(people_url, web), pool_size=1, max_overflow=0, pool_reset_on_return=None
    )
    for _ in range(2):
        with engine.connect() as connection:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            with acting_as(connection, "user_ann"):
                assert connection.scalars(TITLES).all() == ["user_ann"]
                connection.commit()
        with engine.connect() as connection:
            assert connection.connection.driver_connection.info.backend_pid == pid  # type: ignore[union-attr]
            assert who(connection) == (web, "")
            connection.execute(sa.text("SET LOCAL ROLE app_user"))
            assert connection.scalars(TITLES).all() == []
            connection.commit()
    engine.dispose()


def test_changes_are_written_by_who_made_them(web_engine: sa.Engine) -> None:
    with Session(web_engine, autoflush=False) as session:
        with acting_as(session, None, role="service_account"):
            ids = {other.clerk_id: other.id for other in session.scalars(sa.select(User))}
        with acting_as(session, "user_ann"):
            session.add(Project(user_id=ids["user_ann"], name="of ann"))
            with acting_as(session, "user_bob"):
                session.add(Project(user_id=ids["user_bob"], name="of bob"))
            assert session.scalars(sa.select(Project.name)).all() == ["of ann"]
        with acting_as(session, None, role="service_account"):
            assert set(session.scalars(sa.select(Project.name))) == {"of ann", "of bob"}
        session.rollback()


def test_an_object_that_has_no_key_yet_is_written_by_who_added_it(web_engine: sa.Engine) -> None:
    """It was added in the role of the service, and would be refused, or written as his own, by another."""
    with Session(web_engine, autoflush=False) as session:
        with acting_as(session, None, role="service_account"):
            bob = session.scalars(sa.select(User.id).where(User.clerk_id == "user_bob")).one()
            project = Project(user_id=bob, name="of the service")
            session.add(project)
            assert sa.inspect(project).identity_key is None
            with acting_as(session, "user_ann"):
                assert sa.inspect(project).persistent, "it was written on the way in"
                assert session.scalars(sa.select(Project.name)).all() == []
        session.rollback()
        session.add(Project(user_id=bob, name="of the login"))
        with pytest.raises(ProgrammingError, match="permission denied"), acting_as(session, "user_bob"):
            raise AssertionError("the login may write nothing, and nobody writes it in its place")


def test_a_scoped_session_acts(web_engine: sa.Engine) -> None:
    scope = scoped_session(sessionmaker(web_engine))
    with acting_as(scope, "user_ann") as same:
        assert same is scope
        for end in (scope.commit, scope.rollback, scope.commit):
            assert scope.execute(WHO).one() == ("app_user", "user_ann")
            end()
        with acting_as(scope, None, role="service_account"):
            assert len(scope.scalars(TITLES).all()) == 3
        assert scope.scalars(TITLES).all() == ["user_ann"]
    assert scope.execute(WHO).one() == (web_engine.url.username, "")
    with acting_as(scope, "user_ann"):
        scope.scalars(TITLES).all()
        scope.remove()
    block = acting_as(scope, "user_ann")
    block.__enter__()
    scope.remove()
    scope.execute(WHO)
    with pytest.raises(IdentityError, match="call remove\\(\\) after the block"):
        block.__exit__(None, None, None)
    scope.remove()


def test_an_async_scoped_session_acts(web_engine: sa.Engine) -> None:
    async def run() -> None:
        engine = create_async_engine(web_engine.url, pool_size=1, max_overflow=0)
        scope = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)
        async with acting_as(scope, "user_ann") as same:
            assert same is scope
            assert (await scope.scalars(TITLES)).all() == ["user_ann"]
            await scope.commit()
            assert (await scope.execute(WHO)).one() == ("app_user", "user_ann")
        assert (await scope.execute(WHO)).one() == (web_engine.url.username, "")
        block = acting_as(scope, "user_ann")
        await block.__aenter__()
        await scope.remove()
        await scope.execute(WHO)
        with pytest.raises(IdentityError, match="after the block"):
            await block.__aexit__(None, None, None)
        await scope.remove()
        await engine.dispose()

    asyncio.run(run())


def test_loaded_objects_are_not_handed_on(web_engine: sa.Engine) -> None:
    with Session(web_engine) as session:
        with acting_as(session, "user_admin"):
            bob = session.scalars(sa.select(User).where(User.clerk_id == "user_bob")).one()
            key = bob.id
        with acting_as(session, "user_ann"):
            assert session.get(User, key) is None
            with acting_as(session, "user_bob"):
                kept = session.get(User, key)
                assert kept is not None
            assert session.get(User, key) is None


@pytest.mark.parametrize("mode", ["create_savepoint", "rollback_only"])
def test_session_in_the_transaction_of_another(web_engine: sa.Engine, mode: Any) -> None:
    with web_engine.connect() as connection:
        with Session(connection, join_transaction_mode=mode) as session:
            connection.begin()
            with acting_as(session, "user_ann"):
                for _ in range(2):
                    assert who(session) == ("app_user", "user_ann")
                    session.commit()
                assert who(session) == ("app_user", "user_ann")
            for person in ("user_bob", "user_ann"):
                with acting_as(session, person):
                    assert who(session) == ("app_user", person)
        assert connection.in_transaction()
        assert who(connection) == login(connection)


def test_every_connection_of_a_session_acts(web_engine: sa.Engine, people_url: str, web: str) -> None:
    other = database.engine(login_url(people_url, web))
    with Session(binds={User: other, MusicSession: web_engine}) as session:
        session.connection(bind_arguments={"mapper": User})
        with acting_as(session, "user_ann"):
            assert session.scalars(TITLES).all() == ["user_ann"]
            assert session.scalars(sa.select(User.clerk_id)).all() == ["user_ann"]
    other.dispose()


def test_async_blocks(web_engine: sa.Engine) -> None:
    async def run() -> None:
        engine = create_async_engine(web_engine.url, pool_size=1, max_overflow=0)
        async with AsyncSession(engine) as session:
            async with acting_as(session, "user_ann") as same:
                assert same is session
                for end in (session.commit, session.rollback, session.commit):
                    assert (await session.scalars(TITLES)).all() == ["user_ann"]
                    await end()
                await session.execute(WHO)
                async with session.begin_nested(), acting_as(session, None, role="service_account"):
                    assert len((await session.scalars(TITLES)).all()) == 3
                assert (await session.execute(WHO)).one() == ("app_user", "user_ann")
            assert (await session.execute(WHO)).one() == (web_engine.url.username, "")
        async with engine.connect() as connection:
            async with acting_as(connection, "user_bob"):
                assert (await connection.scalars(TITLES)).all() == ["user_bob"]
                await connection.commit()
                assert (await connection.scalars(TITLES)).all() == ["user_bob"]
            assert (await connection.execute(WHO)).one() == (web_engine.url.username, "")
        with pytest.raises(IdentityError, match="await it before"):
            async with acting_as(engine.connect(), "user_bob"):
                pass
        await engine.dispose()

    asyncio.run(run())
