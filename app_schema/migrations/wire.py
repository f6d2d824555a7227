"""Many statements in one batch: libpq's pipeline mode, without a round trip between statements.

The extended protocol allows one statement a text. Up to the next Sync the server skips every statement after
an error; an earlier COMMIT holds. So one batch may contain several transactions.
"""

from __future__ import annotations

import logging
import selectors
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq

from app_schema import upstream

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

log = logging.getLogger(__name__)

BEGIN = "BEGIN"
COMMIT = "COMMIT"
CANCEL_WAIT = 5.0
"""Seconds in which a cancelled server has to answer; then the connection is closed."""
HEARTBEAT = 0.5
"""Seconds between two checks during a wait.

A signal that arrives just before the wait does not interrupt it, and the server ignores a cancellation
between two statements.
"""

_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class Refused(Exception):  # noqa: N818 - never leaves this package
    """A statement of a batch failed; the earlier ones were executed, the later ones skipped."""

    def __init__(self, number: int, cause: psycopg.Error) -> None:
        super().__init__(number, cause)
        self.number = number
        self.cause = cause


def ask(driver: psycopg.Connection[Any], *statements: str) -> list[str | None]:
    """The first value of each statement's result, as text, in one round trip.

    :raises psycopg.Error: the error of the first refused statement.
    """
    answers: list[str | None] = []

    def keep(_: int, result: PGresult) -> None:
        value = result.get_value(0, 0) if result.ntuples else None
        answers.append(None if value is None else value.decode(driver.info.encoding))

    try:
        exchange(driver, statements, keep)
    except Refused as refused:
        raise refused.cause from None
    return answers


def exchange(
    driver: psycopg.Connection[Any],
    statements: Sequence[str],
    each: Callable[[int, PGresult], None],
    *,
    timed: bool = False,
) -> None:
    """Sends the statements in one batch, and passes each result to ``each`` as it arrives.

    :param timed: each result arrives when its statement ends, and not with the next COMMIT.

    Ctrl-C cancels the running statement; the results so far are read, and KeyboardInterrupt is raised again.

    :raises Refused: at the first statement that the server refuses, or if the connection is lost.
    """
    pgconn = driver.pgconn
    try:
        pgconn.enter_pipeline_mode()
        for text in statements:
            log.debug("%s", text)
            pgconn.send_query_params(text.encode(driver.info.encoding), None)
            if text == COMMIT or timed:
                pgconn.send_flush_request()  # else its answer waits in the server for the end of the batch
        pgconn.pipeline_sync()
        batch = _Batch(driver, each)
        batch.receive()
        if not driver.closed:
            pgconn.exit_pipeline_mode()
    except psycopg.OperationalError as error:
        driver.close()
        raise Refused(0, error) from error
    except BaseException:
        driver.close()  # unread results: no other statement could use the connection
        raise
    if batch.interrupted is not None:
        raise KeyboardInterrupt
    if batch.failure is not None:
        raise batch.failure


class _Batch:
    def __init__(self, driver: psycopg.Connection[Any], each: Callable[[int, PGresult], None]) -> None:
        self.driver = driver
        self.pgconn = driver.pgconn
        self.each = each
        self.number = 0
        self.failure: Refused | None = None
        self.interrupted: float | None = None

    def receive(self) -> None:
        """Takes all results in."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.pgconn.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not self._take():
                try:
                    if self.pgconn.flush() == 0:
                        selector.modify(self.pgconn.socket, selectors.EVENT_READ)
                    if not selector.select(HEARTBEAT) and self.interrupted is not None:
                        self._cancel()
                    self.pgconn.consume_input()
                except KeyboardInterrupt:
                    if self.interrupted is not None:
                        raise
                    self.interrupted = time.monotonic()
                    self._cancel()
                except psycopg.OperationalError as error:
                    # the server may have sent the reason before it closed the connection
                    self.driver.close()
                    self.failure = self.failure or Refused(self.number, error)
                    return
                if self.interrupted is not None and time.monotonic() > self.interrupted + CANCEL_WAIT:
                    raise KeyboardInterrupt

    def _cancel(self) -> None:
        with suppress(psycopg.Error):
            self.driver.cancel_safe(timeout=CANCEL_WAIT)

    def _take(self) -> bool:
        """The results that have arrived; True at the end of the batch."""
        seen = False
        while not self.pgconn.is_busy():
            result = self.pgconn.get_result()
            if result is None:
                if not seen:
                    break
                seen = False
                self.number += 1
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return True
            else:
                seen = True
                self._judge(result)
        return False

    def _judge(self, result: PGresult) -> None:
        if result.status in _DONE:
            self.each(self.number, result)
        elif result.status != pq.ExecStatus.PIPELINE_ABORTED and self.failure is None:
            error = upstream.error_of(result, self.driver.info.encoding)
            self.failure = Refused(self.number, error)
