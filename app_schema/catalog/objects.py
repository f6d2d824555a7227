"""The whole catalog of a database in one query, and the differences between two catalogs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from app_schema.catalog.reading import query, read
from app_schema.catalog.snapshot_query import snapshot_query
from app_schema.catalog.uncompared import Uncompared, uncompared_query
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.definition import Definition, Parts
from app_schema.ddl.object import Key

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

Snapshot = Mapping[Key, str]
"""Key of an object -> its definition as PostgreSQL prints it; of some kinds in parts, a `Definition`."""


class Difference(NamedTuple):
    """An object that differs between the sides; a side is None if the object is absent."""

    key: Key
    left: str | None
    right: str | None


def snapshot(connection: Connection, *, ignore: tuple[str, ...] = ("alembic_version",)) -> Snapshot:
    """Every object of the connection's database, printed with an empty search_path.

    PostgreSQL 15 to 18 give the same snapshot of the same schema.

    :param ignore: names of tables of the migration tool, omitted with all their parts.
    """
    return _snapshot(read(connection, snapshot_query())[0], ignore)


def snapshot_and_uncompared(connection: Connection) -> tuple[Snapshot, list[Uncompared]]:
    """The snapshot and the uncompared objects, in one message."""
    rows, uncompared = read(connection, snapshot_query(), uncompared_query())
    return _snapshot(rows, ()), [Uncompared(*row) for row in uncompared]


def printed(driver: psycopg.Connection[Any], *, ignore: tuple[str, ...] = ()) -> Snapshot:
    """The snapshot, by a connection of psycopg."""
    return _snapshot(query(driver, snapshot_query())[0], ignore)


def _snapshot(rows: Iterable[tuple[Any, ...]], ignore: tuple[str, ...]) -> Snapshot:
    definitions = ((Key(*key), definition) for *key, definition in rows)
    return {
        key: with_parts(key.kind, definition)
        for key, definition in definitions
        if not _belongs_to(key, ignore)
    }


@cache
def _printed_as() -> dict[str, type[Parts]]:
    """Kind of a key -> the class of the parts that a snapshot selects."""
    queries = ((kind, cls.query_of(kind)) for kind, cls in Kind.by_key.items())
    return {kind: query.printed_as for kind, query in queries if query.printed_as is not None}


def with_parts(kind: str, definition: str) -> str:
    """The definition of an object of this kind, with its parts if the snapshot selects them as JSON."""
    return _parsed(kind, definition) if kind in _printed_as() else definition


@lru_cache(maxsize=1 << 16)
def _parsed(kind: str, parts: str) -> Definition:
    # both sides, and most columns of a database, have the same few definitions
    return Definition(_printed_as()[kind], json.loads(parts))


def _belongs_to(key: Key, tables: tuple[str, ...]) -> bool:
    """True if an object is one of the tables or a part of one; a column may have the name of a table."""
    return key.table in tables or (key.kind in {"table", "owner"} and key.name in tables)


def diff(left: Snapshot, right: Snapshot) -> list[Difference]:
    """The differences, by key."""
    keys = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
    keys.sort(key=lambda key: tuple(part or "" for part in key))
    return [Difference(key, left.get(key), right.get(key)) for key in keys]
