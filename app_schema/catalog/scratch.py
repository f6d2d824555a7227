"""The declared side as PostgreSQL prints it: the metadata is created in a scratch database on the server.

A transaction has a few hundred statements, because each created object holds an entry of the server's lock
table until the end of the transaction. Roles belong to the cluster: the statements that create or name a role
run last, in a transaction that is rolled back. Then the database is dropped.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app_schema import pinned
from app_schema.catalog import cache as kept
from app_schema.catalog.objects import Snapshot, printed
from app_schema.catalog.reading import fetch
from app_schema.catalog.undefined import ELSEWHERE, remedy
from app_schema.ddl.sql import ident
from app_schema.errors import ModelError, ServerError
from app_schema.url import parse

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    Driver = psycopg.Connection[Any]

PREFIX = "app_schema_scratch_"
CHUNK = 200
"""Statements in a transaction. A table needs about eight locks; a server has room for 6,400 by default."""

_SETTINGS: Mapping[str, str] = {
    "check_function_bodies": "off",
    "synchronous_commit": "off",  # the database needs not survive a crash
    "max_parallel_maintenance_workers": "0",  # planning a parallel build is slower than the build
}

_NAMES_ROLE = re.compile(
    r"\s*(?:GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES|(?:CREATE|ALTER)\s+POLICY|ALTER\b.*\bOWNER\s+TO"
    r"|(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:ROLE|USER|GROUP)|DO\b.*\bCREATE\s+(?:ROLE|USER|GROUP)"
    r"|COMMENT\s+ON\s+POLICY"
    r"|DO\b.*\b(?:ON|ALTER|IN)\s+DATABASE\s+%I)\b",
    re.IGNORECASE | re.DOTALL,
)

_SERVER = """\
SELECT version(), current_user::text,
       (SELECT string_agg(concat_ws(' ', s.name, s.setting), ', ' ORDER BY s.name)
          FROM pg_catalog.pg_settings AS s
         WHERE s.context = 'user' AND s.source NOT IN ('default', 'client', 'session')),
       (SELECT string_agg(concat_ws(' ', e.name, e.default_version), ', ' ORDER BY e.name)
          FROM pg_catalog.pg_available_extensions AS e)"""
"""The properties of a server on which its prints depend; not its address: a container has another port each
time."""

_DATABASES = """\
WITH session AS (
  SELECT a.pid, a.datname, a.backend_start IS NULL AS hidden,
         concat(%(prefix)s::text, a.pid, '_', floor(extract(epoch FROM a.backend_start))) AS name
    FROM pg_catalog.pg_stat_activity AS a
)
SELECT s.name, true FROM session AS s WHERE s.pid = pg_backend_pid()
UNION ALL
SELECT d.datname, false FROM pg_catalog.pg_database AS d
 WHERE starts_with(d.datname, %(prefix)s::text) AND pg_has_role(d.datdba, 'MEMBER') AND NOT EXISTS (
       SELECT 1 FROM session AS s
        WHERE d.datname IN (s.datname, s.name) OR (s.hidden AND starts_with(d.datname, s.name)))"""
"""The scratch database of this session, named after it, and those whose sessions have crashed."""


def declared_snapshot(
    connection: Connection,
    statements: Sequence[str],
    url: str | None = None,
    *,
    cache: bool = True,
    meanwhile: Callable[[], None] = lambda: None,
    search_path: str = "public",
    borrow: Callable[[Sequence[str]], Sequence[str]] = lambda _: (),
) -> Snapshot:
    """The snapshot of a database in which exactly these statements were executed.

    :param url: a server of the same major version, instead of the connection's own. Its role is replaced by
        the connection's role as owner in the snapshot.
    :param cache: use the snapshot of an earlier run if nothing has changed, and store this one.
    :param meanwhile: work on the connection while the server executes; called once.
    :param search_path: the schema of unqualified names.
    :param borrow: returns the statements with those that create used but undeclared objects, or none without
        such an object; called after PostgreSQL refuses a statement, and then all statements run again.
    :raises ModelError: if PostgreSQL refuses a statement; names the statement.
    :raises ServerError: if no scratch database can be created.
    """
    if search_path != "public":
        statements = [f"CREATE SCHEMA IF NOT EXISTS {ident(search_path)}", *statements]
    place = Place.of(connection, url)
    try:
        snapshot = _declared(connection, place, search_path, statements, cache=cache, meanwhile=meanwhile)
    except ModelError:
        if not (borrowed := borrow(statements)):
            raise
        snapshot = _declared(connection, place, search_path, borrowed, cache=cache, meanwhile=lambda: None)
    if url is None:
        return snapshot
    ((role,),) = fetch(connection, "SELECT current_user::text")
    return {key: role if key.kind == "owner" else definition for key, definition in snapshot.items()}


def _declared(
    connection: Connection,
    place: Place,
    search_path: str,
    statements: Sequence[str],
    *,
    cache: bool,
    meanwhile: Callable[[], None],
) -> Snapshot:
    name = ""
    if cache:
        name = kept.digest([*_server(connection, place), search_path, *statements])
        if (cached := kept.load(name)) is not None:
            meanwhile()
            return cached
    with ThreadPoolExecutor(1, "scratch") as pool:  # with connections of its own
        built = pool.submit(_built, place, search_path, statements)
        meanwhile()
        snapshot = built.result()
    if cache:
        kept.store(name, snapshot)
    return snapshot


def _server(connection: Connection, place: Place) -> list[str]:
    if not place.elsewhere:
        (row,) = fetch(connection, _SERVER)
    else:
        with connected(place) as other:
            (row,) = other.execute(_SERVER).fetchall()
    return [str(value) for value in row]


# Building


def _built(place: Place, search_path: str, statements: Sequence[str]) -> Snapshot:
    with scratch_database(place) as scratch:
        _build(scratch, search_path, statements)
        return printed(scratch)


def _build(scratch: Driver, search_path: str, statements: Sequence[str]) -> None:
    """Executes the statements in one message; the last transaction is open afterwards."""
    chunks = _chunks(statements)
    # not "$user": a schema of the metadata may have the name of the role
    path = {"search_path": ident(search_path)}
    settings = f"SELECT {pinned.calls({**_SETTINGS, **path}, local=False)}"
    message = [
        settings,
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ]  # an upgrade from a version before 15 keeps it
    for number, chunk in enumerate(chunks, 1):
        message += ["BEGIN", *chunk]
        if number < len(chunks):
            message += [f"SET app_schema.chunks = {number}", "COMMIT"]
    try:
        cursor = scratch.execute(";\n".join(message).encode())
    except psycopg.Error:
        raise _culprit(scratch, settings, chunks) from None
    if sum(1 for _ in cursor.results()) > len(message):
        raise _several_statements(scratch, statements)


def _chunks(statements: Sequence[str]) -> list[list[str]]:
    """The statements of each transaction; the last, which is never committed, has those that name a role."""
    others = [statement for statement in statements if not _NAMES_ROLE.match(statement)]
    chunks = [others[start : start + CHUNK] for start in range(0, len(others), CHUNK)] or [[]]
    chunks[-1] += [statement for statement in statements if _NAMES_ROLE.match(statement)]
    return chunks


def _culprit(scratch: Driver, settings: str, chunks: Sequence[Sequence[str]]) -> ModelError:
    """Repeats the failed transaction, a statement at a time: the error of a whole message names none."""
    scratch.execute(b"ROLLBACK")
    row = scratch.execute("SELECT current_setting('app_schema.chunks', true)").fetchone()
    failed = chunks[int(row[0] or 0) if row else 0]
    for statement in ["BEGIN", settings]:
        scratch.execute(statement.encode())
    for statement in failed:
        try:
            scratch.execute(b"SAVEPOINT made")
            scratch.execute(statement.encode())
        except psycopg.Error as error:
            scratch.execute(b"ROLLBACK TO made")
            advice = remedy(scratch, statement, error)
            message = f"the declared objects cannot be created: {_first_line(error)}{advice}"
            # a block of ours tells nobody what to change, if the remedy is known
            is_own_block = advice and statement.startswith("DO ")
            return ModelError(message if is_own_block else f"{message}\nin: {statement[:2000]}")
    return ModelError("the declared objects cannot be created in one message, only statement by statement")


def _several_statements(scratch: Driver, statements: Sequence[str]) -> ModelError:
    """Names the statements that are several: the server parses no more than one in the extended protocol."""
    scratch.execute(b"ROLLBACK")
    refused = [text for text in statements if _sqlstate(scratch, text) == b"42601"]
    return ModelError(
        "a declared object is several statements, and a revision sends one a string: declare each object "
        f"with one, and the others as objects of their own\nin: {'; '.join(refused)[:2000]}"
    )


def _sqlstate(scratch: Driver, statement: str) -> bytes | None:
    result = scratch.pgconn.prepare(b"", statement.encode())
    return result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)


def _first_line(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).strip().partition("\n")[0]


# The database


@dataclass(frozen=True)
class Place:
    """The server of the scratch database, and its required major version."""

    parameters: Mapping[str, Any] = field(repr=False)  # a password among them
    major: int
    elsewhere: bool

    @classmethod
    def of(cls, connection: Connection, url: str | None) -> Place:
        """The server of the connection, or that of the URL."""
        driver = connection.connection.driver_connection
        if url is not None:
            text = parse(url, "the URL of the scratch server").set(drivername="postgresql")
            parameters: dict[str, Any] = conninfo_to_dict(text.render_as_string(hide_password=False))
        elif isinstance(driver, psycopg.Connection | psycopg.AsyncConnection):
            parameters = {**driver.info.get_parameters(), "password": driver.info.password}
        else:
            parameters = _of_url(connection.engine.url)
        major = int((connection.dialect.server_version_info or (0,))[0])
        return cls(parameters, major, url is not None)


def _of_url(url: URL) -> dict[str, Any]:
    """The parameters of another driver's URL that libpq accepts."""
    understood = {parameter.keyword.decode() for parameter in psycopg.pq.Conninfo.get_defaults()}
    query = {name: str(value) for name, value in url.query.items() if name in understood}
    if "ssl" in url.query:  # asyncpg's name of sslmode
        query.setdefault("sslmode", str(url.query["ssl"]))
    named = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    return {
        **{name: value for name, value in {**named, "password": url.password}.items() if value},
        **query,
    }


