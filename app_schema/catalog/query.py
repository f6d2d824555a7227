"""Queries of the catalog that print names and expressions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from app_schema import pinned

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Sent as one message, so that it costs one round trip: what printing depends on set, the queries, and all as
# it was. Where one fails, the transaction it is in, or that of the message itself, takes the settings back.
_PINNED = {**pinned.PRINTED, "search_path": ""}
_NAMES = ", ".join(f"('{name}')" for name in _PINNED)
_REMEMBER = (
    f"SELECT set_config('app_schema.' || s.n, current_setting(s.n), false) FROM (VALUES {_NAMES}) AS s(n)"
)
_BEFORE = f"{_REMEMBER};\nSELECT {pinned.calls(_PINNED, local=False)}"
_AFTER = (
    f"SELECT set_config(s.n, current_setting('app_schema.' || s.n), false) FROM (VALUES {_NAMES}) AS s(n)"
)


def query(driver: psycopg.Connection[Any], *queries: str) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, run with an empty search_path: PostgreSQL prints every name qualified."""
    with driver.cursor() as cursor:
        if driver.info.parameter_status("standard_conforming_strings") == "off":
            # the server reads the literals of a whole message before it carries the first statement out
            cursor.execute("SET standard_conforming_strings = on")
            try:
                return query(driver, *queries)
            finally:
                with suppress(psycopg.errors.InFailedSqlTransaction):  # the rollback takes it back
                    cursor.execute("SET standard_conforming_strings = off")
        cursor.execute(";\n".join((_BEFORE, *(one.strip() for one in queries), _AFTER)).encode())
        rows = []
        cursor.nextset()
        for _ in queries:
            cursor.nextset()
            rows.append(cursor.fetchall())
        return rows


def read(connection: Connection, *queries: str) -> list[list[tuple[Any, ...]]]:
    """`query` through SQLAlchemy: in the transaction that is open, else in one that is rolled back."""
    connection.connection  # noqa: B018 - makes a lazy connection connect
    if not connection.in_transaction():
        connection.begin()
        try:
            return read(connection, *queries)
        finally:
            connection.rollback()
    driver: Any = connection.connection.dbapi_connection
    return query(getattr(driver, "driver_connection", driver), *queries)
