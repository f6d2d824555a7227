"""Settings, engines and connections, and one sentence for an error of the connection."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app_schema import dialect, login, pinned
from app_schema import url as urls
from app_schema.errors import ServerError
from app_schema.events import say
from app_schema.target import EMBEDDED, GIVEN, Target, read_file, require_request

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

MINIMUM_SERVER = 15
APPLICATION_NAME = "app_schema"
CONNECT_TIMEOUT = 10
CONNECT_TRIES = 5

_ANY_RELATION = sa.text("""
SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_')""")
_PLACES: tuple[tuple[str, ...], ...] = ((), (".env.local",), (".env", ".env.local"))  # a later file wins


@dataclass(frozen=True)
class Settings:
    """DATABASE_URL and DIRECT_DATABASE_URL; their repr shows no secret."""

    database_url: str | None = field(default=None, repr=False)
    direct_database_url: str | None = field(default=None, repr=False)


def settings() -> Settings:
    """The settings of the environment, else of .env.local, else of .env in the current directory.

    DIRECT_DATABASE_URL is read from the source of DATABASE_URL or one of higher priority: a DATABASE_URL of
    the shell is never combined with the direct URL of a file, which may be of another database.
    """
    chosen = Settings()
    for files in _PLACES:
        chosen = _read(files)
        if chosen.database_url is not None:
            break
    return chosen


def _read(files: tuple[str, ...]) -> Settings:
    """The settings of the environment, else of the last of the files that has them; empty is unset."""
    places: list[Mapping[str, str | None]] = [os.environ]
    for file in files:
        places.insert(1, read_file(file))
    pooled, direct = (
        next((place[name] for place in places if place.get(name)), None)
        for name in ("DATABASE_URL", "DIRECT_DATABASE_URL")
    )
    return Settings(pooled, direct)


def configured(*, direct: bool = False) -> Target | None:
    """The database that the settings name, or None where they name none."""
    chosen = settings()
    pooled = ("DATABASE_URL", chosen.database_url)
    unpooled = ("DIRECT_DATABASE_URL", chosen.direct_database_url)
    for origin, text in (unpooled, pooled) if direct else (pooled, unpooled):
        if text is not None:
            return Target(urls.parse(text, origin), origin)
    return None


def target(url: str | None = None, *, direct: bool = False) -> Target:
    """The database of the given URL, or the configured one, or the embedded server.

    The embedded server is started unless it runs; in CI it must be requested. With `direct` a pooled
    Neon endpoint is replaced by its direct one.
    """
    chosen = Target(urls.parse(url, GIVEN), GIVEN) if url is not None else configured(direct=direct)
    if chosen is None:
        from app_schema import embedded  # its package is an extra

        require_request()
        chosen = Target(urls.parse(embedded.start()), EMBEDDED)
    twin = urls.direct(chosen.url) if direct else chosen.url
    return chosen if twin == chosen.url else Target(twin, chosen.origin, pooled=chosen.url.host)


def url(*, direct: bool = False) -> sa.URL:
    """The URL of `target()`. Its str and repr hide the password."""
    return target(direct=direct).url


def engine(url: str | sa.URL | None = None, *, direct: bool = False, **options: Any) -> sa.Engine:
    """An engine for `url`, or for the configured database. It connects on first use.

    With `direct`, for migrations: the direct endpoint, no pool, and a dialect that sends no queries of its
    own. Statements are not prepared, because PgBouncer before 1.21 loses prepared statements between
    transactions.
    """
    url = _parsed(url, direct=direct)
    drivername = urls.DRIVER
    if direct:
        url = _unpooled(url)
        options.setdefault("poolclass", sa.NullPool)
        drivername = dialect.register()
        options.setdefault("isolation_level", "READ COMMITTED")  # a guard must see what others have committed
    return sa.create_engine(urls.hiding(url).set(drivername=drivername), **_with_arguments(url, options))


