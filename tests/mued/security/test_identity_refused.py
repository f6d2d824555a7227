"""Where it cannot be said who is asking, nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from asking import TITLES, WHO, login, who
from logins import login_url
from sqlalchemy.exc import PendingRollbackError, ProgrammingError, ResourceClosedError
from sqlalchemy.orm import Session

from app_schema import IdentityError, database, identity, identity_setting
from app_schema.identity import acting_as
from app_schema.models import Project, User
from app_schema.mued.application import APPLICATION


@pytest.mark.parametrize(
    ("clerk_id", "sentence"),
    [
        ("", "is empty: pass None"),
        ("user\0", "cannot store"),
        ("user\ud800", "cannot store"),
        (42, "a string or None, not int"),
    ],
)
def test_what_is_no_id_is_refused(opened: Any, clerk_id: Any, sentence: str) -> None:
    with pytest.raises(IdentityError, match=sentence):
        acting_as(opened, clerk_id)


def test_what_is_no_role_or_target_is_refused(opened: Any, web_engine: sa.Engine) -> None:
    with pytest.raises(IdentityError, match="'postgres' is none of app_user, service_account"):
        acting_as(opened, "user_ann", role="postgres")
    with pytest.raises(IdentityError, match="needs a session or a connection, not Engine"):
        acting_as(web_engine, "user_ann")  # type: ignore[call-overload]


def test_a_closed_connection_is_refused(web_engine: sa.Engine) -> None:
    with web_engine.connect() as connection:
        pass
    with pytest.raises(IdentityError, match="closed"), acting_as(connection, "user_ann"):
        pass


def test_a_connection_that_dies_at_the_end_of_the_block_is_an_error(opened: Any, people_url: str) -> None:
    def act() -> None:
        with acting_as(opened, "user_ann"):
            pid = opened.scalar(sa.text("SELECT pg_backend_pid()"))
            admin = database.engine(people_url, poolclass=sa.NullPool)
            with admin.connect() as connection:
                connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    with pytest.raises(sa.exc.OperationalError):
        act()
    opened.rollback()
    assert who(opened) == login(opened)


def test_without_membership_nothing_runs(people_url: str, create_login: Callable[..., str]) -> None:
    stranger = create_login()
    engine = database.engine(login_url(people_url, stranger))
    with Session(engine) as session, acting_as(session, "user_ann"):
        for _ in range(2):
            with pytest.raises(IdentityError, match=f"GRANT app_user TO {stranger};"):
                session.execute(WHO)
            with pytest.raises(PendingRollbackError):
                session.execute(WHO)
            session.rollback()
    with engine.connect() as connection, acting_as(connection, "user_ann"):
        with pytest.raises(IdentityError, match="no member"):
            connection.execute(WHO)
        with pytest.raises(ResourceClosedError):
            connection.execute(WHO)
    engine.dispose()


def test_a_missing_role_is_named(web_engine: sa.Engine) -> None:
    assert APPLICATION.acting is not None
    nobody = identity_setting.Identity("user_ann", "no_such_role", APPLICATION.acting)
    block = identity._Block(Session(web_engine), nobody)
    with block as session, pytest.raises(IdentityError, match="no_such_role does not exist on this server"):
        session.execute(WHO)


def test_autocommit_is_refused_and_nothing_runs(people_url: str) -> None:
    """The login owns everything here: a session that fell back to it would see all rows."""
    engine = database.engine(people_url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session, acting_as(session, "user_ann"):
        with pytest.raises(IdentityError, match="AUTOCOMMIT"):
            session.execute(TITLES)
        with pytest.raises(PendingRollbackError):
            session.execute(TITLES)
    with engine.connect() as connection, acting_as(connection, "user_ann"):
        with pytest.raises(IdentityError, match="AUTOCOMMIT"):
            connection.execute(TITLES)
        with pytest.raises(ResourceClosedError):
            connection.execute(TITLES)
    engine.dispose()


def test_two_phase_connection_is_refused(web_engine: sa.Engine) -> None:
    with web_engine.connect() as connection, acting_as(connection, "user_ann"):
        with pytest.raises(IdentityError, match=r"Session\(twophase=True\)"):
            connection.begin_twophase()
        with pytest.raises(ResourceClosedError):
            connection.execute(TITLES)


def test_a_change_that_is_not_the_persons_is_refused_at_the_end_of_the_block(web_engine: sa.Engine) -> None:
    def act(session: Session) -> None:
        with acting_as(session, None, role="service_account"):
            bob = session.scalars(sa.select(User.id).where(User.clerk_id == "user_bob")).one()
        with acting_as(session, "user_ann"):
            session.add(Project(user_id=bob, name="not mine"))

    with Session(web_engine) as session:
        with pytest.raises(ProgrammingError, match="row-level security"):
            act(session)
        assert not session.in_transaction()
