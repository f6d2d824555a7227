"""What happens to a whole server, each time to one of the test's own: it is restarted, its disk is full."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from amount import ALL, drawn
from faultproxy import PATIENCE, Fault, Session
from world import SMALL, Way, World

from app_schema import embedded
from app_schema.testing.databases import Databases

# what was committed must be there after a crash of the server; a crash of the machine is not tested
SETTINGS = {"fsync": "off", "max_wal_size": "48MB", "min_wal_size": "32MB"}
SIZE = "160m"
"""Of the full disk: a new cluster and its WAL take half of it."""

Survived = Callable[[int], None]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A place for a server, whoever it runs as, whose name is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="faults_"))
    made.chmod(0o755)
    yield made
    embedded.stop(made)
    shutil.rmtree(made, ignore_errors=True)


def test_an_immediate_restart_of_the_server(directory: Path, survived: Survived) -> None:
    url = embedded.start(directory, settings=SETTINGS)
    world = World(Databases(url, "restart"), SMALL)

    def restart(_session: Session) -> None:
        _crash(directory)
        embedded.start(directory, settings=SETTINGS)

    _meet(world, survived, restart, times=24)


def test_a_full_disk(directory: Path, survived: Survived) -> None:
    data = directory / "small"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(data)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        url = embedded.start(data, settings=SETTINGS)
        world = World(Databases(url, "full"), SMALL)
        filler = data / "filler"

        def fill(_session: Session) -> None:
            with filler.open("wb") as file:
                size = os.statvfs(data)
                os.posix_fallocate(file.fileno(), 0, size.f_bavail * size.f_frsize)

        def empty() -> None:
            filler.unlink(missing_ok=True)
            embedded.start(data, settings=SETTINGS)  # where there was no room for WAL it has stopped

        _meet(world, survived, fill, times=24, after=False, mend=empty)
    finally:
        embedded.stop(data)
        subprocess.run(["umount", "-l", str(data)], check=True)  # noqa: S607 - wherever it is


def _meet(
    world: World,
    survived: Survived,
    act: Callable[[Session], object],
    *,
    times: int,
    after: bool = True,
    mend: Callable[[], object] = lambda: None,
) -> None:
    chance = drawn(act.__name__)
    for _ in range(times if ALL else 1):
        way = Way(up=chance.random() < 0.7, autocommit=chance.random() < 0.5)
        fault = Fault(chance.randrange(world.count(way)), act, after=after and chance.random() < 0.5)
        survived(world.survive(way, fault, mend=mend))


def _crash(directory: Path) -> None:
    """As after a power cut: no process of the server is asked to finish what it does."""
    server = embedded.status(directory)
    assert server is not None
    os.kill(server.pid, signal.SIGQUIT)
    deadline = time.monotonic() + PATIENCE
    while embedded.status(directory) is not None:
        assert time.monotonic() < deadline, "the server does not end"
        time.sleep(0.01)
