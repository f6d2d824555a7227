"""Objects that a metadata uses and does not declare, copied from the database that it is compared with.

An extension, a type or a function that a revision created by ``op.execute`` is not in the metadata, but its
tables cannot be created in the scratch database without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol

from app_schema.catalog.reading import read

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WORD = re.compile(r"\w+")
_NEW_SCHEMA = re.compile(r"^\s*CREATE SCHEMA (?!IF NOT EXISTS )")
_NEW_TABLE = re.compile(r"^\s*CREATE (?:UNLOGGED )?TABLE\b")


class DeclaredNames(Protocol):
    """The names that a metadata declares, before PostgreSQL has printed it."""

    def has_name(self, schema: str | None, name: str) -> bool:
        """True if an object of this name is declared; a function is looked up without its arguments."""

    def has_table(self, schema: str, name: str) -> bool:
        """True if a table of this name is declared."""


@dataclass(frozen=True)
class Borrowed:
    """One object; a function's name has its arguments.

    :param after_tables: it cannot be created before the declared tables, as a function with the row type of
        one.
    """

    schema: str | None
    name: str
    statements: tuple[str, ...]
    after_tables: bool = False


def used(connection: Connection, statements: Sequence[str], declared: DeclaredNames) -> list[Borrowed]:
    """The undeclared objects of the database that the statements name, in the order of their creation.

    Without objects that depend on an undeclared relation.
    """
    query = files("app_schema.catalog").joinpath("borrowed.sql").read_text(encoding="utf-8")
    rows = [row for row in read(connection, query)[0] if not declared.has_name(row[1], row[2])]
    rows = [row for row in rows if all(declared.has_table(*relation) for relation in row[5] or ())]
    named = words(statements)
    chosen: set[tuple[str | None, str]] = set()
    found = True
    while found:  # a domain may depend on a function, and the function on an extension
        new = [row for row in rows if (row[1], row[2]) not in chosen and named & set(row[3])]
        chosen |= {(row[1], row[2]) for row in new}
        named |= words(row[4] for row in new)
        found = bool(new)
    return [
        Borrowed(schema, name, tuple(statement.split(";\n", 1)), after_tables=bool(tables))
        for _, schema, name, _, statement, tables in rows
        if (schema, name) in chosen
    ]


def merged(borrowed: Iterable[Borrowed], statements: Sequence[str]) -> list[str]:
    """The statements, preceded by those that create the used objects, or with these after the last table."""
    # IF NOT EXISTS: a borrowed object may have created the schema
    declared = [_NEW_SCHEMA.sub("CREATE SCHEMA IF NOT EXISTS ", statement) for statement in statements]
    tables = max(
        (number for number, statement in enumerate(declared, 1) if _NEW_TABLE.match(statement)), default=0
    )
    lent = list(borrowed)
    early, late = (
        [statement for obj in lent if obj.after_tables is after for statement in obj.statements]
        for after in (False, True)
    )
    return [*early, *declared[:tables], *late, *declared[tables:]]


def words(statements: Iterable[str]) -> set[str]:
    """The words of SQL as written and in lower case, which PostgreSQL reads an unquoted name in."""
    found = {word for statement in statements for word in _WORD.findall(statement)}
    return found | {word.lower() for word in found}
