"""One migrator at a time: a session-level advisory lock, polled, on the migration's own connection.

Polled, because a waiting ``pg_advisory_lock`` holds a snapshot, and ``CREATE INDEX CONCURRENTLY`` of the
holder waits for older snapshots: a deadlock. On the migration's connection, so that a backend that outlives
its client keeps the lock. Advisory locks belong to a database; the key adds the version table.
"""

from __future__ import annotations

import hashlib
import json
import random
import time

from app_schema import events
from app_schema.ddl.block import block
from app_schema.ddl.sql import literal
from app_schema.errors import LockedError
from app_schema.migrations.session import Facts, MigrationSession, read
from app_schema.migrations.watch import watched

POLL = 0.3
"""Seconds between two tries, at most."""
LOST = "AS002"
"""SQLSTATE of a fence whose condition is false."""

# CASE reads the holder only if the lock is not free
_TRY = """\
SELECT CASE WHEN {function}({key}) THEN NULL ELSE coalesce((
  SELECT json_build_object('pid', a.pid, 'application', a.application_name, 'user', a.usename,
                           'since', to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'))::text
    FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
   WHERE {held} LIMIT 1), '{{}}') END"""
_HELD = """\
l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
     AND l.classid = {high}::oid AND l.objid = {low}::oid"""


class Lock:
    """The migration lock of one version table in one database."""

    def __init__(self, session: MigrationSession, *, lasting: bool = False) -> None:
        """
        :param lasting: released at the end of the run, which follows that of the caller's transaction.
        """
        self.session = session
        self.lasting = lasting
        digest = hashlib.sha256(f"app_schema {session.version_table}".encode()).digest()
        self.key = int.from_bytes(digest[:8], "big", signed=True)
        unsigned = self.key % 2**64
        self._held = _HELD.format(high=unsigned >> 32, low=unsigned % 2**32)
        self.acquired = False

    @property
    def _of_transaction(self) -> bool:
        return self.session.external and not self.lasting

    def acquire(self, wait: float) -> Facts:
        """Acquires the lock, waiting up to ``wait`` seconds, and reads the facts under the lock.

        In a transaction that a caller ends out of sight, the lock lasts until its end.

        :raises LockedError: after ``wait`` seconds; nothing was changed.
        """
        function = "pg_try_advisory_xact_lock" if self._of_transaction else "pg_try_advisory_lock"
        attempt = _TRY.format(function=function, key=self.key, held=self._held)
        begun, is_reported = time.monotonic(), False
        while True:
            self.acquired = True  # set before: the server may grant the lock and its answer may be lost
            with watched(self.session.driver):
                answer, *_, facts = self.session.fetch(attempt, *self.session.probe())
            if answer is None:
                waited = time.monotonic() - begun
                if is_reported:
                    events.say(f"the migration lock is free after {waited:.1f} s")
                events.emit("lock", seconds=round(waited, 4))
                return read(facts)
            self.acquired = False
            now, holder = time.monotonic(), _holder(answer)
            if now - begun >= wait:
                raise LockedError(
                    f"The migration lock is held by {holder}; waited {wait:g} s, and nothing was changed. "
                    "Run again when it is done, or wait longer with -x lock_wait=10min."
                )
            if not is_reported:
                events.say(f"waiting for the migration lock, held by {holder} (up to {wait:g} s)")
                events.emit("lock wait", holder=holder, limit=wait)
                is_reported = True
            self.session.sleep(min(POLL * random.uniform(0.3, 1), max(begun + wait - now, 0)))

    def release(self) -> str:
        """The statement that releases the lock; a lock of the caller's transaction ends with the
        transaction."""
        return "SELECT" if self._of_transaction else f"SELECT pg_advisory_unlock({self.key})"

    def fence(self, application: str, heads: set[str] | None, lock_timeout: float) -> str:
        """The first statement of a revision, which configures the session.

        Refuses if this session has lost the lock, or if the database is not at ``heads``: another process
        changes it.

        :param heads: the expected heads; None: no version table exists yet.
        """
        stamped = f"(SELECT array_agg(v.version_num::text) FROM {self.session.version_table} AS v)"
        lines = [
            "BEGIN",
            "  IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l",
            f"                  WHERE {self._held} AND l.pid = pg_backend_pid()) THEN",
            f"    RAISE EXCEPTION USING ERRCODE = '{LOST}', MESSAGE = 'the migration lock is lost',",
            "      DETAIL = 'another backend answers, or something in a revision released it',",
            "      HINT = 'use a direct connection, and run again';",
            "  END IF;",
        ]
        if heads is not None:
            expected = ", ".join(literal(head) for head in sorted(heads))
            lines += [
                f"  IF NOT coalesce({stamped}, '{{}}') <@ ARRAY[{expected}]::text[]",
                f"     OR NOT coalesce({stamped}, '{{}}') @> ARRAY[{expected}]::text[] THEN",
                f"    RAISE EXCEPTION USING ERRCODE = '{LOST}',",
                "      MESSAGE = 'the version table was changed meanwhile',",
                f"      DETAIL = concat('found: ', {stamped}, E'\\nexpected: ', ARRAY[{expected}]::text[]),",
                "      HINT = 'run again';",
                "  END IF;",
            ]
        lines += [
            f"  PERFORM set_config('application_name', {literal(application)}, false);",
            f"  PERFORM set_config('lock_timeout', '{lock_timeout * 1000:.0f}ms', false);",
            "END",
        ]
        return block(lines)


def _holder(answer: str) -> str:
    holder = json.loads(answer)
    if not holder:
        return "a session that has just ended"
    since = f", connected since {holder['since']}" if holder["since"] else ""
    return f"pid {holder['pid']} ({holder['application'] or 'no application_name'}, {holder['user']}{since})"
