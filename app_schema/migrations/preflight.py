"""The check of the session before the first DDL, so that a run that must fail does not start.

`needs.py` checks what the pending revisions require of server and role.
"""

from __future__ import annotations

from typing import Any

import psycopg

from app_schema.errors import ServerError
from app_schema.events import say
from app_schema.migrations.session import Facts, MigrationSession

FEW = 3


def check(session: MigrationSession, facts: Facts) -> None:
    """Refuses a session that cannot hold the migration lock.

    :raises ServerError: with the remedy; the session is unchanged.
    """
    if session.pid not in {None, facts.pid}:
        if _shared(session):
            raise ServerError(
                "The connection uses a transaction pooler: locks and settings would be lost, or "
                "leak to others. Set the direct endpoint in DIRECT_DATABASE_URL or DATABASE_URL."
            )
        session.pid = facts.pid
    if facts.free_slots < FEW:
        say(f"only {max(facts.free_slots, 0)} connections are left on the server")


def refuse_unwritable(facts: Facts) -> None:
    """Raise ServerError if the server or the session refuses writes."""
    if sentence := unwritable(standby=facts.recovery, read_only=facts.read_only):
        raise ServerError(sentence)


def unwritable(*, standby: bool, read_only: bool) -> str | None:
    """The reason why the server refuses writes, with the remedy; None: it does not."""
    if standby:
        return "The server is a read replica (in recovery): set the URL of the primary."
    if read_only:
        return (
            "The session is read-only (default_transaction_read_only is on for the server, the database or "
            "the role): switch it off for the role that migrates."
        )
    return None


def _shared(session: MigrationSession) -> bool:
    """True if a pooler lends the backend to other sessions between transactions.

    A pooler that lends a backend for a whole session passes.
    """
    driver = session.driver
    assert driver is not None
    own_pid = driver.execute("SELECT pg_backend_pid()").fetchone()
    if not session.external:
        driver.rollback()
    parameters: dict[str, Any] = {**driver.info.get_parameters(), "password": driver.info.password}
    try:
        with psycopg.connect(**parameters, prepare_threshold=None) as other:
            other_pid = other.execute(
                "SELECT pg_backend_pid()"
            ).fetchone()  # keeps the backend, because the transaction is open
            if other_pid == own_pid:
                return True
            later_pid = driver.execute("SELECT pg_backend_pid()").fetchone()
            if not session.external:
                driver.rollback()
            return later_pid != own_pid
    except psycopg.Error:
        return True  # unknown; True is the safe answer
