"""The remedy if declared objects use an object that is neither declared nor in the database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString, TypeAlias

import psycopg

from app_schema.ddl.sql import ident

Driver: TypeAlias = psycopg.Connection[tuple[object, ...]]
ELSEWHERE = (
    "-x scratch=URL of alembic and app-schema revision, or --scratch URL of app-schema verify, adopt, "
    "models and baseline"
)
_UNDEFINED = {"42704", "42883", "3F000"}
"""SQLSTATE: undefined_object, undefined_function, invalid_schema_name."""
_REFUSED = {"42501", "58P01", "F0000"}
"""insufficient_privilege; and an extension whose files are absent."""
_AVAILABLE: LiteralString = """
SELECT e.name FROM pg_catalog.pg_available_extensions AS e
  JOIN pg_catalog.pg_available_extension_versions AS v ON v.name = e.name AND v.version = e.default_version
 WHERE e.installed_version IS NULL AND v.requires IS NULL AND (v.trusted OR e.name = 'vector')
 ORDER BY e.name NOT IN ('btree_gin', 'btree_gist', 'pg_trgm'), e.name"""
_CLASSES: LiteralString = """
SELECT a.attname, o.opcname, (SELECT e.extname FROM pg_catalog.pg_depend AS d
         JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_opclass'::regclass AND d.objid = o.oid AND d.deptype = 'e')
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_am AS m ON m.amname = %(method)s
  JOIN pg_catalog.pg_opclass AS o ON o.opcmethod = m.oid
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attname = ANY (%(names)s) AND NOT o.opcdefault
   AND (o.opcintype = a.atttypid
        OR EXISTS (SELECT FROM pg_catalog.pg_cast AS c
                    WHERE c.castsource = a.atttypid AND c.casttarget = o.opcintype AND c.castmethod = 'b'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_opclass AS q
                    WHERE q.opcmethod = m.oid AND q.opcdefault AND q.opcintype = a.atttypid)
 ORDER BY 1, 2"""
_INDEX = re.compile(
    r'CREATE INDEX .*? ON (?:ONLY )?(?P<table>(?:"[^"]+"|[^\s"])+) USING \w+ \((?P<keys>.*)\)',
    re.DOTALL,
)
_NAME = re.compile(r'"([^"]+)"|(\w+)')


def remedy(scratch: Driver, statement: str, error: psycopg.Error) -> str:
    """The line to write; empty if none is known.

    :param scratch: the connection, in the state before the failed statement.
    """
    absent = (
        error.sqlstate == "0A000" and "CREATE EXTENSION" in statement
    )  # otherwise a feature that PostgreSQL lacks
    if absent or error.sqlstate in _REFUSED:
        return f"; name a server on which the role may create it, with {ELSEWHERE}"
    if error.sqlstate not in _UNDEFINED:
        return ""
    quoted = re.findall(r'"([^"]+)"', error.diag.message_primary or "")
    method = _method(scratch, quoted)
    if method is not None and (named := _operator_classes(scratch, statement, method)):
        return named
    available = [str(name) for (name,) in scratch.execute(_AVAILABLE)]
    for extension in sorted(available, key=lambda name: name not in quoted):
        if _succeeds(scratch, extension, statement):
            return f"; declare it: {_declared(extension)}"
    if method is not None:
        return f"; {method} has no operator class for this type: use another type, or an expression of it"
    return "; declare it with app_schema.ddl.attach(metadata, ...), or create it in the database first"


def _method(scratch: Driver, quoted: list[str]) -> str | None:
    """The access method without a default operator class for a type, which only the message names."""
    methods = {str(name) for (name,) in scratch.execute("SELECT amname FROM pg_catalog.pg_am")}
    return quoted[0] if len(quoted) == 1 and quoted[0] in methods else None


def _operator_classes(scratch: Driver, statement: str, method: str) -> str:
    """The argument of the Index, if the type has operator classes and none is the default."""
    if (index := _INDEX.match(statement)) is None:
        return ""
    names = [quoted or bare for quoted, bare in _NAME.findall(index["keys"])]
    created = {str(name) for (name,) in scratch.execute("SELECT extname FROM pg_catalog.pg_extension")}
    parameters = {"method": method, "table": index["table"], "names": names}
    with _tried(scratch), suppress(psycopg.Error):
        scratch.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        rows = scratch.execute(_CLASSES, parameters).fetchall()
        classes: dict[str, list[str]] = {}
        for column, name, _ in rows:
            classes.setdefault(str(column), []).append(str(name))
        if not classes:
            return ""
        chosen = ", ".join(f'"{column}": "{names[0]}"' for column, names in classes.items())
        others = sorted({name for names in classes.values() for name in names[1:]})
        alternatives = f" (or {', '.join(others)})" if others else ""
        extensions = sorted({str(extension) for *_, extension in rows if extension is not None} - created)
        declare = "".join(f", and declare {_declared(extension)}" for extension in extensions)
        return f"; write postgresql_ops={{{chosen}}}{alternatives} in the Index{declare}"
    return ""


def _succeeds(scratch: Driver, extension: str, statement: str) -> bool:
    with _tried(scratch):
        try:
            scratch.execute(f"CREATE EXTENSION {ident(extension)}".encode())
            scratch.execute(statement.encode())
        except psycopg.Error:
            return False
        return True


@contextmanager
def _tried(scratch: Driver) -> Iterator[None]:
    """Rolls the block back to a savepoint."""
    scratch.execute("SAVEPOINT tried")
    try:
        yield
    finally:
        scratch.execute("ROLLBACK TO tried")


def _declared(extension: str) -> str:
    return f"app_schema.ddl.attach(metadata, Extension({json.dumps(extension)}))"
