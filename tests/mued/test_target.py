"""Which database is meant: said before it is changed, never guessed where nobody watches."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from lineage import head
from psycopg.conninfo import conninfo_to_dict
from test_packaging import CHECKOUT
from typer.testing import CliRunner

from app_schema import database, embedded
from app_schema.cli import app
from app_schema.errors import ConfigurationError
from app_schema.migrations import config
from app_schema.target import EMBEDDED, near_misses

pytestmark = pytest.mark.part(of=6)

URL = "postgresql://someone@db.example.org/d"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of yours
    for name in [name for name in os.environ if "URL" in name and os.environ[name].startswith("postgres")]:
        monkeypatch.delenv(name)


@pytest.mark.part(of=4)
@pytest.mark.parametrize(
    "arguments",
    [
        ["upgrade"],
        ["downgrade", "--json"],
        ["rollback", "head"],
        ["seed"],
        ["metrics", "2026-01-01"],
        ["studio", "--write", "--port", "1"],
    ],
)
def test_command_that_changes_something_names_its_target_first(
    empty_url: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setattr("app_schema.studio.server.serve", lambda *_args, **_named: None)
    said = CliRunner().invoke(app, arguments).stderr
    assert _names(said.partition("\n")[0], empty_url), said
    assert said.count("app_schema: database ") == 1


@pytest.mark.parametrize(
    "to", [["upgrade", "0001"], ["stamp", "0001"], ["upgrade", "head"], ["downgrade", "base"]]
)
def test_alembic_names_its_target_first(
    empty_url: str, to: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    if to[1] == "head":
        command.stamp(quiet(config()), "head")  # nothing is pending
        capsys.readouterr()
    getattr(command, to[0])(quiet(config()), to[1])
    said = capsys.readouterr().err
    assert _names(said.partition("\n")[0], empty_url), said
    assert said.count("app_schema: database ") == 1


def test_alembic_that_only_looks_names_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    command.current(quiet(config()))
    assert "app_schema: database" not in capsys.readouterr().err


def test_default_target_is_said_to_be_the_embedded_server(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "start", lambda: empty_url)
    monkeypatch.setenv("DATABSE_URL", URL)
    first, second, *_ = CliRunner().invoke(app, ["upgrade", "0001"]).stderr.splitlines()
    assert "embedded server at " in first
    assert first.endswith("because DATABASE_URL is not set")
    assert second == ("app_schema: DATABSE_URL is set, and DATABASE_URL is not: only DATABASE_URL is read.")


@pytest.mark.parametrize(
    "name",
    [
        "DATABSE_URL",
        "DATABASE_ULR",
        "DATABASEURL",
        "database_url",
        "DATABASE_URI",
        "DATABASES_URL",
        "DATBASE_UR",
    ],
)
def test_near_miss_is_pointed_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "whatever")
    assert [said.partition(" ")[0] for said in near_misses(EMBEDDED)] == [name]
    monkeypatch.setenv("DATABASE_URL", URL)
    assert list(near_misses("DATABASE_URL")) == []


def test_misspelt_name_in_the_shell_is_pointed_out_where_a_file_has_the_right_one() -> None:
    Path(".env").write_text(f"DATABASE_URL={URL}\nDATABASE_ULR=x\n", encoding="utf-8")
    assert list(near_misses("DATABASE_URL")) == [], "in the file itself both stand side by side"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABSE_URL", URL)
        assert [said.partition(" ")[0] for said in near_misses("DATABASE_URL")] == ["DATABSE_URL"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "", "DATABASE_URL is set, but empty."),
        ("POSTGRES_URL", URL, "POSTGRES_URL is set, and DATABASE_URL is not"),
        ("DIRECT_DATABSE_URL", URL, "DIRECT_DATABSE_URL is set, and DIRECT_DATABASE_URL is not"),
        ("PGHOST", "db.example.org", "PGHOST is set, but only DATABASE_URL names a database"),
    ],
)
def test_other_ways_to_miss_the_setting_are_pointed_out(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    (found,) = near_misses(EMBEDDED)
    assert found.startswith(said)
    assert "example.org" not in found


@pytest.mark.parametrize("name", ["TEST_DATABASE_URL", "DATABASE_PASSWORD", "HOME_URL"])
def test_other_names_are_no_near_miss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, URL if name.startswith("TEST") else "x")
    assert list(near_misses(EMBEDDED)) == []


@pytest.mark.parametrize("ci", ["true", "woodpecker"])
def test_in_ci_the_embedded_server_must_be_asked_for(ci: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "start", lambda: "postgresql://postgres@/postgres?host=/run/here")
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("DATABSE_URL", URL)
    with pytest.raises(ConfigurationError, match="CI is set, and DATABASE_URL is not") as caught:
        database.target()
    assert "DATABSE_URL is set" in str(caught.value)
    said = CliRunner().invoke(app, ["upgrade"])
    assert (said.exit_code, said.stderr.startswith("CI is set")) == (2, True)
    with pytest.raises(CommandError, match="CI is set"):
        command.upgrade(quiet(config()), "head")
    for name, value in (("APP_SCHEMA_EMBEDDED", "true"), (embedded.DIRECTORY_VARIABLE, "/some/where")):
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(name, value)
            assert database.target().origin == EMBEDDED
    monkeypatch.setenv("DATABASE_URL", URL)
    assert database.target().origin == "DATABASE_URL"


@pytest.fixture
def other_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of the package that is not the one imported, as the working directory."""
    checkout = tmp_path / "checkout"
    for part in ("alembic", "app_schema/migrations"):
        shutil.copytree(CHECKOUT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "alembic.ini", checkout)
    (checkout / "alembic" / "versions" / f"{head()}.py").unlink()
    monkeypatch.chdir(checkout)
    return checkout


@pytest.mark.parametrize(
    "name", ["upgrade", "downgrade", "rollback", "status", "history", "plan", "lint", "seed", "audit"]
)
def test_revisions_of_another_copy_are_refused(
    other_copy: Path, empty_url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    result = CliRunner().invoke(app, [name])
    assert result.exit_code == 2, result.output
    assert f"alembic.ini belongs to the copy of app_schema in {other_copy}" in result.stderr
    assert f"pip install -e '{other_copy}'" in result.stderr
    assert _nothing(empty_url)


def test_alembic_refuses_revisions_of_another_copy(
    other_copy: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setattr(sys, "path", sys.path[:])  # alembic.ini says: prepend_sys_path
    monkeypatch.chdir(tmp_path)
    for to in ("head", "0001"):
        with pytest.raises(CommandError, match="belongs to the copy of app_schema in "):
            command.upgrade(quiet(Config(other_copy / "alembic.ini")), to)
    assert _nothing(empty_url)


def test_configuration_of_another_project_is_none_of_ours(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    (tmp_path / "migrations").mkdir()
    for text in ("[alembic]\nscript_location = migrations\n", "[alembic]\nscript_location = a:b\n", "[x]\n"):
        Path("alembic.ini").write_text(text, encoding="utf-8")
        assert CliRunner().invoke(app, ["history"]).exit_code == 0


def quiet(chosen: Config) -> Config:
    """The configuration, but the logging of this process stays as it is."""
    chosen.attributes["configure_logger"] = False
    return chosen


def _names(line: str, url: str) -> bool:
    found = conninfo_to_dict(url)
    parts = line.removeprefix("app_schema: ").split(", ")
    return (
        parts[:2] == [f"database {found['dbname']}", f"role {found['user']}"]
        and parts[2].startswith(f"host {found['host']}")
        and parts[3] == "from DATABASE_URL"
    )


def _nothing(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,)
