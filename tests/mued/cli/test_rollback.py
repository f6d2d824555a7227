from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from commands import Run, data, token
from lineage import head
from syrupy.assertion import SnapshotAssertion

from app_schema import dump, embedded, url


def hidden(said: str) -> str:
    return re.sub(r"--confirm \w+", "--confirm TOKEN", said)


def test_rows_are_lost_only_with_the_token_of_the_refusal(
    run: Run, full_url: str, snapshot: SnapshotAssertion
) -> None:
    refused = run(full_url, "rollback", "0012")
    assert hidden(refused) == snapshot(name="refused")
    assert run(full_url, "rollback", "0012", "--confirm", "0000").startswith("exit code 1")
    assert data(run(full_url, "status", "--json"))["here"] == [head()]
    with psycopg.connect(full_url) as connection:
        connection.execute("DELETE FROM muednote_v3.fragment_tags")
    changed = run(full_url, "rollback", "0012", "--confirm", token(refused))
    assert "The token does not fit" in changed
    assert run(full_url, "rollback", "0013", "--confirm", token(changed)).startswith("exit code 1")
    assert run(full_url, "rollback", "0012", "--confirm", token(changed)).startswith("exit code 0")
    assert data(run(full_url, "status", "--json"))["here"] == ["0012_add_rag_embeddings"]


def test_dropped_column_counts_its_values(run: Run, full_url: str) -> None:
    with psycopg.connect(full_url) as connection:
        connection.execute(
            "UPDATE public.users SET stripe_customer_id = 'c' || clerk_id WHERE role = 'mentor'"
        )
    losses = data(run(full_url, "rollback", "0000", "--json"))["losses"]
    (column,) = [loss for loss in losses if loss["column"] == "stripe_customer_id"]
    assert (column["table"], column["rows"]) == ("public.users", 2)


def test_nothing_to_lose_needs_no_token(run: Run, database_url: str, snapshot: SnapshotAssertion) -> None:
    assert run(database_url, "rollback", "base") == snapshot(name="of empty tables")
    assert run(database_url, "rollback") == snapshot(name="from base")


def test_broken_database_counts_what_is_there(run: Run, broken_url: str) -> None:
    losses = data(run(broken_url, "rollback", "0001", "--json"))["losses"]
    assert "public.webhook_events" not in {loss["table"] for loss in losses}
    assert "public.materials" in {loss["table"] for loss in losses}


def program(server: int) -> str | None:
    """A pg_dump that can read the server."""
    found = [shutil.which("pg_dump"), str(embedded.program("pg_dump"))]
    return next(
        (item for item in found if item and Path(item).exists() and dump._major(item) >= server), None
    )


def test_dump_brings_the_rows_back(run: Run, full_url: str, tmp_path: Path) -> None:
    with psycopg.connect(full_url) as connection:
        server = connection.info.server_version // 10000
    found = program(server)
    if found is None:
        pytest.skip(f"there is no pg_dump of PostgreSQL {server} here")
    file = tmp_path / "before.dump"
    confirm = ["--confirm", token(run(full_url, "rollback", "0013"))]
    assert "7 tables dumped" in run(full_url, "rollback", "0013", *confirm, "--dump", str(file))
    restore = Path(found).with_name("pg_restore")
    run(full_url, "upgrade")
    tables = ("--table=projects", "--table=fragments")
    command = [str(restore), "--data-only", "--disable-triggers", *tables, f"--dbname={full_url}", str(file)]
    subprocess.run(command, check=False)  # a newer one sets what an older server does not know, and says so
    with psycopg.connect(full_url) as connection:
        assert connection.execute("SELECT count(*) FROM muednote_v3.fragments").fetchone() == (3,)


def test_dump_refuses_a_file_that_is_there(run: Run, full_url: str, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("mine")
    confirm = ["--confirm", token(run(full_url, "rollback", "0013"))]
    said = run(full_url, "rollback", "0013", *confirm, "--dump", str(file))
    assert said.startswith("exit code 2")
    assert file.read_text() == "mine"
    assert data(run(full_url, "status", "--json"))["here"] == [head()]


@pytest.mark.parametrize("major", [None, 9])
def test_without_a_fitting_pg_dump_nothing_is_dropped(
    run: Run, full_url: str, major: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "_candidates", lambda: iter([] if major is None else ["pg_dump"]))
    monkeypatch.setattr(dump, "_major", lambda _: major)
    confirm = ["--confirm", token(run(full_url, "rollback", "0013"))]
    said = run(full_url, "rollback", "0013", *confirm, "--dump", "file")
    assert said.startswith("exit code 2")
    assert "pg_dump is " in said
    assert data(run(full_url, "status", "--json"))["here"] == [head()]


def test_command_line_of_pg_dump_holds_no_secret() -> None:
    given = url.parse("postgresql://u:s3cret@h:5/d?sslmode=require&sslpassword=s3cret")
    assert dump._conninfo(given) == "host=h port=5 user=u dbname=d sslmode=require"
