"""The faults that can happen at any statement."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle, islice

import psycopg
from faultproxy import PATIENCE, Fault, Session

ERRORS = {
    "lock timeout": "55P03",
    "deadlock victim": "40P01",
    "statement timeout": "57014",
    "disk full": "53100",
    "out of memory": "53200",
    "serialization failure": "40001",
}
"""The errors of a server that cannot execute a statement."""


def refused(number: int, sqlstate: str) -> Fault:
    """The server refuses the statement. The transaction of a COMMIT stays open, and has failed."""
    return Fault(number, instead=f"DO $$BEGIN RAISE EXCEPTION 'a test' USING ERRCODE = '{sqlstate}'; END$$")


def kinds(server_url: str) -> dict[str, Callable[[int], Fault]]:
    """Name -> the fault at a statement."""

    def terminate(session: Session) -> None:
        _signal(server_url, session, "SELECT pg_terminate_backend(%s, 10000)", "TRUE")

    def cancel(session: Session) -> None:
        _signal(server_url, session, "SELECT pg_cancel_backend(%s)", "a.wait_event = 'PgSleep'")

    def error(number: int) -> Fault:
        return refused(number, next(islice(cycle(ERRORS.values()), number, None)))

    return {
        "cut before": lambda number: Fault(number, Session.close),
        "cut after": lambda number: Fault(number, Session.close, after=True),
        "terminate": lambda number: Fault(number, terminate),
        "cancel": lambda number: Fault(number, cancel, instead="SELECT pg_sleep(60)"),
        "error": error,
    }


def _signal(server_url: str, session: Session, query: str, ready: str) -> None:
    deadline = time.monotonic() + PATIENCE
    look = f"SELECT 1 FROM pg_stat_activity AS a WHERE a.pid = %s AND {ready}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        while admin.execute(look, [session.pid]).fetchone() is None:
            assert time.monotonic() < deadline, "the backend never came to the statement"
            time.sleep(0.002)
        admin.execute(query, [session.pid])
