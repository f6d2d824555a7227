"""Counts the contents of the embedded server under locks before they are deleted, with a token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from app_schema.ddl.sql import qualified
from app_schema.errors import ServerError

_DATABASES: LiteralString = """
SELECT d.datname, (SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() AS s)
  FROM pg_catalog.pg_database AS d WHERE d.datallowconn ORDER BY d.datname"""
_TABLES: LiteralString = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2"""
_WAIT = "5s"
"""The longest wait for writing sessions."""


@dataclass(frozen=True)
class TableContent:
    """A table and its rows; a database without a table has none."""

    database: str
    table: str | None
    rows: int


@dataclass(frozen=True)
class Content:
    """The contents of a server. `token` depends on the server, the tables and the counts."""

    host: str
    role: str
    tables: list[TableContent]
    token: str


@contextmanager
def locked_content(url: str) -> Iterator[Content]:
    """The contents of the server; until the end of the block no session can write to a table.

    :raises ServerError: if a writing session does not end.
    """
    with ExitStack() as stack:
        with psycopg.connect(url, client_encoding="utf8") as admin:
            host, role = admin.info.host, admin.info.user
            databases = [(str(name), str(server)) for name, server in admin.execute(_DATABASES)]
        tables: list[TableContent] = []
        for name, _ in databases:
            # not as a context of its own: the server may have ended when the block does
            connection = psycopg.connect(url, dbname=name, client_encoding="utf8")
            stack.callback(connection.close)
            tables += _counted(connection, name)
        bound = [databases, [asdict(table) for table in tables]]
        digest = hashlib.sha256(json.dumps(bound).encode()).hexdigest()
        yield Content(host, role, tables, digest[:12])


def _counted(connection: psycopg.Connection[tuple[object, ...]], database: str) -> list[TableContent]:
    tables = [(str(schema), str(table)) for schema, table in connection.execute(_TABLES)]
    names = [sql.Identifier(*name) for name in tables]
    if not names:
        return [] if database in {"postgres", "template1"} else [TableContent(database, None, 0)]
    try:
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(_WAIT))
        connection.execute(sql.SQL("LOCK TABLE ONLY {} IN SHARE MODE").format(sql.SQL(", ONLY ").join(names)))
    except psycopg.errors.LockNotAvailable:
        raise ServerError(
            f"Somebody is writing to the database {database}: end that session, then run the command again."
        ) from None
    held = []
    for (schema, table), name in zip(tables, names, strict=True):
        row = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(name)).fetchone()
        assert row is not None
        held.append(TableContent(database, qualified(table, schema), int(str(row[0]))))
    return held
