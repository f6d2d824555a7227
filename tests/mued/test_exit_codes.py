"""Exit codes of `alembic` and `app-schema`: 0 as it should be, 1 a difference, 2 could not tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from page import ROOT
from program import alembic
from typer.testing import CliRunner

from app_schema.cli import app

pytestmark = pytest.mark.part(of=6)

DIFFERENCES = {
    "undeclared": "CREATE POLICY stranger ON sessions FOR SELECT USING (title = 'x')",
    "absent": "DROP TRIGGER tr_users_touch ON users",
    "renamed": "ALTER TABLE users RENAME CONSTRAINT pk_users TO pk",
    "privilege": "REVOKE SELECT ON users FROM app_user",
}


def _run(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql)


@pytest.mark.parametrize("sql", DIFFERENCES.values(), ids=DIFFERENCES)
def test_every_difference_ends_check_and_verify_with_1(
    sql: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(database_url, sql)
    said = alembic(database_url, "check")
    assert (said.returncode, said.stderr.count("FAILED: New upgrade operations detected")) == (1, 1), said
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert CliRunner().invoke(app, ["verify"]).exit_code == 1


def test_database_that_is_not_at_the_head_is_a_difference(empty_url: str) -> None:
    for arguments in (["check"], ["current", "--check-heads"]):
        assert alembic(empty_url, *arguments).returncode == 1, arguments


def test_database_as_declared_ends_with_0(database_url: str) -> None:
    for arguments in (["check"], ["current", "--check-heads"], ["upgrade", "head"], ["upgrade", "+1"]):
        said = alembic(database_url, *arguments)
        assert said.returncode == 0, said
    assert said.stderr.endswith("Nothing to do.\n")
    assert alembic(database_url, "downgrade", "+1").returncode == 2


def test_refused_difference_ends_with_1(empty_url: str) -> None:
    _run(empty_url, "CREATE TABLE users (id int)")
    assert alembic(empty_url, "upgrade", "head").returncode == 1


def test_what_cannot_be_told_ends_with_2(empty_url: str) -> None:
    nobody = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    for said in (
        alembic(nobody, "check"),
        alembic(empty_url, "upgrade", "no_such_revision"),
        alembic(empty_url, "-x", "prune=maybe", "check"),
        alembic(empty_url, "revision", "--autogenerate", "-m", "x"),
    ):
        assert (said.returncode, said.stderr.count("FAILED: ")) == (2, 1), said
        assert "Traceback" not in said.stderr


def test_raiseerr_is_obeyed(empty_url: str) -> None:
    said = alembic(empty_url, "--raiseerr", "upgrade", "no_such_revision")
    assert "Traceback" in said.stderr


def test_closed_streams_and_full_disks_change_no_exit_code(database_url: str) -> None:
    """A socket would get the descriptor of a closed stream, and Python has None in its place."""
    program, alembic_ = f"'{sys.executable}' -m app_schema", f"'{sys.executable}' -m alembic"
    for command, code in {
        f"{program} history >&-": 0,
        f"{program} status <&- >&- 2>&-": 0,
        f"{alembic_} upgrade head >&- 2>&-": 0,
        f"{program} --help >/dev/full": 2,
        f"{alembic_} upgrade head --sql >/dev/full": 2,
    }.items():
        said = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**os.environ, "DATABASE_URL": database_url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, "Traceback" in said.stderr) == (code, False), (command, said.stderr)


@pytest.mark.parametrize(
    ("arguments", "output", "encoding", "sentence"),
    [
        (["status"], "/dev/full", "utf-8", "The output cannot be written: No space left on device."),
        (["export", b"\xff"], os.devnull, "utf-8", "'\\udcff' cannot be encoded as utf-8."),
        (["export", "山"], os.devnull, "ascii", "There is no person '\\u5c71'"),
    ],
)
def test_output_and_arguments_that_cannot_be_used_are_one_sentence(
    database_url: str, arguments: list[str | bytes], output: str, encoding: str, sentence: str
) -> None:
    if not Path(output).exists():
        pytest.skip("this system has no /dev/full")
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONIOENCODING": encoding}
    environment.pop("PYTHONUNBUFFERED", None)  # with it Python writes at once, and not at its end
    with Path(output).open("wb") as stream:
        said = subprocess.run(
            [sys.executable, "-m", "app_schema", *arguments],
            env=environment,
            stdout=stream,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert said.returncode == 2
    assert sentence in said.stderr.decode()
    assert "Traceback" not in said.stderr.decode()
    assert "Exception ignored" not in said.stderr.decode()
