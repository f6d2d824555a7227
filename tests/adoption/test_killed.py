"""A copy, or a revision of adoption, whose process or session is killed at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from adopting import Shapes, WriteRevision, begin, conforms, dump, rows, run
from amount import ALL, drawn
from old_rows import NAMES

from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

MOMENTS = 8 if ALL else 2
"""Kills of one copy, before it is continued to its end."""
PARTS = 6 if ALL else 1
Kill = Callable[[subprocess.Popen[bytes]], None]
_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = %s AND backend_type = 'client backend'"""


def _killed(command: list[str], seconds: float, kill: Kill) -> bool:
    """Kills a command after some time. Returns False if it ended by itself before.

    A killed process ends with the signal, one whose session is terminated with 2.
    """
    whole = [sys.executable, "-m", "app_schema", *command]
    process = subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process)
    code = process.wait(60)
    assert code in {0, -signal.SIGKILL if kill is subprocess.Popen.kill else 2}, code
    return code != 0


def _killed_often(command: list[str], longest: float, kills: list[Kill], chance: random.Random) -> bool:
    """Kills a command at several moments. Returns False if it ended by itself each time."""
    killed = [
        _killed(command, longest * chance.uniform(0.2, 0.8), chance.choice(kills)) for _ in range(MOMENTS)
    ]
    return any(killed)


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


@pytest.fixture
def kills(databases: Databases) -> Callable[..., list[Kill]]:
    """Functions that kill the process, or the sessions in one of the databases as soon as it has one."""

    def terminate(url: str) -> Kill:
        def end(process: subprocess.Popen[bytes]) -> None:
            with databases.admin() as connection:
                while process.poll() is None and not connection.execute(_SESSIONS, [_name(url)]).rowcount:
                    time.sleep(0.01)

        return end

    return lambda *urls: [subprocess.Popen.kill, *map(terminate, urls)]


def _seconds(command: list[str]) -> float:
    """The time that a command takes if nothing kills it."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "app_schema", *command], capture_output=True, check=True)
    return time.monotonic() - begun


@pytest.mark.part(of=60, among="side by side")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("shape", NAMES)
def test_a_copy_that_is_killed_at_any_moment_is_completed_by_the_same_command(
    create_database: CreateDatabase, shapes: Shapes, kills: Any, shape: str, part: int
) -> None:
    url, whole, new = create_database(shapes(shape)), create_database(), create_database()
    begin(url)
    before, values = dump(url), rows(url)
    longest = _seconds(["adopt", "--into", whole, "--url", url])
    command = ["adopt", "--into", new, "--url", url]
    assert _killed_often(command, longest, kills(url, new), drawn(shape, part))
    run(url, "adopt", "--into", new)
    conforms(new)
    assert _but_moments(rows(new)) == _but_moments(rows(whole))
    assert (dump(url), rows(url)) == (before, values)


@pytest.mark.part(of=60, among="adoption")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("shape", NAMES)
def test_an_upgrade_that_is_killed_at_any_moment_is_completed_by_the_same_command(
    create_database: CreateDatabase,
    shapes: Shapes,
    write_revision: WriteRevision,
    kills: Any,
    shape: str,
    part: int,
) -> None:
    url, whole = create_database(shapes(shape)), create_database(shapes(shape))
    write_revision(shape)
    before = rows(url)
    longest = _seconds(["upgrade", "--url", whole])
    assert _killed_often(["upgrade", "--url", url], longest, kills(url), drawn(shape, part))
    run(url, "upgrade")
    conforms(url)
    assert rows(url, of=before) == before


def _but_moments(sums: dict[str, Any]) -> dict[str, Any]:
    """Without the columns that have the moment of the run."""
    return {name: value for name, value in sums.items() if not name.endswith("_at")}
