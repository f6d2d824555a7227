"""The declared side, as PostgreSQL prints it: a metadata carried out in a scratch database on the same
server.

Everything happens in one transaction that is rolled back, so that not even a role is left behind; then the
database goes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from app_schema.catalog.snapshot import Snapshot, printed
from app_schema.errors import ModelError, ServerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

PREFIX = "app_schema_scratch_"
LEFT_BEHIND = 600
"""Seconds after which a scratch database without a session was left behind by a crash."""


def declared_snapshot(connection: Connection, statements: list[str], url: str | None = None) -> Snapshot:
    """The snapshot of a database in which exactly these statements were carried out.

    :param url: a server to use instead of the connection's own; it must be of the same major version.
    :raises ModelError: where PostgreSQL refuses a statement; it names the statement.
    :raises ServerError: where the role may not create databases.
    """
    with _scratch(connection, url) as scratch:
        scratch.execute("SET check_function_bodies = off")
        try:
            if statements:
                scratch.execute(";\n".join(statements).encode())
        except psycopg.Error:
            scratch.rollback()
            raise _culprit(scratch, statements) from None
        return printed(scratch)


def _culprit(scratch: psycopg.Connection[Any], statements: list[str]) -> ModelError:
    """The same again, one at a time: the message of the whole does not say which statement it was."""
    for statement in ["SET check_function_bodies = off", *statements]:
        try:
            scratch.execute(statement.encode())
        except psycopg.Error as error:
            return ModelError(
                f"what is declared cannot be made: {error.diag.message_primary}\nin: {statement[:2000]}"
            )
    return ModelError("what is declared cannot be made in one go, only statement by statement")


@contextmanager
def _scratch(connection: Connection, url: str | None) -> Iterator[psycopg.Connection[Any]]:
    driver: Any = connection.connection.dbapi_connection
    parameters = {**driver.info.get_parameters(), "password": driver.info.password}
    if url is not None:
        parameters = psycopg.conninfo.conninfo_to_dict(url)
    name = f"{PREFIX}{int(time.time())}_{secrets.token_hex(4)}"
    with psycopg.connect(**parameters, autocommit=True) as admin:
        _same_major(driver, admin)
        _create(admin, name)
        try:
            scratch = psycopg.connect(**{**parameters, "dbname": name})
            try:
                yield scratch
            finally:
                scratch.close()  # rolls back
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(admin: psycopg.Connection[Any], name: str) -> None:
    # template0 is the same everywhere; C is a collation that goes with every encoding
    locale = "ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    create = f"CREATE DATABASE {{}} TEMPLATE template0 {locale}"
    try:
        admin.execute(sql.SQL(create).format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        major = admin.info.server_version // 10000
        msg = (
            f"the role {admin.info.user} may not create databases, and comparing needs a scratch one: name "
            f"a server of the same major version "
            f"(PostgreSQL {major}) where it may, with -x scratch=URL; `python -m app_schema.embedded start` "
            f"gives one of PostgreSQL 18"
        )
        raise ServerError(msg) from None
    _sweep(admin)


def _sweep(admin: psycopg.Connection[Any]) -> None:
    """Drops scratch databases that a crash left behind."""
    found = admin.execute(
        "SELECT d.datname FROM pg_catalog.pg_database AS d WHERE starts_with(d.datname, %s) AND "
        "pg_has_role(d.datdba, 'MEMBER')"
        " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = d.datname)",
        [PREFIX],
    ).fetchall()
    for (name,) in found:
        made = name.removeprefix(PREFIX).partition("_")[0]
        if made.isdecimal() and int(made) < time.time() - LEFT_BEHIND:
            with suppress(psycopg.Error):  # somebody else was quicker
                admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _same_major(driver: Any, admin: psycopg.Connection[Any]) -> None:
    real, other = driver.info.server_version // 10000, admin.info.server_version // 10000
    if real != other:
        raise ServerError(
            f"the scratch server is PostgreSQL {other}, the database is on PostgreSQL {real}: they print "
            f"differently"
        )
