"""What hangs on an object, by pg_depend, whoever it belongs to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause


class Hanging(NamedTuple):
    """Something that hangs on an object, in words, and the relation, function or domain that owns it."""

    label: str
    owner: Key


@cache
def _query() -> TextClause:
    return text(files("app_schema.catalog").joinpath("strangers.sql").read_text(encoding="utf-8"))


def hanging(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[Hanging]]:
    """What hangs on each of the objects, in one query."""
    wanted = [
        {"n": number, "kind": key.kind, "schema": key.schema, "tbl": key.table, "name": key.name}
        for number, key in enumerate(keys)
    ]
    found: dict[Key, list[Hanging]] = {}
    if wanted:
        rows = connection.execute(_query(), {"keys": json.dumps(wanted)})
        for number, label, kind, schema, name in rows:
            found.setdefault(keys[number], []).append(Hanging(label, Key(kind, schema, None, name)))
    return found
