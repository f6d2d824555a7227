"""Dependents that prevent PostgreSQL from changing an object, from pg_depend."""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    requests = [{**request(change.key), "dropped": change.dropped} for change in blocked]
    if not requests:
        return []
    rows = connection.execute(statement("dependents.sql"), {"keys": json.dumps(requests)})
    keys = dict.fromkeys(Key(*row) for row in rows)
    return [key for key in keys if not Kind.by_key.get(key.kind, Kind).keeps_values]
