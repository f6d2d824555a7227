"""A `pg_dump` of tables before they are dropped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from app_schema import embedded
from app_schema.errors import ConfigurationError, ServerError
from app_schema.url import SECRETS


def dump(connection: sa.Connection, tables: Sequence[str], file: Path) -> None:
    """Writes the tables, schema and rows, to a file for `pg_restore`. Never overwrites a file.

    :param tables: quoted names with schema.
    :raises ConfigurationError: if no pg_dump can read this server, or the file exists.
    :raises ServerError: if pg_dump fails; the file is deleted.
    """
    driver: Any = connection.connection.driver_connection
    program = _program(driver.info.server_version // 10000)
    if file.exists():
        raise ConfigurationError(f"{file} exists already: name another file.")
    command = [program, "--format=custom", f"--file={file}", *(f"--table={table}" for table in tables)]
    command += ["--no-password", f"--dbname={_conninfo(connection.engine.url)}"]
    secret = {"PGPASSWORD": driver.info.password} if driver.info.password else {}
    try:
        result = subprocess.run(
            command,
            env=os.environ | secret,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise ServerError(f"pg_dump cannot be run: {error.strerror}.") from error
    if result.returncode != 0:
        file.unlink(missing_ok=True)
        raise ServerError(f"pg_dump failed: {_reason(result.stderr)}.")


def _reason(output: str) -> str:
    """The first error of pg_dump: the following lines name the query, not the reason."""
    lines = output.strip().splitlines() or ["no reason given"]
    errors = [line for line in lines if line.startswith("pg_dump: error: ")]
    return (errors or lines)[0].removeprefix("pg_dump: error: ").rstrip(".")


def _conninfo(url: sa.URL) -> str:
    """The parameters of the URL without secrets: other users can read a command line.

    Without the defaults that psycopg's libpq would list: the libpq of an older pg_dump lacks some of them.
    """
    named = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database, **url.query}
    return make_conninfo(
        **{name: str(value) for name, value in named.items() if value and name not in SECRETS}
    )


def _program(server: int) -> str:
    """The first pg_dump that is no older than the server: an older one refuses to read it."""
    majors = {program: _major(program) for program in _candidates()}
    for program, major in majors.items():
        if major >= server:
            return program
    older = (
        f"is of PostgreSQL {max(majors.values())}, older than the server" if majors else "is not installed"
    )
    raise ConfigurationError(
        f"pg_dump {older}: install the client programs of PostgreSQL {server}, or leave --dump out."
    )


def _candidates() -> Iterator[str]:
    if program := shutil.which("pg_dump"):
        yield program
    own = embedded.program("pg_dump")
    if own is not None:
        yield str(own)


def _major(program: str) -> int:
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    number = re.search(r"(\d+)", output)
    return int(number[1]) if number else 0
