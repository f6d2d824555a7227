from __future__ import annotations

import socket
import time
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest
import sqlalchemy as sa
from fake_server import FakeServer
from program import alembic
from sqlalchemy.exc import DBAPIError

from app_schema import database, embedded, url
from app_schema.catalog.reading import search_path
from app_schema.errors import ConfigurationError, ServerError
from app_schema.target import EMBEDDED, Target

NEON = "postgresql://u:s3cret@ep-cool-darkness-123456-pooler.eu.neon.tech/d"


@pytest.fixture(autouse=True)
def _no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, **settings: str) -> None:
    Path(name).write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def host(*, direct: bool = False) -> str | None:
    found = database.configured(direct=direct)
    return found.url.host if found else None


def test_configured_nothing_set_is_none() -> None:
    assert database.configured() is None


def test_configured_environment_wins_over_env_local_over_env(monkeypatch: pytest.MonkeyPatch) -> None:
    write(".env", DATABASE_URL="postgresql://weakest/d", OTHER="x")
    assert host() == "weakest"
    write(".env.local", DATABASE_URL="'postgresql://stronger/d'")
    assert host() == "stronger"
    monkeypatch.setenv("DATABASE_URL", "postgresql://strongest/d")
    assert host() == "strongest"
    monkeypatch.setenv("DATABASE_URL", "")
    assert host() == "stronger"


def test_configured_direct_url_is_taken_for_migrations_only() -> None:
    write(".env", DATABASE_URL="postgresql://pooled/d", DIRECT_DATABASE_URL="postgresql://direct/d")
    assert (host(), host(direct=True)) == ("pooled", "direct")


def test_configured_direct_url_of_a_weaker_place_is_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    write(".env", DATABASE_URL="postgresql://weak/d", DIRECT_DATABASE_URL="postgresql://weak-direct/d")
    monkeypatch.setenv("DATABASE_URL", "postgresql://strong/d")
    assert host(direct=True) == "strong"
    monkeypatch.setenv("DIRECT_DATABASE_URL", "postgresql://strong-direct/d")
    assert host(direct=True) == "strong-direct"


def test_configured_only_the_direct_url_serves_both() -> None:
    write(".env.local", DIRECT_DATABASE_URL="postgresql://direct/d")
    assert (host(), host(direct=True)) == ("direct", "direct")


def test_configured_percent_sign_in_a_file_is_kept() -> None:
    write(".env", DATABASE_URL="postgresql://u:50%@h/d?options=endpoint%3Dep-x")
    found = database.configured()
    assert found
    assert (found.url.password, found.url.query["options"]) == ("50%", "endpoint=ep-x")


def test_configured_file_of_another_encoding_is_one_sentence() -> None:
    Path(".env").write_bytes(b"DATABASE_URL=\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"^\.env cannot be read: byte 13 is no UTF-8\.$"):
        database.configured()


def test_settings_and_targets_never_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", NEON)
    monkeypatch.setenv("DIRECT_DATABASE_URL", NEON)
    shown = [database.settings(), database.configured(), database.url(), database.engine()]
    for thing in shown:
        assert "s3cret" not in repr(thing) + str(thing)


def test_url_without_settings_starts_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "start", lambda: "postgresql://postgres@/postgres?host=/run/here&port=5432")
    assert database.target() == Target(database.url(), EMBEDDED)
    assert database.url().query["host"] == "/run/here"


@pytest.mark.parametrize("given", [NEON, None])
def test_engine_direct_takes_the_direct_endpoint_and_says_so(
    given: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NEON)
    engine = database.engine(given, direct=True)
    assert engine.url.host == "ep-cool-darkness-123456.eu.neon.tech"
    assert isinstance(engine.pool, sa.NullPool)
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n"), "s3cret" in said.err) == ("", 1, False)
    assert "ep-cool-darkness-123456.eu.neon.tech" in said.err


def test_engine_pooled_stays_pooled(capsys: pytest.CaptureFixture[str]) -> None:
    assert database.engine(NEON).url.host == "ep-cool-darkness-123456-pooler.eu.neon.tech"
    assert capsys.readouterr().err == ""


def test_engine_connection_is_named_and_prepares_nothing(empty_url: str) -> None:
    with database.connect(database.engine(empty_url, direct=True)) as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        assert raw.prepare_threshold is None
        assert raw.info.get_parameters()["connect_timeout"] == "10"
        assert connection.scalar(sa.text("SHOW application_name")) == "app_schema"


def test_engine_url_and_arguments_win_over_defaults(empty_url: str) -> None:
    named = database.engine(
        url.parse(empty_url).update_query_dict({"application_name": "mine", "connect_timeout": "3"}),
        connect_args={"prepare_threshold": 5},
    )
    with named.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        assert (raw.prepare_threshold, raw.info.get_parameters()["connect_timeout"]) == (5, "3")
        assert connection.scalar(sa.text("SHOW application_name")) == "mine"
    named.dispose()


def free_port() -> int:
    with FakeServer() as server:
        return server.port


def test_connect_unreachable_server_is_one_sentence() -> None:
    port = free_port()
    engine = database.engine(f"postgresql://u:s3cret@127.0.0.1:{port}/d", direct=True)
    with pytest.raises(ServerError) as caught:
        database.connect(engine, tries=2)
    reason = f'connection to server at "127.0.0.1", port {port} failed: Connection refused'
    assert str(caught.value) == f"The server cannot be reached: {reason}."


