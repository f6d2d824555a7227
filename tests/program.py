"""Alembic's command as a process of its own, forked from one that has imported everything.

A process that starts from nothing takes half a second to import what it needs. Some tests start one all
the same, with ``python -m alembic``: those of signals, and one for each exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess

from alembic.config import main

from app_schema.migrations import config

PATIENCE = 60.0
IMPORTED = [
    "alembic.config",
    "app_schema.models",
    "app_schema.migrations.environment",
    "app_schema.migrations.drift",
]


def alembic(url: str, *arguments: str, configuration: Path | None = None) -> CompletedProcess[str]:
    """``alembic -c configuration arguments`` on a database."""
    command = ["-c", str(configuration or config().config_file_name), *arguments]
    with tempfile.TemporaryDirectory() as place:
        given = (place, str(Path.cwd()), {**os.environ, "DATABASE_URL": url}, command)
        process = _server().Process(target=_run, args=given)
        process.start()
        process.join(PATIENCE)
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        out, err = (_output(place, number).read_text(encoding="utf-8") for number in (1, 2))
    assert code is not None
    return CompletedProcess(["alembic", *command], code, out, err)


@cache
def _server() -> ForkServerContext:
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(IMPORTED)
    return server


def _output(place: str, number: int) -> Path:
    return Path(place, f"fd{number}")


def _run(place: str, cwd: str, environment: Mapping[str, str], command: list[str]) -> None:
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        file = os.open(_output(place, number), os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, number)
        assert stream.fileno() == number
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    main(command, prog="alembic")
