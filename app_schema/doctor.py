"""Independent checks of machine and server before a migration, each with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from app_schema import database, embedded, url
from app_schema.application import Application
from app_schema.ddl import Create, declared
from app_schema.errors import AppSchemaError
from app_schema.migrations.copies import PACKAGE, refuse_other_here
from app_schema.migrations.needs import missing, need
from app_schema.overview import extension_states, of_extension, of_pooler, of_server, server_facts
from app_schema.target import Target, announce

NEWEST = (3, 14)
"""Of Python: the newest version that the tests run on."""
ROOM = 500 * 2**20
"""Bytes that an embedded server needs for its data and the WAL of the first upgrades."""
CLOCKS = 60.0
"""Seconds by which the clocks of this machine and of the server may differ."""

State = Literal["ok", "mend", "unknown"]

_TIME = sa.text("""
SELECT reset_val AS zone, extract(epoch FROM pg_catalog.clock_timestamp()) AS now
FROM pg_catalog.pg_settings WHERE name = 'TimeZone'
""")


@dataclass(frozen=True)
class Examined:
    """The result of a check; `remedy` is None if nothing must be corrected."""

    name: str
    state: State
    found: str
    remedy: str | None = None


def examine(address: str | None, app: Application) -> Iterator[Examined]:
    """Checks this machine, then the server; the lines of an unreachable server are "unknown"."""
    yield _python()
    yield _copies()
    try:
        yield _disk(needed=address is None and database.configured() is None)
        target = database.target(address)
        engine = database.pin(database.engine(target.url, poolclass=sa.NullPool))
        with database.connect(engine, tries=1) as connection:
            announce(connection, target, changes=False)
            for look in SERVER:
                yield look(connection, target, app)
    except AppSchemaError as error:
        yield Examined("server", "unknown", "cannot be used", str(error))


def _examined(name: str, finding: str, *problems: str) -> Examined:
    return Examined(name, "mend" if problems else "ok", finding, " ".join(problems) or None)


def _python() -> Examined:
    tried = sys.version_info[:2] <= NEWEST
    newer = f"The tests run on Python 3.11 to {NEWEST[0]}.{NEWEST[1]}: use one of these."
    return _examined("python", f"{platform.python_version()}, {sys.executable}", *(() if tried else (newer,)))


def _copies() -> Examined:
    try:
        refuse_other_here()
    except AppSchemaError as error:
        return _examined("package", str(PACKAGE), str(error))
    return _examined("package", f"one copy, {PACKAGE}")


def _disk(*, needed: bool) -> Examined:
    """The file systems of the embedded server; not needed for any other server."""
    if not needed:
        return _examined("disk", "not needed: DATABASE_URL names the server")
    directory = embedded.data_directory()
    home = next(place for place in (directory, *directory.parents) if place.exists())
    free = shutil.disk_usage(home).free
    problems = []
    program = embedded.program("postgres")
    if program is not None and no_execution(program):
        problems.append(
            f"{program.parent} is mounted noexec: put the virtual environment on another file system."
        )
    if not os.access(home, os.W_OK):
        problems.append(f"{home} is not writable: set {embedded.DIRECTORY_VARIABLE} to another directory.")
    if free < ROOM:
        problems.append(f"Free 500 MiB, or set {embedded.DIRECTORY_VARIABLE} to a directory with 500 MiB.")
    return _examined("disk", f"{directory}, {free // 2**20:,} MiB free", *problems)


def no_execution(path: Path) -> bool:
    """True if the file system of this path starts no programs."""
    return bool(os.statvfs(path).f_flag & os.ST_NOEXEC)


def _server(connection: sa.Connection, target: Target, _app: Application) -> Examined:
    server = server_facts(connection, target)
    finding = f"PostgreSQL {server.version} at {server.place}, {server.round_trip:.2f} ms a round trip"
    return _examined("server", finding, *of_server(server))


def _extensions(connection: sa.Connection, _target: Target, app: Application) -> Examined:
    states = extension_states(connection, app.metadata)
    finding = ", ".join(f"{state.name} {state.found or state.available or '(absent)'}" for state in states)
    return _examined("extensions", finding or "none needed", *filter(None, map(of_extension, states)))


def _rights(connection: sa.Connection, _target: Target, app: Application) -> Examined:
    """The checks of `upgrade` for pending revisions, here for the declared objects."""
    needs = [need(Create(item)) for item in declared(app.metadata).values() if item.is_created()]
    needs += [need(CreateTable(table)) for table in app.metadata.tables.values()]
    role, name = connection.execute(sa.text("SELECT current_user, current_database()")).one()
    problems = missing(connection, list(filter(None, needs)))
    return _examined("rights", f"role {role} on database {name}", *(f"{line}." for line in problems))


def _time_zone(connection: sa.Connection, _target: Target, _app: Application) -> Examined:
    zone, now = connection.execute(_TIME).one()
    seconds = abs(float(now) - time.time())
    problem = f"The clocks differ by {seconds:,.0f} s: let both machines follow a time server."
    finding = f"{zone}; revisions run in UTC regardless"
    return _examined("time zone", finding, *((problem,) if seconds > CLOCKS else ()))


def _pooler(connection: sa.Connection, target: Target, _app: Application) -> Examined:
    server = server_facts(connection, target)
    if not server.pooled:
        return _examined("pooler", "none")
    direct = url.direct(target.url)
    finding = "in between" if direct == target.url else f"in between; migrations use {direct.host}"
    return _examined("pooler", finding, *of_pooler(server, target))


SERVER: tuple[Callable[[sa.Connection, Target, Application], Examined], ...] = (
    _server,
    _extensions,
    _rights,
    _time_zone,
    _pooler,
)
