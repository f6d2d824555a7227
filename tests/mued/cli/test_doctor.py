"""`doctor`: a line for each thing, and the remedy where one is to be mended."""

from __future__ import annotations

import os
import re
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from commands import NOWHERE, Run, data
from psycopg import sql

from app_schema import doctor, embedded
from app_schema import url as urls
from app_schema.errors import ConfigurationError

NAMES = ["python", "package", "disk", "server", "extensions", "rights", "time zone", "pooler"]


def _states(said: str) -> dict[str, dict[str, Any]]:
    return {seen["name"]: seen for seen in data(said)}


def test_all_in_order_is_a_line_each(run: Run, states: dict[str, str]) -> None:
    said = run(states["full"], "doctor")
    assert said.startswith("exit code 0\n")
    assert re.findall(r"^ok +(\w+(?: zone)?)  ", said, re.MULTILINE) == NAMES


def test_no_server_is_unknown_and_the_rest_is_told(run: Run) -> None:
    said = run(NOWHERE, "doctor", "--json")
    assert said.startswith("exit code 2\n")
    seen = _states(said)
    assert list(seen) == NAMES[:4]
    assert seen["server"]["state"] == "unknown"
    assert "refused" in seen["server"]["remedy"]


def test_role_without_rights_is_told_the_statement(run: Run, empty_url: str) -> None:
    role = f"poor_{urls.parse(empty_url).database}"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        try:
            url = urls.parse(empty_url).set(drivername="postgresql", username=role)
            poor = url.render_as_string(hide_password=False)
            said, planned = run(poor, "doctor", "--json"), run(poor, "plan", "0005")
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    assert said.startswith("exit code 1\n")
    remedy = _states(said)["rights"]["remedy"]
    for line in (
        r"may not create the schema app: GRANT CREATE ON DATABASE \w+ TO poor_\w+",
        r"may not create the extension vector: as a superuser .* run CREATE EXTENSION vector SCHEMA public",
        r"may not grant on the schema public: ALTER DATABASE \w+ OWNER TO poor_\w+; or as its owner, GRANT",
    ):
        assert re.search(line, remedy)
        assert re.search(line, planned)
    assert planned.startswith("exit code 2\n")


def test_disk_and_copies_and_python_and_clock(
    run: Run, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other() -> None:
        raise ConfigurationError("belongs to the copy of app_schema in a")

    monkeypatch.setattr(doctor, "refuse_other_here", other)
    monkeypatch.setattr(doctor, "NEWEST", (3, 0))
    monkeypatch.setattr(doctor, "CLOCKS", -1.0)
    seen = _states(run(states["full"], "doctor", "--json"))
    assert {name for name, line in seen.items() if line["state"] == "mend"} == {
        "python",
        "package",
        "time zone",
    }
    sections = {"python": "machine", "package": "two-copies", "time zone": "machine"}
    for name, line in seen.items():
        assert line["see"] == (f"see docs/troubleshooting.md#{sections[name]}" if name in sections else None)
    assert "see docs/troubleshooting.md#machine\n" in run(states["full"], "doctor")


def test_disk_that_starts_no_programs_is_told(
    run: Run, states: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "start", lambda: states["full"])
    full = SimpleNamespace(f_flag=os.ST_NOEXEC, f_bavail=9, f_bfree=9, f_blocks=99, f_frsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    monkeypatch.setattr(monkeypatch, "setenv", lambda *_: None)
    disk = _states(run("postgresql://somewhere/else", "doctor", "--json"))["disk"]
    assert disk["state"] == "mend"
    assert "is mounted noexec" in disk["remedy"]
    assert f"Free 500 MiB, or set {embedded.DIRECTORY_VARIABLE}" in disk["remedy"]
