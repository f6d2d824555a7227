"""A run that cannot end well does not begin, and Ctrl-C ends one at once."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from psycopg import sql
from written import Written, heads, leftovers, one, rows, table

from app_schema import url as urls
from app_schema.ddl import Create, Role
from app_schema.errors import ServerError
from app_schema.migrations import upgrade
from app_schema.migrations.preflight import check, refuse_unwritable
from app_schema.migrations.session import Facts, MigrationSession

KEEP = "write login=True, or login=None to keep it, in the revision too"


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def _nothing(url: str) -> bool:
    return one(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


def test_read_only_session_is_refused(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    with pytest.raises(CommandError, match="The session is read-only"):
        written.upgrade(empty_url)


def test_missing_privileges_are_all_named_before_the_first_statement(
    empty_url: str, written: Written
) -> None:
    role = f"app_schema_test_poor_{os.getpid()}"
    written.add(table("a"))
    written.add(
        f"""
        op.create_extension("no_such_extension")
        op.create_extension("vector", schema="public")
        op.create_extension("pg_trgm")
        op.create_role("{role}_other")
        op.create_schema("other")
        op.create_grant("USAGE", to="{role}", schema="public")
        op.create_grant(["USAGE", "CREATE"], to="PUBLIC", schema="secret")
        op.create_table("b", sa.Column("id", sa.Integer()), schema="secret")
        """
    )
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'poor'".encode())
        connection.execute(f"CREATE SCHEMA secret; GRANT CREATE ON SCHEMA public TO {role}".encode())
        try:
            url = (
                urls.parse(empty_url)
                .set(username=role, password="poor")
                .render_as_string(hide_password=False)
            )
            with pytest.raises(CommandError) as caught:
                written.upgrade(url)
        finally:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    said = str(caught.value)
    assert said.startswith("the pending revisions cannot be applied here")
    for line in (
        "the extension no_such_extension is not available on this server: install it, or enable it",
        (
            f"{role} may not create the extension vector: as a superuser or in the provider's console, run "
            "CREATE EXTENSION vector SCHEMA public\n"
        ),
        f"{role} may not create the extension pg_trgm: GRANT CREATE ON DATABASE",
        (
            f"{role} may not grant on the schema secret: ALTER SCHEMA secret OWNER TO {role}; or as its "
            "owner, GRANT CREATE, USAGE ON SCHEMA secret TO PUBLIC\n"
        ),
        f"{role} may not grant on the schema public: ALTER DATABASE",
        f"{role} may not create the role {role}_other: ALTER ROLE {role} CREATEROLE",
        f"{role} may not create the schema other: GRANT CREATE ON DATABASE",
        f"{role} may not create tables in the schema secret: GRANT CREATE ON SCHEMA secret TO {role}",
    ):
        assert line in said
    assert _nothing(empty_url)


@pytest.fixture
def role(server_url: str) -> Iterator[str]:
    """A role's name of the test's own; it goes after the databases."""
    name = f"app_schema_test_role_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        for item in (name, f"{name}_a", f"{name}_b"):
            connection.execute(f"DROP ROLE IF EXISTS {item}".encode())


@pytest.fixture
def role_url(role: str, empty_url: str) -> str:
    del role
    return empty_url


@pytest.mark.parametrize(
    ("has", "said", "remedy"),
    [
        ("LOGIN", "it has LOGIN, declared is NOLOGIN; ", KEEP),
        ("BYPASSRLS", "it has BYPASSRLS, declared is NOBYPASSRLS; ", "ALTER ROLE {} NOBYPASSRLS"),
        (
            "LOGIN NOINHERIT",
            "it has LOGIN NOINHERIT, declared is NOLOGIN INHERIT; ",
            f"ALTER ROLE {{}} INHERIT; or {KEEP}",
        ),
    ],
)
def test_role_with_other_attributes_stops_the_run_before_it_begins(
    role: str, role_url: str, written: Written, has: str, said: str, remedy: str
) -> None:
    written.add(table("a"))
    written.add(f"op.create_role('{role}')")
    with psycopg.connect(role_url) as connection:
        connection.execute(f"CREATE ROLE {role} {has}".encode())
    with pytest.raises(CommandError) as caught:
        written.upgrade(role_url)
    words = f"the role {role} already exists with other attributes: {said}{remedy.format(role)}"
    assert str(caught.value).splitlines()[1].strip() == words
    assert "NOLOGIN" not in remedy
    assert _nothing(role_url)


def test_guard_of_a_role_never_tells_to_take_login_away(role: str, role_url: str) -> None:
    with psycopg.connect(role_url) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN CREATEDB".encode())
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(Create(Role(role)).sql().encode())
    hint = caught.value.diag.message_hint or ""
    assert hint.startswith(f"ALTER ROLE {role} NOSUPERUSER NOCREATEDB")
    assert "NOLOGIN" not in hint


def test_role_that_another_owner_made_stays_when_its_revision_is_undone(
    role: str, role_url: str, written: Written
) -> None:
    """Two owners of two databases, none of them a superuser: who made the role may drop it, the other not."""
    first, second = f"{role}_a", f"{role}_b"
    written.add(f"op.create_role('{role}')", f"op.drop_role('{role}')")
    with psycopg.connect(role_url, autocommit=True) as connection:
        for owner in (first, second):
            connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'x'".encode())
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {owner}".encode())
    urls_of = {
        owner: urls.parse(role_url).set(username=owner, password="x").render_as_string(hide_password=False)
        for owner in (first, second)
    }
    try:
        written.upgrade(urls_of[first])
        with psycopg.connect(role_url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE alembic_version OWNER TO {second}".encode())
        written.downgrade(urls_of[second])
        assert heads(role_url) == []
        assert one(role_url, f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'") == 1
    finally:
        with psycopg.connect(role_url, autocommit=True) as connection:
            for owner in (first, second):
                connection.execute(f"DROP OWNED BY {owner}".encode())


class _Lent(MigrationSession):
    """A session behind a pooler: the server named another backend at login than the one that answers."""

    def __init__(self, session: MigrationSession) -> None:
        self.__dict__ |= session.__dict__
        self.pid = 1


@pytest.mark.parametrize("lends", ["transaction", "session"])
def test_pooler_is_told_by_what_it_does(empty_engine: sa.Engine, lends: str) -> None:
    with empty_engine.connect() as connection, pytest.MonkeyPatch.context() as patch:
        session = _Lent(MigrationSession(connection, "alembic_version", "public", "public"))
        facts = session.facts()
        assert session.fetch("SHOW search_path") == ['"$user", public'], "nothing was set"
        if lends == "transaction":
            patch.setattr(psycopg, "connect", lambda **_: _Same(session))
            with pytest.raises(ServerError, match="uses a transaction pooler"):
                check(session, facts)
        else:
            check(session, facts)
            assert session.facts().pid == session.pid
            assert session.fetch("SHOW search_path") == ["public"]


class _Same:
    """The other end of a pooler that lends the one backend it has to whoever asks."""

    def __init__(self, session: MigrationSession) -> None:
        self.driver = session.driver

    def __enter__(self) -> object:
        return self.driver

    def __exit__(self, *_: object) -> None:
        pass


def test_replica_is_refused() -> None:
    facts = Facts(
        1, recovery=True, read_only=True, free_slots=9, versioned=True, narrow=False, heads=(), before={}
    )
    with pytest.raises(ServerError, match="The server is a read replica"):
        refuse_unwritable(facts)


def test_ctrl_c_stops_at_once_and_says_what_has_landed(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add("op.execute('SELECT pg_sleep(60)')")
    command = [sys.executable, "-m", "alembic", "-c", str(written.ini()), "upgrade", "head"]
    process = subprocess.Popen(
        command, env=os.environ | {"DATABASE_URL": empty_url}, stderr=subprocess.PIPE, text=True
    )
    find = "SELECT FROM pg_stat_activity WHERE (application_name, wait_event) = ('app_schema: r2', 'PgSleep')"
    deadline = time.monotonic() + 30
    while not rows(empty_url, find):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "app_schema: stopped; r1 applied. To continue, run the same command again." in said
    assert "Traceback" not in said
    assert heads(empty_url) == ["r1"]
    assert leftovers(empty_url) == 0


def test_clean_upgrade_says_nothing_on_stdout(empty_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    upgrade(empty_url, "0000_initial_schema")
    assert capsys.readouterr() == ("", "")
