"""One list of settings holds on every path, whatever the server, the database or the role have set."""

from __future__ import annotations

import json
import socket
import time
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from lineage import statements
from psycopg import sql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from typer.testing import CliRunner

from app_schema import database, migrations, pinned
from app_schema.catalog import snapshot
from app_schema.cli import app
from app_schema.ddl import Key
from app_schema.studio.session import sessions
from app_schema.testing.plugin import CreateDatabase
from app_schema.url import parse

pytestmark = pytest.mark.part(of=6)

HOSTILE = {
    "TimeZone": "Asia/Tokyo",
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-5",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "row_security": "on",
    "search_path": "nowhere, pg_temp",
    "statement_timeout": "9s",
    "idle_in_transaction_session_timeout": "5s",
    "idle_session_timeout": "5s",
    "default_transaction_isolation": "serializable",
    "check_function_bodies": "off",
    "client_encoding": "LATIN1",
    "plpgsql.extra_errors": "all",
}
"""Settings that a DBA may have set for a database."""


_BACKSLASHES = r"""
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("t", sa.Column("a", sa.Text, server_default="a\\nb'"), schema="public")
    op.add_column("t", sa.Column("b", sa.Text, server_default="a\\nb'"), schema="public")
    default = sa.text("'\\xff'::bytea")
    op.add_column("t", sa.Column("c", sa.LargeBinary, server_default=default), schema="public")
"""
_ENV = r"""
import asyncio

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from app_schema.migrations import context

metadata = sa.MetaData()
default = sa.text("'\\xff'::bytea")
columns = [sa.Column("a", sa.Text, server_default="a\\nb'"), sa.Column("b", sa.Text, server_default="a\\nb'")]
sa.Table("t", metadata, *columns, sa.Column("c", sa.LargeBinary, server_default=default), schema="public")
QUERY = sa.select(sa.literal("\\").label("x"))


def go(connection):
    context.configure(connection=connection, target_metadata=metadata, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine({url!r}, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(go)
        await connection.rollback()
        literal = QUERY.compile(dialect=connection.dialect, compile_kwargs={{"literal_binds": True}})
        assert await connection.scalar(sa.text(str(literal))) == "\\"
    await engine.dispose()


asyncio.run(main())
"""


def _env(url: str, driver: str) -> str:
    return _ENV.format(
        url=parse(url).set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    )


@pytest.fixture
def hostile_url(create_database: CreateDatabase, template: str) -> str:
    """A database at the newest revision, in which every setting is another one."""
    url = create_database(template)
    _make_hostile(url)
    return url


def _make_hostile(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in HOSTILE.items():
            if name == "search_path":
                continue
            change = sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(connection.info.dbname), sql.SQL(name), sql.Literal(value)
            )
            connection.execute(change)
        here = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path = nowhere, pg_temp").format(here))


def _settings(connection: sa.Connection) -> dict[str, str]:
    connection.exec_driver_sql("DO 'BEGIN END'")  # which loads plpgsql and its settings
    rows = connection.execute(sa.text("SELECT name, setting FROM pg_catalog.pg_settings"))
    return {name: value for name, value in rows if name not in {"transaction_isolation", "application_name"}}


def _objects(connection: sa.Connection) -> dict[Key, str]:
    """The snapshot without the settings of the database, which are what makes it hostile."""
    return {key: printed for key, printed in snapshot(connection).items() if key.kind != "setting"}


def test_pinned_settings_hold_in_a_hostile_database(hostile_url: str) -> None:
    with database.connect(database.engine(hostile_url, poolclass=sa.NullPool)) as connection:
        before = _settings(connection)
    with database.connect(database.pin(database.engine(hostile_url, poolclass=sa.NullPool))) as connection:
        now = _settings(connection)
        assert {name: now[name] for name in pinned.SESSION if name in now} == {
            name: value for name, value in pinned.SESSION.items() if name in now
        }
        connection.exec_driver_sql(pinned.unpin())
        assert _settings(connection) == before


