"""A server of the tests' own, to be treated badly."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serverplace import server_place

from app_schema import embedded
from app_schema.testing.server import memory

# what was committed must be there after a crash of the server; a crash of the machine is not tested
_SETTINGS = {"fsync": "off", "max_wal_size": "48MB", "min_wal_size": "32MB", "max_connections": "50"}


@dataclass(frozen=True)
class OwnServer:
    """A server, by its directory."""

    directory: Path

    def start(self, **settings: str) -> str:
        """Starts it where it does not run; its URL."""
        return embedded.start(self.directory, settings={**_SETTINGS, **settings})

    def crash(self) -> None:
        """Ends it as a power cut does: none of its processes is asked to finish what it does."""
        found = embedded.status(self.directory)
        assert found is not None, "it runs"
        os.kill(found.pid, signal.SIGQUIT)
        deadline = time.monotonic() + embedded.PATIENCE
        while embedded.status(self.directory) is not None:
            assert time.monotonic() < deadline, "the server does not end"
            time.sleep(0.01)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A place for one, whoever it runs as, with a name that is short enough for a socket."""
    with server_place("faults_", memory()) as directory:
        yield OwnServer(directory)
