"""Faults of a whole server, each on a server of the test's own: a restart, a full disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from amount import ALL, drawn
from faultproxy import Fault, Session
from ownserver import OwnServer, own_server
from world import SMALL, Way, World

from app_schema import embedded
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6)

SIZE = "160m"
"""Of the full disk: a new cluster and its WAL take half of it."""

Survived = Callable[[int], None]


def test_an_immediate_restart_of_the_server(cluster: OwnServer, survived: Survived) -> None:
    def restart(_session: Session) -> None:
        cluster.crash()
        cluster.start()

    _meet(World(Databases(cluster.start(), "restart"), SMALL), survived, restart, times=24)


def test_a_full_disk(survived: Survived) -> None:
    with own_server() as server, _small_disk(server.directory):
        world = World(Databases(server.start(), "full"), SMALL)
        filler = server.directory / "filler"

        def fill(_session: Session) -> None:
            size = os.statvfs(server.directory)
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size.f_bavail * size.f_frsize)

        def empty() -> None:
            filler.unlink(missing_ok=True)
            server.start()  # where there was no room for WAL it has stopped

        _meet(world, survived, fill, times=24, after=False, mend=empty)


@contextmanager
def _small_disk(directory: Path) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(directory)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        embedded.stop(directory)
        subprocess.run(["umount", "-l", str(directory)], check=True)  # noqa: S607 - wherever it is


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
