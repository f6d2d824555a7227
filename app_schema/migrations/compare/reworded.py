"""Undeclared definitions that read a column whose type changes, with a cast to the former type.

PostgreSQL prints ``mood = ANY (ARRAY['low'::text, ...])`` of a text column. If the column becomes an enum, no
operator compares enum and text. The cast keeps the meaning of the definition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from app_schema.ddl.column import PrintedColumn
from app_schema.ddl.sql import ident

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.planner import Planner
    from app_schema.migrations.compare.sides import Sides

_CATEGORIES = text("""\
SELECT a.typcategory = b.typcategory FROM pg_catalog.pg_type AS a, pg_catalog.pg_type AS b
 WHERE a.oid = to_regtype(:old) AND b.oid = to_regtype(:new)""")
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|::?[\w.]+|[\w.$]+|.", re.DOTALL)


def reworded(sides: Sides, planner: Planner, key: Key, definition: str) -> str:
    """The definition with every column cast to its former type that gets a type of another category.

    The category of a type that does not exist yet, such as a new enum, differs from all others.
    """
    head, opening, rest = definition.partition("(")
    for column in _retyped(sides, planner, key):
        old = PrintedColumn.of(sides.reflected[column]).bare_type
        name = ident(column.name)
        rest = "".join(f"({name})::{old}" if token == name else token for token in _TOKEN.findall(rest))
    return head + opening + rest


def _retyped(sides: Sides, planner: Planner, key: Key) -> list[Key]:
    return [
        column
        for column in planner.changed
        if column[:3] == ("column", key.schema, key.table)
        and column in sides.reflected
        and planner.recreated_as(column) == "declared"
        and not _same_category(sides, column)
    ]


def _same_category(sides: Sides, column: Key) -> bool:
    old, new = (PrintedColumn.of(side[column]).bare_type for side in (sides.reflected, sides.declared))
    if old == new:
        return True
    answer = sides.connection.execute(_CATEGORIES, {"old": old, "new": new})
    return bool(answer.scalar_one_or_none())
