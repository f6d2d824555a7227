"""The commands alembic and app-schema as processes of their own, forked from one that has all imported.

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

from app_schema import cli
from app_schema.migrations import config

PATIENCE = 60.0
IMPORTED = [
    "alembic.config",
    "app_schema.cli",
    "app_schema.models",
    "app_schema.migrations.environment",
    "app_schema.migrations.drift",
]


def alembic(url: str, *arguments: str, configuration: Path | None = None) -> CompletedProcess[str]:
    """``alembic -c configuration arguments`` on a database."""
    return _forked(url, "alembic", "-c", str(configuration or config().config_file_name), *arguments)


def app_schema(url: str, *arguments: str) -> CompletedProcess[str]:
    """``app-schema arguments`` on a database."""
    return _forked(url, "app-schema", *arguments)


def _forked(url: str, program: str, *arguments: str) -> CompletedProcess[str]:
    command = [program, *arguments]
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
    return CompletedProcess(command, code, out, err)


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
    program, *arguments = command
    if program == "alembic":
        main(arguments, prog=program)
    else:
        cli.app(arguments, prog_name=program)