def test_functions_of_a_schema_before_pg_catalog_are_not_run(empty_url: str) -> None:
    path = "evil, public, pg_catalog"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(
            "CREATE SCHEMA evil; CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text "
            "LANGUAGE plpgsql AS $$ BEGIN RAISE 'evil ran'; END $$; "
            "CREATE OPERATOR evil.<> (leftarg = text, rightarg = text, function = texteq)"
        )
        name = sql.Identifier(connection.info.dbname)
        change = sql.SQL("ALTER DATABASE {} SET search_path = evil, public, pg_catalog")
        connection.execute(change.format(name))
    with database.connect(database.pin(database.engine(empty_url, poolclass=sa.NullPool))) as connection:
        shown = "SELECT pg_catalog.current_setting('search_path')"
        assert connection.exec_driver_sql(shown).scalar() == "evil, public"
        connection.exec_driver_sql(pinned.unpin())
        assert connection.exec_driver_sql(shown).scalar() == path


def test_timeouts_end_before_sqlalchemy_asks_the_server(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy asks a new server several questions in one transaction, over a slow network."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        here = sql.Identifier(connection.info.dbname)
        for name in ("idle_in_transaction_session_timeout", "transaction_timeout"):
            if connection.execute("SELECT FROM pg_settings WHERE name = %s", [name]).rowcount:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} SET {} = '50ms'").format(here, sql.Identifier(name))
                )
    quick = PGDialect_psycopg._get_default_schema_name

    def slow(self: PGDialect_psycopg, connection: sa.Connection) -> str:
        name: str = quick(self, connection)  # type: ignore[no-untyped-call]  # SQLAlchemy's
        time.sleep(0.2)
        return name

    monkeypatch.setattr(PGDialect_psycopg, "_get_default_schema_name", slow)
    for name in ("status", "doctor"):
        said = CliRunner().invoke(app, [name, "--url", database_url])
        assert said.exit_code == 0, said.output


def test_role_that_a_setting_gives_is_named(database_url: str) -> None:
    """As by ALTER ROLE ... SET role: the login that the first line names is not who may not read."""
    url = f"{database_url}{'&' if '?' in database_url else '?'}options=-crole%3Dapp_user"
    said = CliRunner().invoke(app, ["status", "--url", url], env={"COLUMNS": "300"})
    assert said.exit_code == 2, said.output
    assert "The role app_user (a setting changes the role of the login" in said.output


def test_snapshot_is_the_same_in_a_hostile_database(hostile_url: str, engine: sa.Engine) -> None:
    other = database.engine(hostile_url, poolclass=sa.NullPool)
    with engine.connect() as usual, other.connect() as hostile:
        assert _objects(hostile) == _objects(usual)


