"""Objects that a metadata uses and does not declare, copied from the database that it is compared with.

An extension, a type or a function that a revision created by ``op.execute`` is not in the metadata, but its
tables cannot be created in the scratch database without it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import text

from app_schema.catalog.address import request, statement
from app_schema.catalog.answers import Answers
from app_schema.catalog.objects import snapshot
from app_schema.catalog.reading import empty_path, read
from app_schema.catalog.reflect import reflect
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.sql import DIALECT, ident, qualified
from app_schema.errors import ModelError

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table

_MEMBERS = """\
SELECT e.extname, i.object_names[cardinality(i.object_names)],
       (SELECT m.amname FROM pg_catalog.pg_opclass AS o JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
         WHERE d.classid = 'pg_catalog.pg_opclass'::regclass AND o.oid = d.objid AND o.opcdefault
           AND m.amname IN ('gin', 'gist'))
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_depend AS d ON d.deptype = 'e' AND d.refobjid = e.oid
   AND d.refclassid = 'pg_catalog.pg_extension'::regclass
 CROSS JOIN LATERAL pg_identify_object_as_address(d.classid, d.objid, 0) AS i
 WHERE i.type IN ('type', 'function', 'aggregate', 'operator class', 'text search dictionary',
                  'text search configuration', 'foreign-data wrapper', 'collation')"""
"""Extension, the name of a member, and the access method of a default operator class: DDL names no class in
gist (=, &&) of btree_gist."""
_EXISTS = text("SELECT pg_catalog.to_regclass(:name) IS NOT NULL")
_WORD = re.compile(r"\w+")
_NEW_SCHEMA = re.compile(r"^\s*CREATE SCHEMA (?!IF NOT EXISTS )")
_NEW_EXTENSION = re.compile(r"^\s*DO \$extension\d*\$")
"""`ddl.Extension` creates an extension in a block."""
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
    lent = {
        key: definition
        for key, definition in snapshot(connection).items()
        if _is_lent(key) and not declared.has_name(key.schema, key.name)
    }
    with empty_path(connection):  # as in the snapshot: a key has the types of arguments
        relations = {
            key: needed
            for key, needed in _with_relations(connection, list(lent))
            if all(declared.has_table(*relation) for relation in needed)
        }
        chosen = _named(connection, {key: lent[key] for key in relations}, words(statements))
        objects = _reflected(connection, {key: lent[key] for key in chosen})
    objects.sort(key=lambda pair: (pair[1].ranks[1], pair[1].step))  # the oldest of them first
    return [
        Borrowed(key.schema, key.name, _statements(obj), after_tables=bool(relations[key]))
        for key, obj in objects
    ]


def referred(
    connection: Connection, tables: Mapping[tuple[str, str], Table], default_schema: str
) -> list[Borrowed]:
    """The undeclared tables of the database to which foreign keys of declared tables refer, with the columns
    that these need: a key may refer to a table of another application's metadata."""
    keys: dict[tuple[str, str], set[tuple[Column[Any], ...]]] = defaultdict(set)
    for table in tables.values():
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table
            place = (target.schema or default_schema, target.name)
            if place not in tables:
                keys[place].add(tuple(element.column for element in constraint.elements))
    return [
        Borrowed(schema, name, _stub(schema, name, referred))
        for (schema, name), referred in keys.items()
        if connection.scalar(_EXISTS, {"name": qualified(name, schema)})
    ]


def _stub(schema: str, name: str, keys: set[tuple[Column[Any], ...]]) -> tuple[str, ...]:
    types = {column.name: column.type.compile(DIALECT) for key in keys for column in key}
    parts = [f"{ident(column)} {type_}" for column, type_ in types.items()]
    parts += sorted(f"UNIQUE ({', '.join(ident(column.name) for column in key)})" for key in keys)
    create = f"CREATE TABLE {qualified(name, schema)} ({', '.join(parts)})"
    return f"CREATE SCHEMA IF NOT EXISTS {ident(schema)}", create


def _is_lent(key: Key) -> bool:
    cls = DDLObject.reflected.get(key.kind)
    return cls is not None and cls.lent


def _with_relations(connection: Connection, keys: Sequence[Key]) -> list[tuple[Key, list[tuple[str, str]]]]:
    requests = json.dumps([{"n": number, **request(key)} for number, key in enumerate(keys)])
    rows = connection.execute(statement("borrowed.sql"), {"keys": requests})
    return [(keys[number], relations) for number, relations in rows]


def _named(connection: Connection, lent: Mapping[Key, str], named: set[str]) -> list[Key]:
    """The objects with one of the names, and those that these name in turn: a domain calls a function, and
    the function is of a type."""
    members: dict[str, set[str]] = defaultdict(set)
    for extension, name, method in read(connection, _MEMBERS)[0]:
        members[extension] |= {name.rpartition(".")[2].strip('"'), method}
    names = {
        key: {key.name.partition("(")[0].partition(" USING ")[0]}
        | (members[key.name] if key.kind == "extension" else set())
        for key in lent
    }
    chosen: set[Key] = set()
    while new := {key for key in lent if key not in chosen and not named.isdisjoint(names[key])}:
        chosen |= new
        named |= words(lent[key] for key in new)
    return [key for key in lent if key in chosen]


def _reflected(connection: Connection, chosen: Mapping[Key, str]) -> list[tuple[Key, DDLObject]]:
    answers = Answers(connection, lambda kind: (key for key in chosen if key.kind == kind))
    objects: list[tuple[Key, DDLObject]] = []
    for key, definition in chosen.items():
        with suppress(
            ModelError
        ):  # no class declares it: the error of the statement that names it reports its absence
            objects.append((key, reflect(answers, key, definition)))
    return objects


def _statements(obj: DDLObject) -> tuple[str, ...]:
    schema = (f"CREATE SCHEMA IF NOT EXISTS {ident(obj.schema)}",) if obj.schema else ()
    return (*schema, *obj.lent_sql())


def merged(borrowed: Iterable[Borrowed], statements: Sequence[str]) -> list[str]:
    """The statements, with those that create the used objects after the last extension, whose types a domain
    may use, or after the last table."""
    # IF NOT EXISTS: a borrowed object may have created the schema
    declared = [_NEW_SCHEMA.sub("CREATE SCHEMA IF NOT EXISTS ", statement) for statement in statements]
    extensions, tables = (
        max((number for number, statement in enumerate(declared, 1) if new.match(statement)), default=0)
        for new in (_NEW_EXTENSION, _NEW_TABLE)
    )
    begun = min(extensions, tables)
    lent = list(borrowed)
    early, late = (
        [statement for obj in lent if obj.after_tables is after for statement in obj.statements]
        for after in (False, True)
    )
    return [*declared[:begun], *early, *declared[begun:tables], *late, *declared[tables:]]


def words(statements: Iterable[str]) -> set[str]:
    """The words of SQL as written and in lower case, which PostgreSQL reads an unquoted name in."""
    written = {word for statement in statements for word in _WORD.findall(statement)}
    return written | {word.lower() for word in written}
