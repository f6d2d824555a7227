"""The databases of a test run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROLES = ("app_user", "service_account")


class Databases:
    """Makes databases on one server under names of one run, and drops them."""

    def __init__(self, server_url: str, run: str) -> None:
        self.server_url = server_url
        self.prefix = f"app_schema_test_{run}"

    def url(self, name: str) -> str:
        parts = urlsplit(self.server_url)
        shown = urlunsplit(parts._replace(path=f"/{name}"))
        return shown if parts.netloc else shown.replace(":/", ":///", 1)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        with psycopg.connect(self.server_url, autocommit=True, prepare_threshold=None) as connection:
            yield connection

    def create(self, template: str | None = None) -> str:
        """The name of a new database: empty, or a copy of the template."""
        name = f"{self.prefix}_{secrets.token_hex(4)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self.admin() as connection:
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return name

    def drop(self, name: str) -> None:
        with self.admin() as connection:
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
        """The name of the database that `fill` has filled: once per run, whichever worker comes first.

        It is filled under another name, so that a failure never passes for a template.
        """
        name = f"{self.prefix}_template"
        with self.admin() as connection:
            connection.execute("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtext(%s))", [name])
            found = "SELECT FROM pg_catalog.pg_database WHERE datname = %s"
            if connection.execute(found, [name]).fetchone() is None:
                made = self.create()
                fill(self.url(made))
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(made), sql.Identifier(name)))
        return name

    def version(self) -> str:
        """The server's, as it names it."""
        with self.admin() as connection:
            return connection.info.parameter_status("server_version") or "?"

    def roles(self) -> set[str]:
        with self.admin() as connection:
            query = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (%s)"
            return {str(name) for (name,) in connection.execute(query, [list(ROLES)]).fetchall()}

    def drop_roles(self, kept: set[str]) -> None:
        """Those that the run brought to the server go, unless another database uses them by now."""
        with self.admin() as connection:
            for role in sorted(self.roles() - kept):
                try:
                    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
                except psycopg.errors.DependentObjectsStillExist:
                    continue
