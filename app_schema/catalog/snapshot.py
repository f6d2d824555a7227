"""The whole catalog of a database in one query, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from app_schema.ddl.statement import Key

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

Snapshot = Mapping[Key, str]
"""Key of an object -> its definition as PostgreSQL prints it."""


class Difference(NamedTuple):
    """One object that is not the same on both sides; None where it is absent."""

    key: Key
    left: str | None
    right: str | None


# Sent as one message, so that it costs one round trip: no path, the query, and the old path again. Where it
# fails, the transaction it is in, or that of the message itself, takes the setting back.
_BEFORE = (
    "SELECT set_config('app_schema.search_path', current_setting('search_path'), false),"
    " set_config('search_path', '', false);"
)
_AFTER = ";SELECT set_config('search_path', current_setting('app_schema.search_path'), false)"


@cache
def _message() -> bytes:
    query = files("app_schema.catalog").joinpath("snapshot.sql").read_text(encoding="utf-8")
    return f"{_BEFORE}{query.rstrip()}{_AFTER}".encode()


def snapshot(connection: Connection, *, ignore: tuple[str, ...] = ("alembic_version",)) -> Snapshot:
    """Every object of the connection's database, printed with an empty search_path.

    PostgreSQL 15 to 18 give the same snapshot of the same schema.

    :param ignore: names of tables of the migration tool, left out with all that belongs to them.
    """
    connection.connection  # noqa: B018 - makes a lazy connection connect
    if not connection.in_transaction():
        connection.begin()
        try:
            return snapshot(connection, ignore=ignore)
        finally:
            connection.rollback()
    driver: Any = connection.connection.dbapi_connection
    return printed(getattr(driver, "driver_connection", driver), ignore=ignore)


def printed(driver: psycopg.Connection[Any], *, ignore: tuple[str, ...] = ()) -> Snapshot:
    """The snapshot through a connection of psycopg's own."""
    with driver.cursor() as cursor:
        cursor.execute(_message())
        cursor.nextset()
        rows = cursor.fetchall()
    found = {Key(kind, schema, table, name): definition for kind, schema, table, name, definition in rows}
    return {key: definition for key, definition in found.items() if not {key.table, key.name} & set(ignore)}


def diff(left: Snapshot, right: Snapshot) -> list[Difference]:
    """What differs, by key; empty where both are the same."""
    keys = sorted(left.keys() | right.keys(), key=lambda key: tuple(part or "" for part in key))
    return [Difference(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]
