"""status, plan, upgrade, downgrade, history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from commands import NOWHERE, Run, data
from lineage import statements, unfolded
from syrupy.assertion import SnapshotAssertion

from app_schema import embedded
from app_schema.catalog import Snapshot
from app_schema.catalog import snapshot as catalog
from app_schema.database import connect, engine


def printed(url: str) -> Snapshot:
    """The catalog of a database, Alembic's table included."""
    with connect(engine(url, direct=True)) as connection:
        return catalog(connection, ignore=())


@pytest.mark.parametrize("state", ["fresh", "full", "broken"])
@pytest.mark.parametrize("command", ["status", "plan", "history"])
def test_looking_never_changes_anything(
    run: Run, states: dict[str, str], state: str, command: str, snapshot: SnapshotAssertion
) -> None:
    before = printed(states[state])
    assert run(states[state], command, *(["0001"] if command == "plan" else [])) == snapshot
    assert printed(states[state]) == before


@pytest.mark.parametrize("command", ["status", "plan", "history", "upgrade", "downgrade", "rollback"])
def test_no_server_is_one_sentence(run: Run, command: str, snapshot: SnapshotAssertion) -> None:
    assert run(NOWHERE, command) == snapshot


def test_upgrade_goes_to_the_newest_and_back_by_steps(
    run: Run, empty_url: str, snapshot: SnapshotAssertion
) -> None:
    assert run(empty_url, "upgrade", "0001") == snapshot(name="up to 0001")
    assert run(empty_url, "upgrade") == snapshot(name="up")
    assert run(empty_url, "upgrade") == snapshot(name="up again")
    assert run(empty_url, "downgrade") == snapshot(name="down a step")
    assert run(empty_url, "downgrade", "-2") == snapshot(name="down two steps")
    assert run(empty_url, "downgrade", "base") == snapshot(name="down to base")


def test_upgrade_of_a_broken_database_refuses(run: Run, database_url: str) -> None:
    run(database_url, "downgrade", "0010b")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE FUNCTION app.teaches(student uuid) RETURNS boolean RETURN true")
    said = run(database_url, "upgrade")
    assert said.startswith("exit code 1\n")
    assert "function app.teaches" in said or "function teaches" in said
    assert "Traceback" not in said


def test_plan_names_the_locks_and_is_a_script(run: Run, database_url: str) -> None:
    run(database_url, "downgrade", "0003")
    plan = run(database_url, "plan", "0004")
    assert "-- locks public.users (0.0 MiB): SHARE, while it reads all of it\n" in plan
    assert "CREATE UNIQUE INDEX uq_users_email_lower" in plan
    assert plan.endswith("--- stderr\n1 revision would run.\n")
    found = data(run(database_url, "plan", "0009", "--json"))
    assert [row["revision"][:4] for row in found] == ["0004", "0005", "0006", "0007", "0008", "0008", "0009"]
    assert [lock["table"] for lock in found[-1]["locks"]] == ["public.users"]  # by the new table's key
    assert found[-1]["locks"][0]["lock"] == "SHARE ROW EXCLUSIVE"


@pytest.mark.part(of=6, among="long")
def test_plan_script_does_what_upgrade_does(
    run: Run, empty_url: str, database_url: str, lineage_script: tuple[str, list[str]]
) -> None:
    script = run(empty_url, "plan", "--script").partition("--- stdout\n")[2].partition("--- stderr")[0]
    assert lineage_script[0].strip() in script  # pinned, folded, looking ahead
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for statement in statements(script):  # as psql does: CONCURRENTLY stands alone
            connection.execute(statement.encode())
    assert printed(empty_url) == printed(database_url)
    assert run(empty_url, "plan").startswith("exit code 0")


@pytest.mark.part(of=6, among="long")
def test_plan_without_guards_builds_an_empty_database(
    run: Run, empty_url: str, database_url: str, tmp_path: Path
) -> None:
    psql = embedded.program("psql")
    if psql is None:
        pytest.skip("psql is not installed here")
    file = tmp_path / "upgrade.sql"
    script = run(empty_url, "plan").partition("--- stdout\n")[2].partition("--- stderr")[0]
    file.write_text(script, encoding="utf-8")
    assert len(script) < 400_000  # a SQL console takes no megabytes
    subprocess.run([psql, "-Xq", "-v", "ON_ERROR_STOP=1", empty_url, "-f", file], check=True)
    assert printed(empty_url) == printed(database_url)


@pytest.mark.part(of=6, among="long")
def test_script_is_small_and_its_calls_return_the_guards(
    empty_url: str, lineage_script: tuple[str, list[str]]
) -> None:
    script, given = lineage_script
    assert len(script) < min(1_000_000, len("".join(given)) / 3)
    _, _, *expanded, _ = unfolded(empty_url, statements(script))
    assert expanded == statements("".join(given))


@pytest.mark.parametrize(
    "arguments",
    [
        ["upgrade", "no_such_revision"],
        ["downgrade", "no_such_revision"],
        ["downgrade", "--no-such-option"],
        ["downgrade", "-99"],
        ["rollback", "no_such_revision"],
        ["plan", "no_such_revision"],
        ["upgrade", "--url", "mysql://someone:s3cret@host/d"],
        ["status", "--url", "postgresql://someone:s3cret@host:port/d"],
    ],
)
def test_broken_input_is_one_sentence(
    run: Run, states: dict[str, str], arguments: list[str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["full"], *arguments) == snapshot


def test_revision_that_this_package_lacks_is_named(
    run: Run, database_url: str, snapshot: SnapshotAssertion
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = '0099_of_tomorrow'")
    for command in ("status", "connect", "upgrade", "history"):
        assert "0099_of_tomorrow" in run(database_url, command) or command == "history"
    assert run(database_url, "status") == snapshot


def test_help_is_quick_and_module_is_the_program() -> None:
    heavy = {"sqlalchemy", "alembic", "psycopg", "pydantic"}
    code = f"import sys, app_schema.cli; print({heavy!r} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
    said = subprocess.run(
        [sys.executable, "-m", "app_schema", "--help"], capture_output=True, text=True, check=True
    )
    assert "upgrade" in said.stdout


def test_help_of_a_command_imports_nothing_heavy() -> None:
    lines = (
        "import sys",
        "from app_schema.cli import app",
        "try: app(['plan', '--help'])",
        "finally: print('alembic' in sys.modules)",
    )
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert said.stdout.endswith("False\n")


def test_revision_that_asks_the_database_is_one_sentence(
    run: Run, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'execute'")

    monkeypatch.setattr("app_schema.migrations.recording.noted", ask)
    said = run(states["fresh"], "plan")
    assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
    assert "\n00" in said
    assert "cannot be planned, because it queries the database (AttributeError: " in said
