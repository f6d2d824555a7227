"""All dependents of an object, by pg_depend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from app_schema.catalog.address import statement, wanted
from app_schema.ddl import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Hanging(NamedTuple):
    """A dependent of an object: its address, and the relation, function or domain that owns it."""

    address: tuple[int, int, int]
    owner: Key


_WORDS = text("""\
SELECT format('%s %s', i.type, i.identity)
  FROM json_array_elements(CAST(:addresses AS json)) WITH ORDINALITY AS a(address, n)
 CROSS JOIN LATERAL pg_identify_object((a.address->>0)::oid, (a.address->>1)::oid, (a.address->>2)::int) AS i
 ORDER BY a.n""")


def hanging(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[Hanging]]:
    """The dependents of each of the objects, in one query."""
    asked = [{"n": number, **wanted(key)} for number, key in enumerate(keys)]
    found: dict[Key, list[Hanging]] = {}
    if asked:
        for number, class_, oid, sub, *owner in connection.execute(
            statement("strangers.sql"), {"keys": json.dumps(asked)}
        ):
            kind, schema, name = owner
            found.setdefault(keys[number], []).append(
                Hanging((class_, oid, sub), Key(kind, schema, None, name))
            )
    return found


def in_words(connection: Connection, hanging_: Sequence[Hanging]) -> list[str]:
    """The things as PostgreSQL names them: ``view theirs.v``."""
    addresses = json.dumps([dependent.address for dependent in hanging_])
    return list(connection.execute(_WORDS, {"addresses": addresses}).scalars())
