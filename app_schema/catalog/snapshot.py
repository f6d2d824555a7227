"""The whole catalog of a database in one query, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from app_schema.ddl.statement import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection

Snapshot = Mapping[Key, str]
"""Key of an object -> its definition as PostgreSQL prints it."""


class Difference(NamedTuple):
    """One object that is not the same on both sides; None where it is absent."""

    key: Key
    left: str | None
    right: str | None


@cache
def _query() -> str:
    return files("app_schema.catalog").joinpath("snapshot.sql").read_text(encoding="utf-8")


def snapshot(connection: Connection, *, ignore: tuple[str, ...] = ("alembic_version",)) -> Snapshot:
    """Every object of the connection's database, printed with an empty search_path; the same on PostgreSQL 15 to 18.

    :param ignore: names of tables of the migration tool, left out with all that belongs to them.
    """
    path = connection.exec_driver_sql(
        "SELECT current_setting('search_path'), set_config('search_path', '', false)"
    ).scalar_one()
    try:
        # exec_driver_sql passes no parameters, and "%" stays "%" then
        rows = connection.exec_driver_sql(_query(), execution_options={"no_parameters": True}).all()
    finally:
        if not connection.invalidated and not _failed(connection):
            connection.exec_driver_sql("SELECT set_config('search_path', %(path)s, false)", {"path": path})
    found = {Key(kind, schema, table, name): definition for kind, schema, table, name, definition in rows}
    return {key: definition for key, definition in found.items() if not {key.table, key.name} & set(ignore)}


def _failed(connection: Connection) -> bool:
    status = getattr(connection.connection.dbapi_connection, "info", None)
    return status is not None and status.transaction_status.name == "INERROR"


def diff(left: Snapshot, right: Snapshot) -> list[Difference]:
    """What differs, by key; empty where both are the same."""
    keys = sorted(left.keys() | right.keys(), key=lambda key: tuple(part or "" for part in key))
    return [Difference(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]
