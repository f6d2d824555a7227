"""Undeclared definitions that name a column whose type changes, in words that the new type understands.

PostgreSQL prints ``mood = ANY (ARRAY['low'::text, ...])`` of a text column. Once the column is an enum, no
operator compares the two. With the column cast to its former type the definition means what it meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl import Key
from app_schema.ddl.sql import ident
from app_schema.migrations.compare.printed_column import parts

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_CATEGORIES = text("""\
SELECT a.typcategory = b.typcategory FROM pg_catalog.pg_type AS a, pg_catalog.pg_type AS b
 WHERE a.oid = to_regtype(:old) AND b.oid = to_regtype(:new)""")
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|::?[\w.]+|[\w.$]+|.", re.DOTALL)


def reworded(comparison: Comparison, key: Key, definition: str) -> str:
    """The definition with every column cast to its former type that gets a type of another category.

    A new type that is not there yet, as a new enum, is of another category than any.
    """
    head, opening, rest = definition.partition("(")
    for column in _retyped(comparison, key):
        old = parts(comparison.found[column]).type.partition(" COLLATE ")[0]
        name = ident(column.name)
        rest = "".join(f"({name})::{old}" if one == name else one for one in _TOKEN.findall(rest))
    return head + opening + rest


def _retyped(comparison: Comparison, key: Key) -> list[Key]:
    return [
        one
        for one in comparison.changed
        if one[:3] == ("column", key.schema, key.table)
        and one in comparison.found
        and comparison.recreate_from(one) == "declared"
        and not _same_category(comparison, one)
    ]


def _same_category(comparison: Comparison, column: Key) -> bool:
    sides = [
        parts(side[column]).type.partition(" COLLATE ")[0] for side in (comparison.found, comparison.wanted)
    ]
    if sides[0] == sides[1]:
        return True
    found = comparison.connection.execute(_CATEGORIES, dict(zip(("old", "new"), sides, strict=True)))
    return bool(found.scalar_one_or_none())
