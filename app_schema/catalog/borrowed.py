"""Objects that a metadata uses and does not declare, copied from the database that it is compared with.

An extension, a type or a function that a revision made by ``op.execute`` is no part of the metadata, and
without it the metadata's tables cannot be made in the scratch database.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from app_schema.catalog.reading import read
from app_schema.ddl.object import Key

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Borrowed:
    """One object; a function's name has its arguments."""

    schema: str | None
    name: str
    statements: tuple[str, ...]


def used(connection: Connection, statements: Sequence[str], declared: Collection[Key]) -> list[Borrowed]:
    """The undeclared objects of the database that the statements name, in the order of their creation."""
    query = files("app_schema.catalog").joinpath("borrowed.sql").read_text(encoding="utf-8")
    known = {(one.schema, one.name) for one in declared}
    rows = [row for row in read(connection, query)[0] if (row[1], row[2]) not in known]
    named = words(statements)
    chosen: set[tuple[str | None, str]] = set()
    found = True
    while found:  # a domain may stand on a function, and that on an extension
        new = [row for row in rows if (row[1], row[2]) not in chosen and named & set(row[3])]
        chosen |= {(row[1], row[2]) for row in new}
        named |= words(row[4] for row in new)
        found = bool(new)
    return [
        Borrowed(schema, name, tuple(statement.split(";\n", 1)))
        for _, schema, name, _, statement in rows
        if (schema, name) in chosen
    ]


def words(statements: Iterable[str]) -> set[str]:
    """The words of SQL as written and in lower case, which PostgreSQL reads an unquoted name in."""
    found = {word for statement in statements for word in _WORD.findall(statement)}
    return found | {word.lower() for word in found}
