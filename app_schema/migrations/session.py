"""The migration's session: what the server is, at which heads the database is, and how the session is set."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa

from app_schema.migrations import wire

SETTINGS: Mapping[str, str | None] = {
    # how names are read, whatever the role or the database has set: revisions name every object with its
    # schema, but types and operator classes of extensions without
    "search_path": "public",
    "statement_timeout": "0",  # an index takes as long as it takes
    "transaction_timeout": "0",  # the same, since PostgreSQL 17
    "client_connection_check_interval": "500ms",  # ends a backend whose client has died
    "lock_timeout": None,  # set with the lock
    "application_name": None,  # says which revision runs
}
"""What a run sets, and leaves as it was."""

_PLAIN = re.compile("[a-z_][a-z0-9_]*")

# A block can look into a table that may be absent, and set what this version or platform may not know; a
# query cannot. What it found travels to the query in settings of its own, which end with the transaction.
_SURVEY = """
DECLARE
  heads json := '[]';
  before jsonb := '{{}}';
  one record;
BEGIN
  IF to_regclass({table}) IS NOT NULL THEN
    EXECUTE {select} INTO heads;
  END IF;
  FOR one IN SELECT * FROM json_each_text({settings}) LOOP
    CONTINUE WHEN current_setting(one.key, true) IS NULL;
    before := before || jsonb_build_object(one.key, current_setting(one.key));
    BEGIN
      IF {mine} AND one.value IS NOT NULL THEN PERFORM set_config(one.key, one.value, false); END IF;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
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
         'heads', current_setting('app_schema.heads')::json,
         'before', current_setting('app_schema.before')::json)::text"""


@dataclass(frozen=True)
class Facts:
    """What one round trip says of server, session and database."""

    pid: int
    recovery: bool
    read_only: bool
    free_slots: int
    versioned: bool
    """The version table is there."""
    narrow: bool
    """It is one that Alembic made, with room for 32 characters."""
    heads: tuple[str, ...]
    before: Mapping[str, str]
    """The settings as they were."""


class Session:
    """A connection as the runner uses it: through psycopg's own where it is one, else through SQLAlchemy."""

    def __init__(self, connection: sa.Connection, version_table: str, version_schema: str | None) -> None:
        self.connection = connection
        self.version_table = ".".join(_ident(one) for one in (version_schema, version_table) if one)
        driver: Any = connection.connection.driver_connection
        self.driver: psycopg.Connection[Any] | None = (
            driver if isinstance(driver, psycopg.Connection) else None
        )
        self.pid = self.driver.pgconn.backend_pid if self.driver is not None else None
        """The backend that the server named at login. Another one answers: something stands between."""
        self.external = connection.in_transaction() and not (self.driver and self.driver.autocommit)
        """The caller has begun a transaction, and will end it."""
        if self.external:
            connection.exec_driver_sql("SELECT")  # SQLAlchemy's has begun; now psycopg's has, too

    def ask(self, *statements: str) -> list[str | None]:
        """The first value of each statement's answer, as text.

        One round trip with psycopg. The statements are a transaction of their own, unless one is open.
        """
        if self.driver is not None:
            try:
                return wire.ask(self.driver, *statements)
            except psycopg.Error as error:
                if self.driver.closed:
                    self.connection.invalidate(error)
                raise
        answers = []
        for statement in statements:
            result = self.connection.exec_driver_sql(statement)
            value = result.scalar() if result.returns_rows else None
            answers.append(None if value is None else str(value))
        if not self.external:
            self.connection.commit()
        return answers

    def sleep(self, seconds: float) -> None:
        """Waits, holding no snapshot; an event loop goes on meanwhile."""
        if self.connection.dialect.is_async:
            from sqlalchemy.util import await_only  # needs greenlet, which is there with such a dialect

            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def survey(self) -> tuple[str, str]:
        """The two statements that set the session up, unless a pooler stands between, and find the facts."""
        table = _literal(self.version_table)
        survey = _SURVEY.format(
            table=table,
            select=_literal(f"SELECT json_agg(v.version_num) FROM {self.version_table} AS v"),
            settings=_literal(json.dumps(SETTINGS)),
            mine="true" if self.pid is None else f"pg_backend_pid() = {self.pid}",
            local=str(self.driver is not None).lower(),
        )
        return f"DO $survey${survey}$survey$", _FACTS.format(table=table)

    def facts(self) -> Facts:
        """What there is, and the session is set up."""
        return read(self.ask(*self.survey())[-1])

    def restore(self, before: Mapping[str, str]) -> str:
        """The statement that sets the session as it was."""
        return "SELECT " + ", ".join(
            f"set_config({_literal(name)}, {_literal(value)}, false)" for name, value in before.items()
        )


def _ident(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    """As ``ddl.sql`` does it; an upgrade that finds nothing to do does not import all of that."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def read(answer: str | None) -> Facts:
    """The facts, out of the survey's last answer."""
    assert answer is not None
    found = json.loads(answer)
    return Facts(**{**found, "heads": tuple(found["heads"])})
