"""All dependents of an object, by pg_depend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from app_schema.catalog.address import request, statement
from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Dependent(NamedTuple):
    """A dependent of an object: its address, and the relation, function or domain that owns it."""

    address: tuple[int, int, int]
    owner: Key


_WORDS = text("""\
SELECT format('%s %s', i.type, i.identity)
  FROM json_array_elements(CAST(:addresses AS json)) WITH ORDINALITY AS a(address, n)
 CROSS JOIN LATERAL pg_identify_object((a.address->>0)::oid, (a.address->>1)::oid, (a.address->>2)::int) AS i
 ORDER BY a.n""")


def dependents_of(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[Dependent]]:
    """The dependents of each of the objects, in one query."""
    requests = [{"n": number, **request(key)} for number, key in enumerate(keys)]
    dependents: dict[Key, list[Dependent]] = {}
    if requests:
        for number, class_, oid, sub, *owner in connection.execute(
            statement("strangers.sql"), {"keys": json.dumps(requests)}
        ):
            kind, schema, name = owner
            dependents.setdefault(keys[number], []).append(
                Dependent((class_, oid, sub), Key(kind, schema, None, name))
            )
    return dependents


def in_words(connection: Connection, dependents: Sequence[Dependent]) -> list[str]:
    """The dependents as PostgreSQL names them: ``view theirs.v``."""
    addresses = json.dumps([dependent.address for dependent in dependents])
    return list(connection.execute(_WORDS, {"addresses": addresses}).scalars())
