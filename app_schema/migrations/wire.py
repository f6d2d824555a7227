"""Many statements in one batch: libpq's pipeline mode, without a wait between two of them.

The extended protocol is used throughout, so each text is one statement. Between two Syncs the server stops
at the first error and skips the rest; a COMMIT before it holds. That makes several transactions in one
batch safe.
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
"""Seconds after which one looks up from waiting.

A signal that comes just before the wait does not end it, and a cancellation between two statements is lost.
"""

_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class Refused(Exception):  # noqa: N818 - never leaves this package
    """One statement of a batch failed; those before it were carried out, those after it were not."""

    def __init__(self, number: int, cause: psycopg.Error) -> None:
        super().__init__(number, cause)
        self.number = number
        self.cause = cause


def ask(driver: psycopg.Connection[Any], *statements: str) -> list[str | None]:
    """The first value of each statement's answer, as text; all of them in one round trip.

    :raises psycopg.Error: what the server says of the first that it refuses.
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
    driver: psycopg.Connection[Any], statements: Sequence[str], each: Callable[[int, PGresult], None]
) -> None:
    """Sends the statements in one batch and hands each result to ``each`` as it arrives.

    Ctrl-C cancels what the server is at; then the results that there are are taken in, and
    KeyboardInterrupt goes on.

    :raises Refused: at the first statement that the server refuses, or where the connection breaks.
    """
    pgconn = driver.pgconn
    try:
        pgconn.enter_pipeline_mode()
        for text in statements:
            log.debug("%s", text)
            pgconn.send_query_params(text.encode(driver.info.encoding), None)
            if text == COMMIT:
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
        driver.close()  # results are outstanding: nobody could use the connection
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
                    # the server may have said why before it closed the connection
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
