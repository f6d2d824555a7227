"""What hangs on a thing that PostgreSQL will not change under it, from pg_depend."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from app_schema.catalog.address import statement
from app_schema.ddl import Key
from app_schema.ddl.catalog_query import Kind

if TYPE_CHECKING:
    from sqlalchemy import Connection


_FIELDS = ("kind", "schema", "tbl", "name")


class Blocked(NamedTuple):
    """A thing that is to change; ``gone`` where it is dropped, and all that hangs on it with it."""

    key: Key
    gone: bool


def dependents(connection: Connection, blocked: Iterable[Blocked]) -> list[Key]:
    """What stands in the way of these changes, directly or through something else, what came first first.

    Of a column that changes its type: what PostgreSQL refuses or would misread, which are views, policies,
    triggers, generated columns, foreign keys, and the constraints and indexes that have an expression. Of an
    enum the same of its columns, and what names it. Of what is dropped: everything.

    Kinds are those of a snapshot, besides ``default``, a default that reads the thing, and ``own_default``,
    that of a column that changes; their names are those of the columns.
    """
    wanted = [{**dict(zip(_FIELDS, one.key, strict=True)), "gone": one.gone} for one in blocked]
    if not wanted:
        return []
    rows = connection.execute(statement("dependents.sql"), {"keys": json.dumps(wanted)})
    # a publication is found by the schema of a table in it, and is in none itself
    found = (Key("publication", None, None, row[3]) if row[0] == "publication" else Key(*row) for row in rows)
    keys = dict.fromkeys(found)
    return [key for key in keys if not Kind.by_key.get(key.kind, Kind).keeps_values]