def async_engine(url: str | sa.URL | None = None, **options: Any) -> AsyncEngine:
    """The same for asynchronous code, by the same driver: with the timeout and unprepared statements."""
    from sqlalchemy.ext.asyncio import create_async_engine  # needs greenlet, which not everybody has

    url = _parsed(url)
    return create_async_engine(urls.hiding(url).set(drivername=urls.DRIVER), **_with_arguments(url, options))


def _parsed(url: str | sa.URL | None, *, direct: bool = False) -> sa.URL:
    if url is None:
        return (configured(direct=direct) or target()).url
    return urls.parse(url) if isinstance(url, str) else url


def _with_arguments(url: sa.URL, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an engine, completed with those of every connection."""
    arguments: dict[str, Any] = {
        **pinned.parameters(url.query),
        "prepare_threshold": None,
        "fallback_application_name": APPLICATION_NAME,
    }
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_TIMEOUT
    return {**options, "connect_args": arguments | options.get("connect_args", {})}


def connect(engine: sa.Engine, *, tries: int = CONNECT_TRIES) -> sa.Connection:
    """A connection to a supported server; raises ServerError with one sentence.

    Retries while a suspended compute starts or a server restarts.
    """
    options: dict[str, Any] = {}

    def note(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        options.update(parameters)

    sa.event.listen(engine, "do_connect", note)
    try:
        connection = _connect(engine, tries, options)
    finally:
        sa.event.remove(engine, "do_connect", note)
    try:
        check_server(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(engine: sa.Engine, tries: int, options: Mapping[str, Any]) -> sa.Connection:
    for number in range(1, tries + 1):
        try:
            return engine.connect()
        except DBAPIError as error:
            reason = login.reason(error.orig, options)
            if number == tries or reason is None or not reason.passing:
                raise ServerError(describe_failure(error, reason)) from error
            time.sleep(0.05 * 2**number * random.uniform(0.5, 1))
    raise ServerError("No attempt to connect was allowed.")


def pin(engine: sa.Engine) -> sa.Engine:
    """The engine, whose new sessions have the settings of `app_schema.pinned` before their first query.

    For connections without a later user: row security raises there instead of filtering.
    """
    sa.event.listen(engine, "connect", _pin, insert=True)  # before SQLAlchemy asks the server
    return engine


def _pin(driver: Any, _record: Any) -> None:
    driver.autocommit = True  # BEGIN would be a message of its own, and start transaction_timeout
    driver.execute(pinned.pin(pid=driver.info.backend_pid))
    driver.autocommit = False


def check_server(connection: sa.Connection) -> None:
    """Raise ServerError for a server older than PostgreSQL 15."""
    version = connection.dialect.server_version_info or (0,)
    if int(version[0]) < MINIMUM_SERVER:
        number = ".".join(map(str, version))
        raise ServerError(
            f"The server is PostgreSQL {number}; PostgreSQL {MINIMUM_SERVER} or later is needed."
        )


def is_empty(connection: sa.Connection) -> bool:
    """True if no schema has a table, view or sequence of its own, so nothing can be found or lost."""
    begun = connection.in_transaction()
    has_relation = connection.scalar(_ANY_RELATION)
    if not begun:
        connection.rollback()
    return not has_relation


def describe_failure(error: DBAPIError | psycopg.Error, reason: login.Reason | None = None) -> str:
    """The error of the server or of the connection, in one sentence without secrets.

    :param reason: the reason of a failed login, if known.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    diagnosis = cause.diag if isinstance(cause, psycopg.Error) else None
    if diagnosis is not None and diagnosis.message_primary:
        sentence = (
            f"PostgreSQL says: {diagnosis.message_primary.rstrip('.')} (SQLSTATE {diagnosis.sqlstate})."
        )
        remedy = pinned.remedy(diagnosis)
        return f"{sentence} {remedy}" if remedy else sentence
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    sentence = re.sub(r"^connection (failed|is bad): ", "", lines[0]).rstrip(".")
    reason = reason or login.reason(cause)
    return f"The server {reason.verdict if reason else 'cannot be used'}: {sentence}."


def _unpooled(url: sa.URL) -> sa.URL:
    twin = urls.direct(url)
    if twin != url:
        say(f"using the direct endpoint {twin.host}, not the pooled {url.host}.")
    return twin