def test_connect_waits_for_a_server_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    servers: list[FakeServer] = []

    def start(_seconds: float) -> None:
        servers.append(FakeServer("17.2", port=port).__enter__())

    monkeypatch.setattr(time, "sleep", start)
    engine = database.engine(f"postgresql://127.0.0.1:{port}/d", direct=True)
    try:
        database.connect(engine).close()
    finally:
        for server in servers:
            server.__exit__()
    assert len(servers) == 1


def test_connect_older_server_is_refused() -> None:
    with FakeServer("14.11") as server, pytest.raises(ServerError) as caught:
        database.connect(database.engine(server.url, direct=True))
    assert str(caught.value) == "The server is PostgreSQL 14.11; PostgreSQL 15 or later is needed."


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        ("28P01", 'password authentication failed for user "u"', "The server refuses the password"),
        ("28000", 'role "u" does not exist', "The server refuses the login"),
        ("28000", 'no pg_hba.conf entry for host "h"', "The server refuses the login"),
        ("3D000", 'database "d" does not exist', "The server does not know the database"),
        ("42501", 'permission denied for database "d"', "The server refuses permission"),
        (
            "28P01",
            "Passwort-Authentifizierung fehlgeschlagen",
            "The server refuses the password",
        ),
        ("3D000", 'データベース"d"は存在しません', "The server does not know the database"),
        ("53300", "sorry, too many clients already", "The server has no connection left"),
        ("57P03", "the database system is starting up", "The server is starting or stopping"),
        ("XX000", "Anmeldung unmöglich", "The server cannot be used"),
    ],
)
def test_describe_failure_of_a_refused_login_is_one_sentence(code: str, message: str, verdict: str) -> None:
    with FakeServer(refusal=(code, message)) as server, pytest.raises(ServerError) as caught:
        database.connect(database.engine(server.url, direct=True), tries=1)
    said = str(caught.value)
    assert said.startswith(verdict)
    assert said.endswith(f"{message}.")
    assert "s3cret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("code", "passing"),
    [
        ("53300", True),  # no slots left
        ("57P03", True),  # starting, stopping, in crash recovery, not yet accepting connections
        ("XX000", True),  # as a suspended compute of Neon says
        ("55000", True),
        ("28P01", False),
        ("28000", False),
        ("3D000", False),
        ("42501", False),
        ("08P01", False),
    ],
)
def test_connect_tries_again_by_sqlstate_and_not_by_words(
    code: str, monkeypatch: pytest.MonkeyPatch, *, passing: bool
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with FakeServer(refusal=(code, "申し訳ありません")) as server, pytest.raises(ServerError):
        database.connect(database.engine(server.url, direct=True), tries=3)
    assert len(pauses) == (2 if passing else 0)


def test_connect_unknown_host_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("tried again"))

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ServerError, match=r"^The server cannot be found by its name: "):
        database.connect(database.engine("postgresql://nowhere.invalid/d", direct=True))


def test_describe_failure_of_a_statement_gives_the_servers_words(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
    said = 'PostgreSQL says: relation "nowhere" does not exist (SQLSTATE 42P01).'
    assert database.describe_failure(caught.value) == said
    assert isinstance(caught.value.orig, psycopg.Error)
    assert database.describe_failure(caught.value.orig) == said


def refused(result: CompletedProcess[str]) -> str:
    """The one sentence of a command that failed as it should."""
    assert result.returncode in {2, 255}  # ours, and of what Alembic itself refuses
    said = result.stdout + result.stderr
    assert "Traceback" not in said
    assert "s3cret" not in said
    (sentence,) = [line for line in said.splitlines() if "FAILED: " in line]
    return sentence.partition("FAILED: ")[2]


def test_upgrade_wrong_url_fails_with_one_sentence() -> None:
    sentence = refused(alembic("postgresql://u:s3cret@h:port/d", "upgrade", "head"))
    assert sentence.startswith("DATABASE_URL cannot be understood: ")


def test_upgrade_unreachable_server_fails_with_one_sentence() -> None:
    sentence = refused(alembic(f"postgresql://u:s3cret@127.0.0.1:{free_port()}/d", "upgrade", "head"))
    assert sentence.startswith("The server cannot be reached: ")


def test_upgrade_older_server_fails_with_one_sentence() -> None:
    with FakeServer("14.11") as server:
        sentence = refused(alembic(server.url, "upgrade", "head"))
    assert sentence == "The server is PostgreSQL 14.11; PostgreSQL 15 or later is needed."


def test_upgrade_wrong_password_fails_with_one_sentence() -> None:
    with FakeServer(refusal=("28P01", 'password authentication failed for user "u"')) as server:
        sentence = refused(alembic(server.url, "upgrade", "head"))
    assert sentence.startswith("The server refuses the password: ")


def test_upgrade_unknown_database_fails_with_one_sentence(server_url: str) -> None:
    unknown = url.parse(server_url).set(drivername="postgresql", database="nowhere")
    sentence = refused(alembic(unknown.render_as_string(hide_password=False), "upgrade", "head"))
    assert sentence.startswith("The server does not know the database: ")


def test_lost_connection_is_told_and_not_what_the_end_of_a_block_meets(empty_engine: sa.Engine) -> None:
    with (
        pytest.raises(sa.exc.OperationalError, match="terminating connection"),
        empty_engine.connect() as connection,
        search_path(connection, "app"),
    ):
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with (
        pytest.raises(sa.exc.ProgrammingError, match="absent"),
        empty_engine.connect() as connection,
        search_path(connection, "app"),
    ):
        connection.execute(sa.text("SELECT absent"))
