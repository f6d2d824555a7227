from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa
from commands import NOWHERE, Run, data
from declaring import declaring
from lineage import head
from psycopg import sql
from syrupy.assertion import SnapshotAssertion

from app_schema import database, embedded, url
from app_schema.ddl import Extension, attach
from app_schema.overview import overview
from app_schema.target import Target


@pytest.mark.parametrize("state", ["fresh", "full", "broken"])
def test_database_is_told_what_is_there_and_what_to_mend(
    run: Run, states: dict[str, str], state: str, snapshot: SnapshotAssertion
) -> None:
    assert run(states[state], "connect") == snapshot


def test_each_object_is_listed_on_demand(
    run: Run, states: dict[str, str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["full"], "connect", "--all") == snapshot


def test_no_server_is_one_sentence(run: Run, snapshot: SnapshotAssertion) -> None:
    assert run(NOWHERE, "connect") == snapshot


def test_json_holds_the_same(run: Run, states: dict[str, str]) -> None:
    found = data(run(states["full"], "connect", "--json"))
    assert found["here"] == found["heads"] == [head()]
    assert len(found["tables"]) == 30
    assert found["problems"] == []
    assert found["server"]["round_trip"] > 0


def test_extensions_and_what_they_bring_are_no_tables_of_ours(run: Run, empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute('CREATE TABLE "our:table" ("a:b" int)')
        connection.execute('INSERT INTO "our:table" VALUES (1)')
    said = run(empty_url, "connect", "--all")
    assert "public   our:table      1" in said
    assert "pg_stat_statements" not in said


@contextmanager
def _role(admin_url: str, options: str) -> Iterator[str]:
    """A URL with the name and the password of a role that is made for it."""
    parsed = url.parse(admin_url)
    name = f"stranger_{parsed.database}"
    identifier = sql.Identifier(name)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} " + options).format(identifier))
        made = parsed.set(drivername="postgresql", username=name, password="s3cret")
        try:
            yield made.render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(identifier))


def test_password_is_hidden(run: Run, states: dict[str, str]) -> None:
    with _role(states["full"], "LOGIN SUPERUSER PASSWORD 's3cret'") as secret:
        said = run(secret, "connect")  # the fixture looks for it
    assert said.startswith("exit code 0")


def test_embedded_server_gives_the_line_to_paste(
    run: Run, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "start", lambda: states["full"])
    monkeypatch.setattr(monkeypatch, "setenv", lambda *_: None)
    assert f"export DATABASE_URL='{url.show(url.parse(states['full']))}'" in run(
        "postgresql://somewhere/else", "connect"
    )


@pytest.fixture
def stranger(database_url: str) -> Iterator[str]:
    """A role that owns nothing, made for the test."""
    with _role(database_url, "LOGIN PASSWORD 's3cret'") as made:
        yield made


def test_role_that_owns_nothing_is_told_so(run: Run, stranger: str) -> None:
    said = run(stranger, "connect", "--all")
    assert "not to stranger_" in said
    assert ": migrate as their owner." in said
    assert "-\n" in said  # rows that it may not count


def test_rows_of_a_large_table_are_an_estimate_and_said_to_be_one(
    run: Run, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(full_url) as connection:  # nobody has run ANALYZE
        connection.execute(
            "INSERT INTO public.webhook_events (event_id, type, source) SELECT n, 't', 'stripe'"
            " FROM generate_series(1, 2000) AS n"
        )
    monkeypatch.setattr("app_schema.overview.COUNTED", 100_000)
    found = {table["name"]: table for table in data(run(full_url, "connect", "--json"))["tables"]}
    assert found["webhook_events"]["estimated"]
    assert 500 < found["webhook_events"]["rows"] < 8000
    assert (found["users"]["estimated"], found["users"]["rows"]) == (False, 6)


def test_what_takes_no_writes_is_told_so(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    said = run(database_url, "connect")
    assert said.startswith("exit code 1")
    assert (
        "The session is read-only (default_transaction_read_only is on for the server, the database" in said
    )
    assert "standby" not in said
    server = next(seen for seen in data(run(database_url, "doctor", "--json")) if seen["name"] == "server")
    assert "The session is read-only" in server["remedy"]
    assert server["see"] == "see docs/troubleshooting.md#read-only"
    rehearsed = run(database_url, "rollback", "--dry-run")
    assert rehearsed.startswith("exit code 0\n"), rehearsed
    assert "1 revision would be undone; nothing was." in rehearsed
    rolled = run(database_url, "rollback")
    assert rolled.startswith("exit code 2\n")
    assert "The session is read-only" in rolled


def test_another_encoding_is_told(run: Run, empty_url: str) -> None:
    latin = f"{url.parse(empty_url).database}_latin"
    name = sql.Identifier(latin)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'").format(name)
        )
        try:
            other = url.parse(empty_url).set(drivername="postgresql", database=latin)
            assert "The encoding is LATIN1" in run(other.render_as_string(hide_password=False), "connect")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {}").format(name))


def test_extension_that_is_not_there_or_too_old_is_told(states: dict[str, str]) -> None:
    full_url = states["full"]
    metadata = sa.MetaData()
    attach(metadata, Extension("no_such_thing"), Extension("vector", version="99.1"))
    target = Target(url.parse(full_url), "a test")
    with database.connect(database.engine(full_url, direct=True)) as connection:
        seen = overview(connection, target, declaring(metadata))
    assert len(seen.problems) == 2
    assert "no extension no_such_thing" in seen.problems[0]
    assert "ALTER EXTENSION vector UPDATE" in seen.problems[1]
