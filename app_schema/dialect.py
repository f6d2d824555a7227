"""A dialect for a connection that is used once, such as a migration's.

SQLAlchemy's dialect sends seven queries to a new server, each a round trip. The login reports most of the
results, and the others are constant.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import IsolationLevel

DRIVER = "postgresql+app_schema"
VIRTUAL_COLUMNS = 180000
"""The version that has virtual generated columns."""


class DirectDialect(PGDialect_psycopg):
    """The dialect of psycopg without queries at the first connection. Reads hstore as text."""

    supports_statement_cache = True

    def initialize(self, connection: Connection) -> None:
        """Sets the facts that SQLAlchemy's dialect queries."""
        driver: Any = connection.connection.driver_connection
        number = driver.info.server_version
        self.server_version_info = (number // 10000, number % 10000)
        self.default_schema_name = "public"
        self.default_isolation_level = "READ COMMITTED"
        self.supports_virtual_generated_columns = number >= VIRTUAL_COLUMNS
        self._backslash_escapes = False  # pinned, see app_schema.pinned

    def get_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        """The isolation level set on this connection; each autocommit block reads it."""
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        level = dbapi_connection.isolation_level
        return "READ COMMITTED" if level is None else cast("IsolationLevel", level.name.replace("_", " "))


def register() -> str:
    """Registers the dialect with SQLAlchemy; returns its drivername."""
    registry.register(DRIVER.replace("+", "."), __name__, DirectDialect.__name__)
    return DRIVER
