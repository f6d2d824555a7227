"""The remedy of audit for an owner who is a member of app_user: no policy calls itself without end."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from giving import give_away
from logins import CreateLogin, login_url
from psycopg import sql
from sqlalchemy.orm import Session

from app_schema import database
from app_schema.audit import audit
from app_schema.identity import acting_as
from app_schema.models import Base, User

PERSON = "INSERT INTO public.users (clerk_id, email, role) VALUES ('user_ann', 'a@example.org', 'student')"


def _mends(url: str, owner: str) -> set[str]:
    engine = database.engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = audit(connection, Base.metadata)
    return {
        finding.mend
        for finding in found
        if finding.check == "application_role_owns_table" and f"{owner}, which" in finding.message
    }


def test_owner_who_is_a_member_of_app_user(database_url: str, create_login: CreateLogin, web: str) -> None:
    owner = create_login()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} INHERIT").format(sql.Identifier(owner)))
        connection.execute(sql.SQL("GRANT app_user TO {}").format(sql.Identifier(owner)))
        connection.execute(PERSON)
        give_away(connection, owner)
        mends = _mends(database_url, owner)
        assert len(mends) == 1, "one statement for all tables"
        assert "FORCE" not in min(mends)
        connection.execute(min(mends).encode())
    assert _mends(database_url, owner) == set()
    engine = database.engine(login_url(database_url, web), poolclass=sa.NullPool)
    with Session(engine) as session, acting_as(session, "user_ann"):
        assert session.scalars(sa.select(User.clerk_id)).all() == ["user_ann"]
    engine.dispose()
