"""A process that is ended, gently or not, at any statement."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from amount import ALL, drawn
from faultproxy import PATIENCE, Fault, Session
from world import Way, World

from app_schema.migrations import config

pytestmark = pytest.mark.part(of=6)

CASES = [(number, up) for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT) for up in (True, False)]


@pytest.mark.parametrize(
    ("number", "up"),
    CASES if ALL else drawn("signals").sample(CASES, 2),
    ids=lambda one: one.name if isinstance(one, signal.Signals) else "up" if one else "down",
)
def test_a_signal_at_any_statement(
    small: World,
    survived: Callable[[int], None],
    tmp_path: Path,
    number: signal.Signals,
    up: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    chance = drawn(number, up)
    for _ in range(16 if ALL else 1):
        way = Way(up, autocommit=chance.random() < 0.5)
        ended = _Ended(small, tmp_path, number)
        fault = Fault(chance.randrange(small.count(way)), ended.act, after=chance.random() < 0.5)
        survived(small.survive(way, fault, look=chance.random() < 0.5, attempt=ended.attempt))


class _Ended:
    """A process that runs the command, and is sent a signal in the middle."""

    def __init__(self, world: World, directory: Path, number: signal.Signals) -> None:
        self._world, self._signal = world, number
        self._ini = directory / "alembic.ini"
        own = config()
        assert own.config_file_name is not None
        text = Path(own.config_file_name).read_text()
        script = own.get_main_option("script_location")
        text = text.replace("%(here)s/alembic", f"{script}\nversion_locations = {world.lineage.versions}")
        self._ini.write_text(text)
        self._process: subprocess.Popen[str] | None = None

    def attempt(self, way: Way, url: str) -> str:
        """The output and the exit code."""
        options = ["-x", "autocommit=true"] if way.autocommit else []
        command = [sys.executable, "-m", "alembic", "-c", str(self._ini), *options]
        command += ["upgrade", "head"] if way.up else ["downgrade", self._world.lineage.base or "base"]
        self._process = subprocess.Popen(
            command, env={**os.environ, "DATABASE_URL": url}, stderr=subprocess.PIPE, text=True
        )
        _, said = self._process.communicate(timeout=3 * PATIENCE)
        code = self._process.returncode
        if self._signal == signal.SIGKILL:
            assert code == -signal.SIGKILL
        return f"exit {code}: {said}"

    def act(self, _session: Session) -> None:
        """Returns when it is dead, or has to be answered first."""
        assert self._process is not None
        self._process.send_signal(self._signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