@contextmanager
def scratch_database(place: Place) -> Iterator[Driver]:
    """A connection to an empty database, which is dropped afterwards."""
    with connected(place) as admin:
        name = _create(admin)
        try:
            with connected(place, dbname=name) as scratch:
                yield scratch
                _end_session(scratch)
        finally:
            admin.execute(_drop(name) + sql.SQL(" WITH (FORCE)"))


def _end_session(scratch: Driver) -> None:
    """Closes the connection and waits until the server has ended the session.

    DROP DATABASE sleeps for 0.1 s while a session of the database is about to end.
    """
    with socket.socket(fileno=os.dup(scratch.fileno())) as line, suppress(OSError):
        line.settimeout(1)
        scratch.close()
        while line.recv(1024):  # TLS sends an alert at its end
            pass


@contextmanager
def connected(place: Place, **parameters: str) -> Iterator[Driver]:
    """A connection of our own."""
    try:
        options = {**pinned.parameters(place.parameters), **place.parameters, **parameters}
        options |= {"client_encoding": pinned.ENCODING}
        connection = psycopg.connect(**options, autocommit=True)
    except psycopg.Error as error:
        raise ServerError(f"no scratch database for the comparison: {_first_line(error)}") from error
    try:
        major = connection.info.server_version // 10000
        if major != place.major:
            raise ServerError(
                f"the scratch server is PostgreSQL {major}, the database is on PostgreSQL {place.major}: "
                f"they print differently"
            )
        # only the scratch database is written, so a role with default_transaction_read_only = on may compare
        # too
        writing = {"default_transaction_read_only": "off"}
        connection.execute(pinned.pin({**pinned.SESSION, **pinned.LIVENESS, **writing}).encode())
        yield connection
    finally:
        connection.close()  # rolls back


def _create(admin: Driver) -> str:
    """The name of a new database. Drops the scratch databases of crashed runs."""
    name = ""
    for database, is_ours in admin.execute(_DATABASES, {"prefix": PREFIX}).fetchall():
        if is_ours:
            name = database
        else:
            with suppress(psycopg.Error):  # another session has dropped it
                admin.execute(_drop(database))
    # template0 is the same on every server; the collation C is valid for every encoding
    locale = "ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    create = sql.SQL(f"CREATE DATABASE {{}} TEMPLATE template0 {locale}")
    try:
        admin.execute(create.format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        major = admin.info.server_version // 10000
        msg = (
            f"the role {admin.info.user} may not create the scratch database of the comparison: name "
            f"a server of the same major version "
            f"(PostgreSQL {major}) where it may, with {ELSEWHERE}; "
            f"`app-schema db start` starts one of PostgreSQL 18"
        )
        raise ServerError(msg) from None
    except psycopg.Error as error:
        msg = f"no scratch database can be created: {_first_line(error)}; name a server with {ELSEWHERE}"
        raise ServerError(msg) from error
    return name


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
