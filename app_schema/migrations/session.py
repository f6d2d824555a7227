"""The migration's session: facts about the server, heads of the database, and settings of the session."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import IsolationLevel
from sqlalchemy.exc import DBAPIError

from app_schema import pinned, upstream
from app_schema.dialect import DirectDialect
from app_schema.errors import ServerError
from app_schema.migrations import wire
from app_schema.migrations.watch import watched

SETTINGS: Mapping[str, str] = {**pinned.SESSION, **pinned.LIVENESS}
"""The settings that a run sets and restores; the lock sets ``lock_timeout`` and ``application_name``."""

READ_COMMITTED = "READ COMMITTED"
SAVEPOINT = "app_schema_revisions"
"""Behind what a caller has sent in a transaction of its own, and before the revisions."""
_PLAIN = re.compile("[a-z_][a-z0-9_]*")

# Unlike a query, a block can read a table that may be absent, and set a parameter that the version or
# platform may lack. It passes results to the query in settings that end with the transaction.
_PROBE = """
DECLARE
  heads json := '[]';
  before jsonb := '{{}}';
  setting record;
  old text;
BEGIN
  IF to_regclass({table}) IS NOT NULL THEN
    EXECUTE {select} INTO heads;
  END IF;
  IF {mine} THEN
{set}
    before := before || jsonb_build_object('lock_timeout', current_setting('lock_timeout'),
                                           'application_name', current_setting('application_name'));
  END IF;
  PERFORM set_config('app_schema.heads', coalesce(heads, '[]')::text, {local});
  PERFORM set_config('app_schema.before', before::text, {local});
