"""Databases of another encoding than UTF-8: commands work, and what cannot be stored is one sentence."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from typer.testing import CliRunner
from written import Written, table

from app_schema import migrations
from app_schema import url as urls
from app_schema.cli import app
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=4)


@contextmanager
def _encoded(databases: Databases, encoding: str) -> Iterator[str]:
    name = f"{databases.prefix}_{secrets.token_hex(4)}"
    with databases.admin() as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode()
        )
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture(scope="module")
def ascii_url(databases: Databases) -> Iterator[str]:
    """A database of bytes, at the newest revision."""
    with _encoded(databases, "SQL_ASCII") as url:
        migrations.upgrade(url)
        yield url


@pytest.fixture(scope="module")
def latin_url(databases: Databases) -> Iterator[str]:
    with _encoded(databases, "LATIN1") as url:
        yield url


@pytest.mark.parametrize("name", ["verify", "audit", "status", "seed"])
def test_command_works_on_sql_ascii(
    ascii_url: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [name, "--url", ascii_url], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_object_whose_comment_is_not_utf8_is_named(ascii_url: str) -> None:
    with psycopg.connect(ascii_url, client_encoding="LATIN1") as connection:
        connection.execute("CREATE TABLE public.menu (id integer)")
        connection.execute("COMMENT ON TABLE public.menu IS 'caf\u00e9'")
    told = CliRunner().invoke(app, ["verify", "--url", ascii_url], catch_exceptions=False)
    with psycopg.connect(ascii_url) as connection:
        connection.execute("DROP TABLE public.menu")
    assert told.exit_code == 2
    assert "are not UTF-8: the comment on table public.menu." in told.stderr


@pytest.mark.parametrize(
    "line",
    [
        "op.execute(\"SELECT '鍵'\")",
        "op.run_once('k', \"SELECT '鍵'\")",
        "op.create_table_comment('t', '鍵', schema='public')",
        "op.get_bind().exec_driver_sql(\"SELECT '鍵'\")",
    ],
)
def test_character_that_latin1_lacks_is_one_sentence_with_its_place(
    latin_url: str, tmp_path: Path, line: str
) -> None:
    written = Written(tmp_path)
    written.add(f"{table('t')}\n{line}")
    with pytest.raises(CommandError, match=r'^r1\.py, line 12: .*"LATIN1".*SQLSTATE 22P05') as caught:
        written.upgrade(latin_url)
    assert "encoding" in str(caught.value)


def test_connection_of_an_application_has_another_encoding(
    latin_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    written = Written(tmp_path)
    written.add("op.execute(\"SELECT '鍵'\")")
    engine = sa.create_engine(urls.parse(latin_url))
    configuration = written.config()
    configuration.attributes["connection"] = engine
    with pytest.raises(CommandError, match=r"^r1\.py, line 11: .*SQLSTATE 22P05"):
        command.upgrade(configuration, "head")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW client_encoding")) == "LATIN1"
    engine.dispose()
