"""The databases of a test run."""

from __future__ import annotations

import secrets
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app_schema.ddl.mark import MARK

MADE = f"%{MARK}"
"""Pattern of the comment of a role that a revision has created."""
_NOTE = "app_schema_test keeps "
_ROLES = "app_schema_test_roles"
_END_SESSIONS = """
    SELECT pg_catalog.pg_terminate_backend(s.pid) FROM pg_catalog.pg_stat_get_activity(NULL) AS s
     WHERE s.datid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = %s)
"""


class Databases:
    """Creates and drops databases of a run on a server; their names have the prefix of the run."""

    def __init__(self, server_url: str, run: str) -> None:
        self.server_url = server_url
        self.prefix = f"app_schema_test_{run}"
        self._spare: list[psycopg.Connection[tuple[object, ...]]] = []
        weakref.finalize(self, _close, self._spare)

    def url(self, name: str) -> str:
        parts = urlsplit(self.server_url)
        shown = urlunsplit(parts._replace(path=f"/{name}"))
        return shown if parts.netloc else shown.replace(":/", ":///", 1)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A pooled session of the server: connecting costs more than most of its statements."""
        connection = self._spare.pop() if self._spare else None
        if connection is None or not _answers(connection):
            connection = psycopg.connect(self.server_url, autocommit=True, prepare_threshold=None)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._spare.append(connection)

    def create(self, template: str | None = None) -> str:
        """The name of a new database: empty, or a copy of the template."""
        name = f"{self.prefix}_{secrets.token_hex(4)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
        with self.admin() as connection:
            # the pages through the log, or the files with two checkpoints: quicker if no checkpoint syncs
            (synced,) = connection.execute("SELECT current_setting('fsync')::bool").fetchone() or (True,)
            strategy = sql.Literal("wal_log" if synced else "file_copy")
            copied = sql.Identifier(template or "template0")
            connection.execute(command.format(sql.Identifier(name), copied, strategy))
        return name

    def drop(self, name: str) -> None:
        """Ends its sessions first: DROP DATABASE sleeps for 0.1 s while one of them is about to end."""
        with self.admin() as connection:
            for _ in range(100):
                if not connection.execute(_END_SESSIONS, [name]).fetchall():
                    break
                time.sleep(0.001)
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def drop_all(self) -> None:
        with self.admin() as connection:
            query = "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname, %s)"
            names = connection.execute(query, [self.prefix]).fetchall()
        for (name,) in names:
            self.drop(str(name))

    def template(self, fill: Callable[[str], None]) -> str:
        """The name of the database that `fill` has filled: once per run, by the first worker.

        Filled under another name, so that a failed database is never used as a template.
        """
        name = f"{self.prefix}_template"
        with self.admin() as connection, _turn(connection, name):
            exists = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"
            if connection.execute(exists, [name]).fetchone() is None:
                database = self.create()
                fill(self.url(database))
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(database), sql.Identifier(name)))
        return name

    def version(self) -> str:
        """The server's, as it names it."""
        with self.admin() as connection:
            return connection.info.parameter_status("server_version") or "?"

    def begin(self) -> None:
        """Records the roles before the run, until `end()`.

        The record is the application_name of a session: overlapping runs read it, and it ends with a killed
        run. The record of the first run holds for all: a later one may include the roles of the first.
        """
        self._session = psycopg.connect(self.server_url, autocommit=True, prepare_threshold=None)
        self._pid = self._session.info.backend_pid
        with _turn(self._session, _ROLES):
            others = self._others(self._session)
            kept = others[0] if others else _roles(self._session)
            note = f"{_NOTE}{','.join(sorted(kept))}"
            self._session.execute("SELECT pg_catalog.set_config('application_name', %s, false)", [note])
            self._session.execute("SELECT pg_catalog.set_config('idle_session_timeout', '0', false)")
        self._kept = kept

    def end(self) -> None:
        """The last of the overlapping runs drops the roles that they have created.

        A role that another database uses is kept.
        """
        with self.admin() as connection, _turn(connection, _ROLES):
            # waits until the session has ended: the next run that ends must not see it
            connection.execute("SELECT pg_catalog.pg_terminate_backend(%s, 5000)", [self._pid])
            self._session.close()
            if self._others(connection):
                return
            for role in sorted(_roles(connection) - self._kept):
                with suppress(psycopg.errors.DependentObjectsStillExist):
                    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    def _others(self, connection: psycopg.Connection[Any]) -> list[set[str]]:
        """The roles that each of the other runs found when it began."""
        query = (
            "SELECT application_name FROM pg_catalog.pg_stat_activity"
            " WHERE pg_catalog.starts_with(application_name, %s) AND pid <> %s ORDER BY backend_start"
        )
        notes = connection.execute(query, [_NOTE, self._pid]).fetchall()
        return [set(str(note).removeprefix(_NOTE).split(",")) - {""} for (note,) in notes]


@contextmanager
def _turn(connection: psycopg.Connection[Any], key: str) -> Iterator[None]:
    """Serialises runs and workers."""
    connection.execute("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtext(%s))", [key])
    try:
        yield
    finally:
        connection.execute("SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtext(%s))", [key])


def _answers(connection: psycopg.Connection[Any]) -> bool:
    """False where the server was restarted or a pooler has closed the session."""
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        connection.close()
        return False
    return True


def _close(connections: list[psycopg.Connection[tuple[object, ...]]]) -> None:
    for connection in connections:
        connection.close()


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    """The roles that revisions have created, whatever application they belong to."""
    query = """
        SELECT r.rolname FROM pg_catalog.pg_roles AS r
         WHERE pg_catalog.shobj_description(r.oid, 'pg_authid') LIKE %s
    """
    return {str(name) for (name,) in connection.execute(query, [MADE]).fetchall()}
