"""Identifiers and literals as PostgreSQL parses them.

Statements are rendered without parameters, and with single percent signs as the server receives them. Only
the compiler of :mod:`app_schema.ddl.statement` doubles percent signs for the driver.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql.base import PGDialect, PGIdentifierPreparer
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.elements import conv

from app_schema import upstream
from app_schema.errors import ModelError

# paramstyle "named" does not double "%"; 15 is the oldest supported server
DIALECT: PGDialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]  # not annotated in SQLAlchemy
DIALECT.server_version_info = (15, 0)
upstream.never_concurrently(DIALECT)  # a guard runs in a block, and a block in a transaction
NAME_BYTES = 63
NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)'
"""The pattern of one identifier as PostgreSQL prints it."""
LISTS = {
    "search_path",
    "temp_tablespaces",
    "session_preload_libraries",
    "shared_preload_libraries",
    "local_preload_libraries",
    "unix_socket_directories",
}
"""Settings whose value is a list of names, which SET expects as separate literals."""

Value = TypeVar("Value")


def checked(name: str) -> str:
    """The name.

    :raises ModelError: if PostgreSQL would truncate the name or cannot store it.
    """
    size = len(name.encode())
    if not name or "\x00" in name:
        msg = f"{name!r} cannot be the name of an object in PostgreSQL: it is empty or has a NUL character"
        raise ModelError(msg)
    if size > NAME_BYTES:
        effect = f"PostgreSQL would truncate it to {NAME_BYTES}"
        msg = f"the name {name!r} has {size} bytes, {effect}"
        raise ModelError(msg)
    return name


def ident(name: str) -> str:
    """The identifier, in quotes if it needs them."""
    return DIALECT.identifier_preparer.quote(checked(name))


def shortened(value: Value) -> Value:
    """A name by ``op.f()`` or a naming convention, shortened as SQLAlchemy shortens it; any other value
    unchanged.

    SQLAlchemy shortens a name to the same text each time. A plain string is never shortened.
    """
    if not isinstance(value, conv):
        return value
    name = DIALECT.identifier_preparer.truncate_and_render_constraint_name(value)
    return unquoted(name)  # type: ignore[return-value]  # a str for a kind of str


def unquoted(name: str) -> str:
    """The name without the quotes of an identifier."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def qualified(name: str, schema: str | None) -> str:
    """``schema.name``, quoted; without a schema only the name."""
    return f"{ident(schema)}.{ident(name)}" if schema else ident(name)


def role(name: str) -> str:
    """A role in GRANT, REVOKE or TO; the keyword PUBLIC is not quoted."""
    return "PUBLIC" if name.upper() == "PUBLIC" else ident(name)


def parsed(
    pattern: re.Pattern[str], label: str, definition: str, printer: str, expected: str
) -> re.Match[str]:
    """The parts of a definition by the whole statement that a function of PostgreSQL prints.

    :raises ModelError: for any other statement.
    """
    match = pattern.fullmatch(definition)
    if match is None:
        raise ModelError(f"{label} is not defined as {printer} prints it: {definition}\nexpected: {expected}")
    return match


def literal(text: str) -> str:
    """A string literal that means the same under either standard_conforming_strings."""
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in quoted else f"'{quoted}'"


def literals(texts: Iterable[str]) -> str:
    """A ``text[]`` constructor of string literals."""
    return "ARRAY[" + ", ".join(literal(text) for text in texts) + "]::text[]"


def dollar(text: str, tag: str = "sql") -> str:
    """A dollar-quoted literal whose tag does not occur in the text."""
    mark, n = f"${tag}$", 0
    while (text + mark).index(mark) != len(text):
        n += 1
        mark = f"${tag}{n}$"
    return f"{mark}{text}{mark}"


def on_database(before: str, after: str) -> str:
    """A statement on the database of the connection: each environment has a database of another name.

    :param before: the words before ``DATABASE``.
    :param after: those after the name.
    """
    # a percent sign is a placeholder of format()
    statement = literal(f"{before.replace('%', '%%')} DATABASE %I {after.replace('%', '%%')}")
    return "DO " + dollar(f"BEGIN EXECUTE format({statement}, current_database()); END", "database")


class _Preparer(PGIdentifierPreparer):
    def __init__(self, dialect: PGDialect, table: str) -> None:
        super().__init__(dialect)
        self.table = table

    def format_table(self, *_: Any, **__: Any) -> str:
        return self.table


def plain(construct: ExecutableDDLElement, *, on: str | None = None) -> str:
    """The SQL of a SQLAlchemy construct, one statement, percent signs single.

    :param on: the text that replaces the table's name, such as the name of the twin.
    """
    dialect = DIALECT
    if on is not None:
        dialect = copy.copy(DIALECT)
        dialect.identifier_preparer = _Preparer(dialect, on)
    return str(construct.compile(dialect=dialect)).strip()


def sequence(value: str | Iterable[str]) -> tuple[str, ...]:
    """One string or several, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def pairs(
    value: Mapping[str, Value] | Iterable[tuple[str, Value]] | None,
) -> tuple[tuple[str, Value], ...]:
    """The items of a mapping, in order; empty for None."""
    items = value.items() if isinstance(value, Mapping) else value or ()
    return tuple((name, item) for name, item in items)


def split(text: str) -> Sequence[str]:
    """The identifiers of a list such as ``a, "B"``, unquoted and folded as PostgreSQL does."""
    return [
        m["quoted"].replace('""', '"') if m["quoted"] is not None else m["bare"].lower()
        for m in re.finditer(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<bare>[^\s,"()]+)', text)
    ]
