"""Who blocks a session: another thread asks by another connection, but only if the session takes long."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from app_schema import events

PATIENCE = 1.0
"""Seconds before the other connection is opened, and a wait for a lock is told."""
_INTERVAL = 0.25

# NULL if the session does not wait; CREATE INDEX CONCURRENTLY waits for transactions, which are locks too
_BLOCKERS = r"""
SELECT extract(epoch FROM clock_timestamp() - (SELECT min(l.waitstart) FROM pg_catalog.pg_locks AS l
                                                WHERE l.pid = %(pid)s AND NOT l.granted))::float8,
       format('pid %%s (%%s, %%s for %%s): %%s',
              a.pid, coalesce(nullif(a.application_name, ''), a.backend_type), a.state,
              date_trunc('second', clock_timestamp() - coalesce(a.xact_start, a.backend_start)),
              left(regexp_replace(a.query, '\s+', ' ', 'g'), 200))
  FROM unnest(pg_blocking_pids(%(pid)s)) AS b(pid) JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
 ORDER BY coalesce(a.xact_start, a.backend_start) LIMIT 3"""


class Watch:
    """Records the sessions that block a session, until stopped.

    :param patience: seconds before the first look.
    :param report_after: seconds of one wait for a lock after which it is told, once.
    """

    def __init__(
        self, driver: psycopg.Connection[Any], interval: float, patience: float, report_after: float
    ) -> None:
        self.info = driver.info
        self.interval = interval
        self.patience = patience
        self.report_after = report_after
        self.blockers: list[str] = []
        self._reported_since: float | None = None
        """When the wait began that was told last, and has not ended."""
        self._stop = threading.Event()
        context = contextvars.copy_context()  # where sentences go
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="app_schema watch", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)  # it may be connecting
        self._ended()

    def _run(self) -> None:
        if self._stop.wait(self.patience):
            return
        parameters: dict[str, Any] = {**self.info.get_parameters(), "password": self.info.password}
        parameters["application_name"] = "app_schema: watch"
        with suppress(psycopg.Error), psycopg.connect(**parameters, autocommit=True) as connection:
            while True:
                rows = connection.execute(_BLOCKERS.encode(), {"pid": self.info.backend_pid}).fetchall()
                self._note([str(line) for _, line in rows], max((row[0] or 0.0 for row in rows), default=0.0))
                if self._stop.wait(self.interval):
                    return

    def _note(self, blockers: list[str], waited: float) -> None:
        if not blockers:
            self._ended()
            return
        self.blockers = blockers
        if self._reported_since is None and waited >= self.report_after:
            self._reported_since = time.monotonic() - waited
            events.say("waiting for a lock" + "".join(f"\nblocked by {line}" for line in blockers))

    def _ended(self) -> None:
        if self._reported_since is not None:
            events.say(f"the lock is free after {time.monotonic() - self._reported_since:.1f} s")
            self._reported_since = None


_watched: contextvars.ContextVar[bool] = contextvars.ContextVar("app_schema_watched", default=False)


@contextmanager
def watched(driver: object) -> Iterator[None]:
    """Says once who blocks the session in the block, and at the end how long it waited; psycopg's only."""
    if _watched.get() or not isinstance(driver, psycopg.Connection):
        yield
        return
    token = _watched.set(True)
    watch = Watch(driver, _INTERVAL, PATIENCE, PATIENCE)
    try:
        yield
    finally:
        watch.stop()
        _watched.reset(token)
