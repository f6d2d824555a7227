from __future__ import annotations

import psycopg
from commands import NOWHERE, Run, data
from syrupy.assertion import SnapshotAssertion


def test_fresh_database_lacks_everything(run: Run, states: dict[str, str]) -> None:
    found = data(run(states["fresh"], "verify", "--json"))
    kinds = {kind["kind"]: kind for kind in found["kinds"]}
    assert kinds["table"]["declared"] == 30
    assert kinds["table"]["created"] == 0
    assert {obj["state"] for obj in found["objects"]} == {"absent"}


def test_full_database_conforms(run: Run, states: dict[str, str], snapshot: SnapshotAssertion) -> None:
    assert run(states["full"], "verify") == snapshot


def test_broken_database_is_told_object_by_object(
    run: Run, states: dict[str, str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["broken"], "verify") == snapshot


def test_no_server_is_one_sentence(run: Run, snapshot: SnapshotAssertion) -> None:
    assert run(NOWHERE, "verify") == snapshot


def test_undeclared_alone_is_a_difference(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE POLICY open ON public.sessions FOR SELECT TO app_user USING (true)")
    said = run(database_url, "verify")
    assert said.startswith("exit code 1")
    assert "undeclared: policy open on public.sessions" in said
    assert "[tool.app_schema] undeclared" in said
    assert "--autogenerate writes a revision that resolves it" not in said
