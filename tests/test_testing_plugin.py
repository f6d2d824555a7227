"""The plugin in a project of somebody else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs" / "testing.md"
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
