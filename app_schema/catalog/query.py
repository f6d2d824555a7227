"""Queries of the catalog that print names and expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

# Sent as one message, so that it costs one round trip: what printing depends on set, the queries, and all as
# it was. Where one fails, the transaction it is in, or that of the message itself, takes the settings back.
_PINNED = "('search_path', ''), ('quote_all_identifiers', 'off'), ('extra_float_digits', '1')"
_SETTINGS = f"(VALUES {_PINNED}) AS s(n, v)"
_BEFORE = (
    "SELECT set_config('app_schema.' || s.n, current_setting(s.n), false), set_config(s.n, s.v, false)"
    f" FROM {_SETTINGS}"
)
_AFTER = f"SELECT set_config(s.n, current_setting('app_schema.' || s.n), false) FROM {_SETTINGS}"


def query(driver: psycopg.Connection[Any], *queries: str) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, run with an empty search_path: PostgreSQL prints every name qualified."""
    with driver.cursor() as cursor:
        cursor.execute(";\n".join((_BEFORE, *(one.strip() for one in queries), _AFTER)).encode())
        rows = []
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
