"""Starts many migrators at once, and ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from world import OWN, Lineage

PATIENCE = 120.0


class Ended(NamedTuple):
    """A migrator: its exit code, and what it wrote to stderr."""

    code: int
    said: str


class Migrators:
    """One process for each URL, from ``with`` on; whatever still runs at its end is killed."""

    def __init__(
        self,
        urls: Sequence[str],
        lineage: Lineage = OWN,
        command: Sequence[str] = ("upgrade", "head"),
        mutant: str | None = None,
    ) -> None:
        versions = None if lineage.versions is None else str(lineage.versions)
        self._asked = {"urls": urls, "versions": versions, "command": command, "mutant": mutant}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("migrators.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._asked))
        self._process.stdin.close()
        self._process.stdin = None  # communicate() would flush it
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Ends every process at once, as kill -9 does."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def wait(self, patience: float = PATIENCE) -> list[Ended]:
        """The end of each process.

        :raises subprocess.TimeoutExpired: not all have ended.
        """
        assert self._process is not None
        written, said = self._process.communicate(timeout=patience)
        assert self._process.returncode == 0, said
        return [Ended(*load) for load in json.loads(written)]
