"""Queries of the catalog that print names and expressions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app_schema import pinned
from app_schema.catalog.assembled import Assembled
from app_schema.catalog.unreadable import unreadable
from app_schema.errors import ServerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A message, hence one round trip: the settings on which printing depends, the queries, and the former
# settings. If a query fails, the rollback of its transaction, open or implicit, restores the settings. JIT
# off: compiling a query of the catalog needs ten times the time of its execution.
_PINNED = {**pinned.PRINTED, "search_path": "", "jit": "off"}
_NAMES = ", ".join(f"('{name}')" for name in _PINNED)
_REMEMBER = (
    f"SELECT set_config('app_schema.' || s.n, current_setting(s.n), false) FROM (VALUES {_NAMES}) AS s(n)"
)
_PIN = f"SELECT {pinned.calls(_PINNED, local=False)}"
_BEFORE = f"{_REMEMBER};\n{_PIN}"
_AFTER = (
    f"SELECT set_config(s.n, current_setting('app_schema.' || s.n), false) FROM (VALUES {_NAMES}) AS s(n)"
)

_PATH = text("SELECT current_setting('search_path')")
_SET_PATH = text("SELECT set_config('search_path', :path, :local)")


def query(driver: psycopg.Connection[Any], *queries: str | Assembled) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, run with an empty search_path: PostgreSQL prints every name qualified."""
    with driver.cursor() as cursor:
        if driver.info.parameter_status("standard_conforming_strings") == "off":
            # the server parses a whole message before it executes the first statement
            cursor.execute("SET standard_conforming_strings = on")
            try:
                return query(driver, *queries)
            finally:
                with suppress(psycopg.errors.InFailedSqlTransaction):  # the rollback restores it
                    cursor.execute("SET standard_conforming_strings = off")
        texts = (part.message if isinstance(part, Assembled) else part.strip() for part in queries)
        cursor.execute(";\n".join((_BEFORE, *texts, _AFTER)).encode())
        cursor.nextset()
        return [_rows(cursor, 3 if isinstance(part, Assembled) else 1) for part in queries]


def _rows(cursor: psycopg.Cursor[tuple[Any, ...]], statements: int) -> list[tuple[Any, ...]]:
    """The rows that one of the next statements returns."""
    rows: list[tuple[Any, ...]] = []
    for _ in range(statements):
        cursor.nextset()
        rows += cursor.fetchall() if cursor.description else []
    return rows


def read(connection: Connection, *queries: str | Assembled) -> list[list[tuple[Any, ...]]]:
    """`query` through SQLAlchemy: in the transaction that is open, else in one that is rolled back.

    :raises ServerError: if PostgreSQL does not send a text of the catalog, because it is not UTF-8.
    """
    try:
        return _read(connection, *queries)
    except psycopg.errors.CharacterNotInRepertoire as error:
        connection.rollback()  # the transaction has failed
        if sentence := unreadable(connection):
            raise ServerError(sentence) from error
        raise


def _read(connection: Connection, *queries: str | Assembled) -> list[list[tuple[Any, ...]]]:
    connection.connection  # noqa: B018 - makes a lazy connection connect
    if not connection.in_transaction():
        connection.begin()
        try:
            return _read(connection, *queries)
        finally:
            connection.rollback()
    driver = own_driver(connection)
    if driver is not None:
        return query(driver, *queries)
    fetch(connection, _REMEMBER)
    fetch(connection, _PIN)
    answers = [fetch(connection, _text(connection, query)) for query in queries]
    fetch(connection, _AFTER)
    return answers


def _text(connection: Connection, query: str | Assembled) -> str:
    if not isinstance(query, Assembled):
        return query
    ((needed,),) = fetch(connection, query.needed)
    return query.of(needed)


def own_driver(connection: Connection) -> psycopg.Connection[Any] | None:
    """psycopg's synchronous connection, if it is one: it accepts several statements in one message."""
    driver = connection.connection.driver_connection
    return driver if isinstance(driver, psycopg.Connection) else None


def fetch(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """The rows of one query, by any driver."""
    result = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    return [tuple(row) for row in result.fetchall()] if result.returns_rows else []


def empty_path(connection: Connection) -> AbstractContextManager[None]:
    """An empty search_path: PostgreSQL prints every name with its schema."""
    return search_path(connection, "")


@contextmanager
def search_path(connection: Connection, path: str) -> Iterator[None]:
    """Another search_path, local to the transaction.

    In autocommit a local setting would end with its own statement, so there it is the session's, and is
    restored.
    """
    before = connection.scalar(_PATH)
    if before == path:
        yield
        return
    connection.execute(_SET_PATH, {"path": path, "local": True})
    local = connection.scalar(_PATH) == path
    if not local:
        connection.execute(_SET_PATH, {"path": path, "local": False})
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # the transaction has failed, or the connection is lost
            connection.execute(_SET_PATH, {"path": before, "local": local})
        raise
    connection.execute(_SET_PATH, {"path": before, "local": local})
