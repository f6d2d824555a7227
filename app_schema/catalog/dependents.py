"""Dependents that prevent PostgreSQL from changing an object, from pg_depend."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from app_schema.catalog.address import request, statement
from app_schema.ddl import Key
from app_schema.ddl.catalog_query import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Blocked(NamedTuple):
    """An object to change; ``dropped``: to drop, with all dependents."""

    key: Key
    dropped: bool


def dependents(connection: Connection, blocked: Iterable[Blocked]) -> list[Key]:
    """The direct and indirect dependents that prevent these changes, in the order of creation.

    For a column that changes its type: views, policies, triggers, generated columns, foreign keys, and the
    constraints and indexes with an expression, which PostgreSQL refuses or would misread. For an enum the
    same of its columns, and the objects that name it. For a dropped object: every dependent.

    Kinds are those of a snapshot, and ``default``, a default that reads the object, and ``own_default``, the
    default of a changed column; their names are those of the columns.
    """
    return _dependents(connection, [(0, change) for change in blocked])[0]


def dependents_of_each(connection: Connection, blocked: Iterable[Blocked]) -> dict[Key, list[Key]]:
    """The same for each of the changes alone, in one query."""
    changes = list(blocked)
    by_number = _dependents(connection, list(enumerate(changes)))
    return {change.key: by_number[number] for number, change in enumerate(changes)}


def _dependents(
    connection: Connection, numbered: Sequence[tuple[int, Blocked]]
) -> defaultdict[int, list[Key]]:
    """The dependents of the changes of each number."""
    by_number = defaultdict[int, list[Key]](list)
    requests = [{"n": n, **request(change.key), "dropped": change.dropped} for n, change in numbered]
    if requests:
        rows = connection.execute(statement("dependents.sql"), {"keys": json.dumps(requests)})
        for number, *key in rows:
            dependent = Key(*key)
            if not Kind.by_key.get(dependent.kind, Kind).keeps_values:
                by_number[number].append(dependent)
    return by_number
