"""Many statements in one batch: libpq's pipeline mode, without a round trip between statements.

The extended protocol allows one statement a text. Up to the next Sync the server skips every statement after
an error; an earlier COMMIT holds. So one batch may contain several transactions.
"""

from __future__ import annotations

import logging
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
FULL = 4_000_000
"""Characters that are sent and not executed, at most: memory does not grow with the number of revisions."""
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


def fetch(driver: psycopg.Connection[Any], *statements: str) -> list[str | None]:
    """The first value of each statement's result, as text, in one round trip.

    :raises psycopg.Error: the error of the first refused statement.
    """
    answers: list[str | None] = []

    def keep(_: int, result: PGresult) -> None:
        value = result.get_value(0, 0) if result.ntuples else None
        answers.append(None if value is None else value.decode(driver.info.encoding))

    try:
        batch = Batch(driver, keep)
        batch.send(statements)
        batch.finish()
    except Refused as refused:
        raise refused.cause from None
    return answers


class Batch:
    """Statements that the server executes while further ones are rendered and sent.

    The client never waits until the server reads: what the socket does not take stays in libpq's memory, up
    to :data:`FULL`. So full buffers on both sides block nobody.

    A lost connection: a failed write makes libpq read what the server has sent, the reason among it. The next
    read finds the end of the stream, and libpq forgets all statements. So results are taken in between.

    :param each: called with the number and the result of each statement, as it arrives.
    :param timed: each result arrives when its statement ends, and not with the next COMMIT.
    """

    def __init__(
        self, driver: psycopg.Connection[Any], each: Callable[[int, PGresult], None], *, timed: bool = False
    ) -> None:
        self.driver = driver
        self.pgconn = driver.pgconn
        self.each = each
        self.timed = timed
        self.number = 0
        self.failure: Refused | None = None
        self.interrupted: float | None = None
        self._sizes: deque[int] = deque()
        """Characters of each statement without an answer."""
        with self._closing():
            self.pgconn.enter_pipeline_mode()

    @property
    def ended(self) -> bool:
        """No further statement is executed."""
        return self.failure is not None or self.interrupted is not None

    def send(self, statements: Sequence[str]) -> None:
        """Adds the statements, and takes in the results that have arrived."""
        if self.driver.closed:
            return
        with self._closing():
            for text in statements:
                log.debug("%s", text)
                self.pgconn.send_query_params(text.encode(self.driver.info.encoding), None)
                self._sizes.append(len(text))
                if text == COMMIT or self.timed:
                    self.pgconn.send_flush_request()  # else the server keeps its answer back
                self._receive_arrived()
            self.pgconn.send_flush_request()
            self.pgconn.flush()
            self._receive_arrived()
            self.pgconn.consume_input()
            self._receive_arrived()
            if sum(self._sizes) > FULL:
                self._receive(lambda: sum(self._sizes) <= FULL)

    def finish(self) -> None:
        """Takes all results in.

        Ctrl-C cancels the running statement; the results so far are read, and KeyboardInterrupt is raised
        again.

        :raises Refused: at the first statement that the server refuses, or if the connection is lost.
        """
        if not self.driver.closed:
            with self._closing():
                self.pgconn.pipeline_sync()
                self._receive(lambda: False)
                if not self.driver.closed:
                    self.pgconn.exit_pipeline_mode()
        if self.interrupted is not None:
            raise KeyboardInterrupt
        if self.failure is not None:
            raise self.failure

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Closes the connection after an error: with unread results no other statement can use it."""
        try:
            yield
        except psycopg.OperationalError as error:
            self.driver.close()
            self.failure = self.failure or Refused(self.number, error)
        except BaseException:
            self.driver.close()
            raise

    def _receive(self, enough: Callable[[], bool]) -> None:
        """Takes results in, up to the end of the batch or until they are enough."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.pgconn.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not (self._receive_arrived() or enough()):
                try:
                    if self.pgconn.flush() == 0:
                        selector.modify(self.pgconn.socket, selectors.EVENT_READ)
                    if self._receive_arrived():
                        return
                    if not selector.select(HEARTBEAT) and self.interrupted is not None:
                        self._cancel()
                    self.pgconn.consume_input()
                except KeyboardInterrupt:
                    if self.interrupted is not None:
                        raise
                    self.interrupted = time.monotonic()
                    self._cancel()
                if self.interrupted is not None and time.monotonic() > self.interrupted + CANCEL_WAIT:
                    raise KeyboardInterrupt

    def _cancel(self) -> None:
        with suppress(psycopg.Error):
            self.driver.cancel_safe(timeout=CANCEL_WAIT)

    def _receive_arrived(self) -> bool:
        """The results that have arrived; True at the end of the batch."""
        has_result = False
        while not self.pgconn.is_busy():
            result = self.pgconn.get_result()
            if result is None:
                if not has_result:
                    break
                has_result = False
                self.number += 1
                self._sizes.popleft()
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return True
            else:
                has_result = True
                self._judge(result)
        return False

    def _judge(self, result: PGresult) -> None:
        if result.status in _DONE:
            self.each(self.number, result)
        elif result.status != pq.ExecStatus.PIPELINE_ABORTED and self.failure is None:
            error = upstream.error_of(result, self.driver.info.encoding)
            self.failure = Refused(self.number, error)
