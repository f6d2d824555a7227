"""Packets are dropped without a word: either side notices within half a minute, and Ctrl-C works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import blackhole
import psycopg
import pytest
from amount import ALL
from ownserver import OwnServer, own_server

import app_schema

PATIENCE = 32.0
"""Seconds: 10 of silence, three questions 5 s apart, and a slow machine."""
REVISION = """\
from alembic import op

revision = "r1"
down_revision = None


def upgrade() -> None:
    op.execute("SELECT pg_sleep(120)")
"""
COMMAND = ("-x", "autocommit=true", "upgrade", "head")
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE '%%pg_sleep(120)%%'"
LOCKS = (
    "SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
    " WHERE l.locktype = 'advisory' AND d.datname = %s"
)

pytestmark = pytest.mark.skipif(not ALL, reason="half a minute of silence: make faults")


@pytest.fixture
def hole() -> Iterator[blackhole.Network]:
    if reason := blackhole.unavailable():
        pytest.skip(reason)
    with blackhole.network() as made:
        yield made


@pytest.fixture
def there(hole: blackhole.Network) -> Iterator[tuple[OwnServer, str]]:
    """A server that listens in the network, and its URL from this side."""
    with own_server() as server:
        url = server.start(listen_addresses=hole.server)
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SHOW hba_file").fetchone()
            assert row is not None
            with Path(row[0]).open("a", encoding="utf-8") as file:
                file.write(f"host all all {hole.client}/32 trust\n")
            connection.execute("SELECT pg_reload_conf()")
            for name in ("silent", "interrupted"):
                connection.execute(f"CREATE DATABASE {name}".encode())
        yield server, url


def _migrator(hole: blackhole.Network, database: str, path: Path) -> subprocess.Popen[str]:
    ini = path / "alembic.ini"
    (path / "r1.py").write_text(REVISION, encoding="utf-8")
    root = Path(app_schema.__file__).parents[1]
    ini.write_text(
        f"[alembic]\nscript_location = {root / 'alembic'}\nversion_locations = {path}\n", encoding="utf-8"
    )
    return subprocess.Popen(
        [*hole.inside, sys.executable, "-m", "alembic", "-c", str(ini), *COMMAND],
        env={**os.environ, "DATABASE_URL": f"postgresql://postgres@{hole.server}/{database}?sslmode=disable"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _until(condition: Callable[[], bool], seconds: float) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "it does not end"
        time.sleep(0.1)
    return time.monotonic() - begun


def test_silence_is_noticed_by_both_sides(
    hole: blackhole.Network,
    there: tuple[OwnServer, str],
    tmp_path: Path,
    survived: Callable[[int], None],
) -> None:
    silent, interrupted = (_migrator(hole, name, tmp_path) for name in ("silent", "interrupted"))
    with psycopg.connect(there[1], autocommit=True) as watch:

        def count(query: str, database: str) -> int:
            row = watch.execute(query.encode(), [database]).fetchone()
            assert row is not None
            return int(row[0])

        try:
            for name in ("silent", "interrupted"):
                _until(lambda name=name: count(BUSY, name) > 0, 60)  # type: ignore[misc]
                assert count(LOCKS, name) == 1
            hole.swallow()
            begun = time.monotonic()
            interrupted.send_signal(signal.SIGINT)
            interrupted.wait(15)
            silent.wait(PATIENCE)
            _until(lambda: count(LOCKS, "silent") + count(LOCKS, "interrupted") == 0, PATIENCE)
            assert time.monotonic() - begun < PATIENCE + 3
        finally:
            for process in (silent, interrupted):
                process.kill()
    said = silent.communicate()[0]
    assert "the connection was lost" in said
    assert "Traceback" not in said
    interrupted.communicate()
    survived(2)
