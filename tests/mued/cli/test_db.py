from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from commands import NOWHERE, Run, data
from serverplace import server_place
from syrupy.assertion import SnapshotAssertion

from app_schema import embedded


def url_of(said: str) -> str:
    return said.partition("--- stdout\n")[2].partition("\n")[0]


@pytest.fixture
def place() -> Iterator[Path]:
    with server_place() as made:
        yield made


@pytest.mark.part(of=6, among="long")
def test_start_status_reset_stop(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(embedded.DIRECTORY_VARIABLE, str(place))
    assert run(NOWHERE, "db", "status") == "exit code 1\n--- stdout\ndoes not run\n--- stderr\n"
    started = run(NOWHERE, "db", "start")
    assert started.startswith("exit code 0")
    assert url_of(run(NOWHERE, "db", "status")) == url_of(started)
    assert data(run(NOWHERE, "db", "status", "--json")) == {"url": url_of(started)}
    with psycopg.connect(url_of(started)) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 1 AS n")
    refused = run(NOWHERE, "db", "reset")
    assert refused.startswith("exit code 1")
    assert "app_schema: embedded server under DIRECTORY" in refused
    assert "would be deleted, as role postgres." in refused
    assert "  postgres  public.precious: 1 row\n" in refused
    token = refused.split("--confirm ")[1].split()[0]
    with psycopg.connect(url_of(started)) as connection:
        connection.execute("INSERT INTO precious VALUES (2)")
    for words in (["--confirm", token], ["--confirm", "x", "--json"]):
        changed = run(NOWHERE, "db", "reset", *words)
        assert changed.startswith("exit code 1")
        assert "The token does not fit" in changed
    with psycopg.connect(url_of(started)) as connection:
        assert connection.execute("SELECT count(*) FROM precious").fetchone() == (2,)
        connection.execute("DELETE FROM precious WHERE n = 2")
        writing = run(NOWHERE, "db", "reset", "--confirm", token)
        assert writing.startswith("exit code 2")
        assert "Somebody is writing to the database postgres" in writing
    assert url_of(run(NOWHERE, "db", "reset", "--confirm", token)) == url_of(started)
    with psycopg.connect(url_of(started)) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("TABLE precious")
    assert url_of(run(NOWHERE, "db", "stop")) == "stopped"
    assert url_of(run(NOWHERE, "db", "stop")) == "does not run"


def test_without_the_package_it_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert run(NOWHERE, "db", "start") == snapshot
