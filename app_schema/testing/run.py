"""The server that all processes of a test run share, started on first use."""

from __future__ import annotations

import os
import secrets
import signal
from functools import cached_property
from typing import Any

import psycopg

from app_schema import database
from app_schema.errors import ServerError
from app_schema.testing.databases import Databases
from app_schema.testing.server import TestServer, start


class Run:
    """A test run, its server and its databases; a worker of pytest-xdist uses those of its controller."""

    def __init__(self, server_url: str | None = None, name: str | None = None) -> None:
        self.name = name or secrets.token_hex(4)
        self._server_url = server_url
        self._test_database_url = os.environ.get("TEST_DATABASE_URL")
        self._started: TestServer | None = None
        self._sigterm: Any = None
        self.description: str | None = None
        """The server in one line, after this process has started it."""

    @cached_property
    def databases(self) -> Databases:
        """Starts the server on first use. Raises ServerError or ConfigurationError if that is impossible."""
        if self._server_url is not None:
            return Databases(self._server_url, self.name)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # so that a run that is ended cleans up
            self._sigterm = signal.signal(signal.SIGTERM, signal.default_int_handler)
        self._started = start(self._test_database_url)
        databases = Databases(self._started.url, self.name)
        try:
            databases.begin()
            self.description = f"PostgreSQL {databases.version()}, {self._started.description}"
        except psycopg.Error as error:
            self.close()
            raise ServerError(database.describe_failure(error)) from error
        return databases

    def close(self) -> None:
        """Drops the objects of the run, and stops the server that it started."""
        if self._started is None:
            return
        try:
            if "databases" in vars(self):
                self.databases.drop_all()
                self.databases.end()
        finally:
            self._started.stop()
            self._started = None
            if self._sigterm is not None:
                signal.signal(signal.SIGTERM, self._sigterm)