@pytest.mark.parametrize("revision", ["head", "-1"])
def test_settings_of_an_application_are_as_they_were(hostile_url: str, revision: str) -> None:
    engine = database.engine(hostile_url, pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        before = _settings(connection)
    with engine.connect() as connection:
        (migrations.upgrade if revision == "head" else migrations.downgrade)(connection, revision)
    with engine.connect() as connection:
        after = _settings(connection)
    engine.dispose()
    # PostgreSQL loads the library of pgvector with its first use, which brings settings of its own
    assert {name: after[name] for name in before} == before


def test_lineage_runs_in_a_hostile_database(empty_url: str) -> None:
    _make_hostile(empty_url)
    migrations.upgrade(empty_url)
    migrations.downgrade(empty_url, "-1")
    assert len(migrations.upgrade(empty_url)) == 1


@pytest.mark.part(of=6, among="long")
def test_script_runs_twice_in_a_hostile_database(
    empty_url: str, engine: sa.Engine, lineage_script: tuple[str, list[str]]
) -> None:
    _make_hostile(empty_url)
    script = statements(lineage_script[0])
    with psycopg.connect(empty_url, autocommit=True) as connection:
        before = connection.execute("SHOW search_path").fetchall()
        for statement in [*script, *script]:
            connection.execute(statement.encode())
        assert connection.execute("SHOW search_path").fetchall() == before
    other = database.engine(empty_url, poolclass=sa.NullPool)
    with engine.connect() as usual, other.connect() as hostile:
        assert _objects(hostile) == _objects(usual)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_backslash_of_a_default_arrives_on_an_engine_of_a_hostile_database(
    empty_url: str, driver: str, tmp_path: Path
) -> None:
    """An engine that met standard_conforming_strings off doubles backslashes, and does so afterwards."""
    _make_hostile(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:  # a foreign env.py keeps the path
        connection.execute(
            sql.SQL("ALTER DATABASE {} RESET search_path").format(sql.Identifier(connection.info.dbname))
        )
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(_env(empty_url, driver))
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\npath_separator = os\n")
    (tmp_path / "versions" / "0001.py").write_text(_BACKSLASHES)
    config = Config(tmp_path / "alembic.ini")
    for _ in range(2):
        command.upgrade(config, "head")
        command.check(config)
        command.stamp(config, "base")
    with psycopg.connect(empty_url) as connection:
        inserted = connection.execute("INSERT INTO public.t DEFAULT VALUES RETURNING a, b, c")
        assert inserted.fetchone() == ("a\\nb'", "a\\nb'", b"\xff")


@pytest.mark.part(of=4)
@pytest.mark.parametrize(
    "command", ["verify", "audit", "status", "seed", "downgrade -1", "metrics 2026-01-05"]
)
def test_command_works_in_a_hostile_database(
    hostile_url: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [*command.split(), "--url", hostile_url], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_person_is_exported_and_erased_in_a_hostile_database(
    hostile_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(hostile_url) as connection:
        connection.execute(
            "INSERT INTO public.users (clerk_id, email) VALUES (%s, 'ann@example.com')", ["ann\\%"]
        )
    person = ["ann\\%", "--url", hostile_url]
    exported = CliRunner().invoke(app, ["export", *person], catch_exceptions=False)
    assert (exported.exit_code, exported.stdout.count("\n")) == (0, 1), exported.output
    refused = CliRunner().invoke(app, ["erase", *person, "--json"], catch_exceptions=False)
    token = json.loads(refused.stdout)["token"]
    erased = CliRunner().invoke(app, ["erase", *person, "--confirm", token], catch_exceptions=False)
    assert erased.exit_code == 0, erased.output


@pytest.mark.parametrize("command", ["verify", "seed", "downgrade", "metrics"])
def test_command_outlasts_the_timeouts_of_the_database(
    create_database: CreateDatabase,
    template: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    url = create_database(template)
    with psycopg.connect(url, autocommit=True) as connection:
        here = sql.Identifier(connection.info.dbname)
        for name in ("idle_in_transaction_session_timeout", "idle_session_timeout"):
            connection.execute(sql.SQL("ALTER DATABASE {} SET {} = '60ms'").format(here, sql.SQL(name)))
        connection.execute(sql.SQL("ALTER DATABASE {} SET statement_timeout = '50ms'").format(here))
    result = CliRunner().invoke(app, [command, "--url", url], catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_upgrade_runs_on_an_engine_of_any_isolation_level(database_url: str, level: str) -> None:
    engine = database.engine(database_url, isolation_level=level)
    assert len(migrations.downgrade(engine, "-1")) == 1
    with engine.connect() as connection:
        assert len(migrations.upgrade(connection)) == 1
        assert connection.get_isolation_level() == level
    engine.dispose()


def test_studio_reads_times_in_a_hostile_database(hostile_url: str) -> None:
    engine = database.engine(hostile_url, poolclass=sa.NullPool)
    with sessions(engine, write=False)() as session:
        assert session.scalar(sa.text("SELECT now() - INTERVAL '1 month 2 days' < now()"))
        assert isinstance(session.scalar(sa.text("SELECT now()")), datetime)
        assert session.scalar(sa.text("SHOW row_security")) == "on"


def test_connection_of_an_application_asks_whether_the_server_lives() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as line,
    ):
        pinned.keep_alive(line.fileno())
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
