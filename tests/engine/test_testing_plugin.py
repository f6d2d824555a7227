"""The plugin in a project of somebody else."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app_schema.testing import databases as testing

pytestmark = pytest.mark.part(of=6)

DOCS = Path(__file__).parents[2] / "docs" / "testing.md"
CONFTEST, EXAMPLE = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[:2]

OWN_REVISIONS = """
import psycopg
import pytest


@pytest.fixture(scope="session")
def migrate(migrate):
    def upgrade(url):
        migrate(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE ours (id int)")

    return upgrade
"""
WITHOUT_A_DATABASE = "def test_arithmetic():\n    assert 1 + 1 == 2\n"
WITH_OWN_TABLES = """
import sqlalchemy as sa


def test_our_table_is_there(engine):
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO ours VALUES (1)"))


def test_what_a_test_commits_is_not_in_the_next(engine):
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM ours")) == 0
        connection.execute(sa.text("INSERT INTO ours VALUES (1)"))
"""


class Project:
    """A directory with tests, and the way to run them."""

    def __init__(self, place: Path, server_url: str) -> None:
        self.place = place
        self._environment = {"TEST_DATABASE_URL": server_url, "PATH": ""}

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.place / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, expect: int = 0) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        found = subprocess.run(
            command, cwd=self.place, env=self._environment, capture_output=True, text=True, check=False
        )
        assert found.returncode == expect, found.stdout + found.stderr
        return found.stdout + found.stderr


@pytest.fixture
def project(tmp_path: Path, server_url: str) -> Project:
    return Project(tmp_path, server_url)


def test_documented_example_and_own_revisions_run(project: Project) -> None:
    project.write(conftest=CONFTEST + OWN_REVISIONS, test_documented=EXAMPLE, test_own=WITH_OWN_TABLES)
    said = project.run("-W", "error")
    assert "3 passed" in said
    assert "server: PostgreSQL" in said


def test_no_server_is_started_where_none_is_asked_for(project: Project) -> None:
    project.write(conftest=CONFTEST, test_no=WITHOUT_A_DATABASE)
    project._environment["TEST_DATABASE_URL"] = "postgresql://nobody@nowhere.invalid/nothing"
    assert "server:" not in project.run()


@pytest.mark.parametrize("arguments", [(), ("-n", "1")])
def test_a_server_that_cannot_be_reached_is_one_sentence(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.write(conftest=CONFTEST, test_own=WITH_OWN_TABLES)
    project._environment["TEST_DATABASE_URL"] = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    said = project.run(*arguments, expect=pytest.ExitCode.USAGE_ERROR)
    assert "No server for the tests. The server cannot be reached" in said
    assert "secret" not in said
    assert "Traceback" not in said


@pytest.fixture
def brought(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Runs know one role, which no other test has; whether it is on the server."""
    role = f"brought_{secrets.token_hex(4)}"
    monkeypatch.setattr(testing, "MADE", f"(of {role})")
    monkeypatch.setattr(testing, "_NOTE", f"{role} keeps ")

    def there() -> bool:
        with psycopg.connect(server_url, autocommit=True) as connection:
            query = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)"
            return connection.execute(query, [role]).fetchone() == (True,)

    return there


def _bring(server_url: str, command: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        role = testing.MADE.removeprefix("(of ").removesuffix(")")
        connection.execute(f"{command} ROLE {role}".encode())
        if command == "CREATE":
            connection.execute(f"COMMENT ON ROLE {role} IS '{testing.MADE}'".encode())


@pytest.mark.parametrize("order", ["first ends first", "second ends first"])
def test_runs_that_overlap_leave_no_role_behind(
    server_url: str, brought: Callable[[], bool], order: str
) -> None:
    first, second = testing.Databases(server_url, "one"), testing.Databases(server_url, "two")
    first.begin()
    _bring(server_url, "CREATE")
    second.begin()
    ends = [first, second] if order == "first ends first" else [second, first]
    ends[0].end()
    assert brought(), "the other run may use it"
    ends[1].end()
    assert not brought()


def test_a_run_leaves_a_role_that_was_there_before(server_url: str, brought: Callable[[], bool]) -> None:
    _bring(server_url, "CREATE")
    first, second = testing.Databases(server_url, "one"), testing.Databases(server_url, "two")
    for run in (first, second):
        run.begin()
    for run in (first, second):
        run.end()
    assert brought()
    _bring(server_url, "DROP")


def test_a_run_that_was_killed_holds_up_nobody(server_url: str, brought: Callable[[], bool]) -> None:
    killed, other = testing.Databases(server_url, "one"), testing.Databases(server_url, "two")
    killed.begin()
    other.begin()
    _bring(server_url, "CREATE")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [killed._pid])
    killed._session.close()
    other.end()
    assert not brought()