END
"""
_FACTS = """\
SELECT json_build_object(
         'pid', pg_backend_pid(),
         'recovery', pg_is_in_recovery(),
         'read_only', current_setting('transaction_read_only')::bool,
         'free_slots', current_setting('max_connections')::int
                       - current_setting('superuser_reserved_connections')::int
                       - (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
                           WHERE a.backend_type = 'client backend'),
         'versioned', to_regclass({table}) IS NOT NULL,
         'narrow', EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = to_regclass({table})
                              AND a.attname = 'version_num' AND a.atttypmod > 0),
         'empty', current_setting('app_schema.heads') = '[]' AND NOT EXISTS (SELECT FROM (
             SELECT c.tableoid, c.oid FROM pg_catalog.pg_class AS c
              WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
             UNION ALL
             SELECT t.tableoid, t.oid FROM pg_catalog.pg_type AS t WHERE t.typtype IN ('d', 'e', 'r')
             UNION ALL
             SELECT p.tableoid, p.oid FROM pg_catalog.pg_proc AS p) AS o(catalog, oid)
           WHERE o.oid >= 16384
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                              WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')),
         'default_grants', EXISTS (SELECT FROM pg_catalog.pg_default_acl),
         'subscription', (SELECT string_agg(s.subname, ', ') FROM pg_catalog.pg_subscription_rel AS r
                            JOIN pg_catalog.pg_subscription AS s ON s.oid = r.srsubid
                           WHERE r.srrelid = to_regclass({table})),
         'heads', current_setting('app_schema.heads')::json,
         'before', current_setting('app_schema.before')::json)::text"""


@dataclass(frozen=True)
class Facts:
    """The facts on server, session and database, read in one round trip."""

    pid: int
    recovery: bool
    read_only: bool
    free_slots: int
    versioned: bool
    """The version table exists."""
    narrow: bool
    """Alembic created it, with varchar(32)."""
    heads: tuple[str, ...]
    before: Mapping[str, str]
    """The settings as they were."""
    default_grants: bool = False
    """Default privileges are changed in the database, so a new object may have grants."""
    empty: bool = False
    """No relation, type or function exists but those of extensions."""
    subscription: str | None = None
    """The name of the subscription by which the version table is replicated from a publisher."""

    def refuse_replicated(self) -> None:
        """Raise ServerError if the heads are replicated from another database."""
        if self.subscription:
            from app_schema.copied import replicated

            raise ServerError(f"{replicated(self.subscription)} Nothing was changed.")


class MigrationSession:
    """The connection of the runner: psycopg's if possible, else SQLAlchemy's."""

    def __init__(
        self,
        connection: sa.Connection,
        version_table: str,
        version_schema: str | None,
        search_path: str | None = None,
    ) -> None:
        self.connection = connection
        translated = connection.get_execution_options().get("schema_translate_map") or {}
        version_schema = translated.get(version_schema, version_schema)
        self.version_table = ".".join(_ident(name) for name in (version_schema, version_table) if name)
        driver: Any = connection.connection.driver_connection
        self.driver: psycopg.Connection[Any] | None = (
            driver if isinstance(driver, psycopg.Connection) else None
        )
        self.pid = self.driver.pgconn.backend_pid if self.driver is not None else None
        """The backend process id of the login. A different one later: a pooler is between."""
        self.external = connection.in_transaction() and not (self.driver and self.driver.autocommit)
        """The caller has begun a transaction, and will end it."""
        if self.external:
            connection.exec_driver_sql("SELECT")  # SQLAlchemy's has begun; now psycopg's has, too
        self.own = isinstance(connection.dialect, DirectDialect)
        """Only the migration uses the connection, so its settings affect no other user."""
        if self.driver is not None and not self.own:
            pinned.keep_alive(self.driver.fileno())
        self.settings = dict(SETTINGS)
        if search_path is not None:
            # regardless of the role's and the database's setting: revisions name every object with its
            # schema, but types and operator classes of extensions without
            self.settings["search_path"] = search_path
        self._dialect = connection.dialect
        self.pinned = True
        """The settings are set, and must be restored."""
        self._level: Any = None

    def fetch(self, *statements: str) -> list[str | None]:
        """The first value of each statement's answer, as text.

        One round trip with psycopg. The statements are a separate transaction, unless a transaction is open.
        """
        if self.driver is not None:
            try:
                return wire.fetch(self.driver, *statements)
            except psycopg.Error as error:
                if self.driver.closed:
                    self.connection.invalidate(error)
                raise
        answers = []
        for statement in statements:
            result = self.connection.exec_driver_sql(statement)
            # a restore of no setting is a SELECT without columns: its row is empty
            row = result.fetchone() if result.returns_rows else None
            value = row[0] if row else None
            answers.append(None if value is None else str(value))
        if not self.external:
            self.connection.commit()
        return answers

    def sleep(self, seconds: float) -> None:
        """Waits without a snapshot, and without blocking an event loop."""
        if self.connection.dialect.is_async:
            from sqlalchemy.util import await_only  # needs greenlet, a dependency of such a dialect

            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def probe(self) -> tuple[str, str, str]:
        """The statements that configure the session, unless a pooler is between, and read the facts."""
        table = _literal(self.version_table)
        probe = _PROBE.format(
            table=table,
            select=_literal(f"SELECT json_agg(v.version_num) FROM {self.version_table} AS v"),
            set=pinned.SET.format(settings=_literal(json.dumps(self.settings)), local="false"),
            mine="true" if self.pid is None else f"pg_backend_pid() = {self.pid}",
            local=str(self.driver is not None).lower(),
        )
        return pinned.unlimited(self.pid), f"DO $probe${probe}$probe$", _FACTS.format(table=table)

    def facts(self) -> Facts:
        """Reads the facts; configures the session."""
        with watched(self.driver):  # of the version table
            present = read(self.fetch(*self.probe())[-1])
        if "standard_conforming_strings" in present.before:
            # SQLAlchemy doubles backslashes in literals if the engine's first connection had the setting off.
            # All connections of the engine share the dialect, so this connection gets a copy
            dialect: Any = copy.copy(self._dialect)
            upstream.keep_backslashes(dialect)
            self.connection.dialect = dialect
        return present

    def read_committed(self) -> None:
        """READ COMMITTED: guards must see the commits of other sessions, whatever level the engine sets.

        A transaction that the caller has begun keeps its level. `leave` restores the level.
        """
        if self.external:
            return
        if self.driver is not None:
            if self.driver.isolation_level not in {None, IsolationLevel.READ_COMMITTED}:
                self._level = self.driver.isolation_level
                self.driver.isolation_level = IsolationLevel.READ_COMMITTED
            return
        options = self.connection.get_execution_options()
        level = options.get("isolation_level") or upstream.level_at_connect(self.connection)
        if level not in {None, "AUTOCOMMIT", READ_COMMITTED}:
            self._level = level
            self.connection.execution_options(isolation_level=READ_COMMITTED)

    def roll_back(self) -> None:
        """Ends the open transaction, unless the caller has begun it.

        A COMMIT that is cancelled before PostgreSQL executes it keeps the transaction open. SQLAlchemy counts
        it as ended, and its rollback sends nothing, so the status of the driver is checked too.
        """
        if self.external or self.connection.invalidated or self.connection.closed:
            return
        with suppress(psycopg.Error, DBAPIError, self._dialect.loaded_dbapi.Error):
            self.connection.rollback()
            self.connection.connection.rollback()

    def undo_revisions(self) -> bool:
        """Rolls back the revisions in a transaction of the caller, with their locks; False: impossible.

        The caller's own statements before the revisions stay.
        """
        if not self.external:
            return True
        with suppress(psycopg.Error, DBAPIError):  # a revision may have ended the transaction
            self.fetch(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            return True
        return False

    def release(self, *statements: str) -> None:
        """Releases the lock. A connection that cannot is closed: it may belong to a pool."""
        self.roll_back()
        if self.connection.invalidated or self.connection.closed:
            return
        try:
            self.fetch(*statements)
        except (psycopg.Error, DBAPIError) as error:
            if not self.external:
                self.connection.invalidate(error)

    def leave(self, before: Mapping[str, str]) -> None:
        """Restores the session, if others use the connection later."""
        self.connection.dialect = self._dialect
        if self.own or self.connection.invalidated or self.connection.closed:
            return
        if self.pinned:
            self.roll_back()  # a rollback of the open transaction would also undo the restored settings
            with suppress(psycopg.Error, DBAPIError):
                self.fetch(self.restore(before))
        if self._level is None:
            return
        if self.driver is not None:
            self.driver.isolation_level = self._level
        else:
            self.connection.execution_options(isolation_level=self._level)

    def restore(self, before: Mapping[str, str]) -> str:
        """The statement that restores the session's settings."""
        return "SELECT " + ", ".join(
            f"set_config({_literal(name)}, {_literal(value)}, false)" for name, value in before.items()
        )


def _ident(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    """Like ``ddl.sql.literal``, whose imports would slow down an upgrade without pending revisions."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def read(answer: str | None) -> Facts:
    """The facts, from the probe's last result."""
    assert answer is not None
    values = json.loads(answer)
    return Facts(**{**values, "heads": tuple(values["heads"])})
