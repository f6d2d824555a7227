"""Statements of revisions are queued until a result is needed, then sent as one batch.

Each revision is a separate transaction. Its COMMIT is queued like a statement: after a failed statement the
server skips the rest of the batch, and earlier COMMITs hold. So the number of round trips does not grow with
the number of revisions.

SQLAlchemy's events, or the cursor if a revision uses psycopg's own connection, report any other use of the
connection; the queue is sent before. A long queue is sent without waiting for the answers: the server
executes it while later revisions are rendered. An error is then raised at the next COMMIT, or use of the
connection.
"""

from __future__ import annotations

import inspect
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import psycopg
import sqlalchemy as sa
from psycopg import pq

from app_schema import events
from app_schema.ddl.statement import Comparing
from app_schema.ddl.together import Together
from app_schema.errors import AppSchemaError
from app_schema.migrations import needs, wire
from app_schema.migrations.failure import explained
from app_schema.migrations.handwriting import UNKNOWN, Handwriting
from app_schema.migrations.needs import Need
from app_schema.migrations.state import RunState, StepState

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

AHEAD = 1_000_000
"""Characters in the queue from which on the server executes them while later statements are rendered."""

_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_IDLE = pq.TransactionStatus.IDLE


_LINE = ", line "
_ATTACHED: WeakKeyDictionary[psycopg.Connection[Any], Pipeline] = WeakKeyDictionary()


class _Sending:
    """A cursor of psycopg's that sends the queue before each statement."""

    connection: psycopg.Connection[Any]

    def _send(self, query: Any) -> None:
        if (pipeline := _ATTACHED.get(self.connection)) is not None:
            pipeline.before_use(query if isinstance(query, str) else UNKNOWN)

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self._send(query)
        return super().execute(query, *args, **kwargs)  # type: ignore[misc]  # of psycopg's cursor, which comes next

    def executemany(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self._send(query)
        return super().executemany(query, *args, **kwargs)  # type: ignore[misc]

    def stream(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self._send(query)
        return super().stream(query, *args, **kwargs)  # type: ignore[misc]

    def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        self._send(statement)
        return super().copy(statement, *args, **kwargs)  # type: ignore[misc]


def _sending(factory: type[Any]) -> type[Any]:
    return type(factory.__name__, (_Sending, factory), {})


@dataclass(slots=True)
class Statement:
    """A queued statement."""

    sql: str
    place: str = ""
    """File and line of the revision."""
    step: StepState | None = None
    then: Callable[[], None] | None = None
    """Callback for when the server has executed the statement."""


class StatementClock:
    """Tells the listeners when a statement of a revision has ended."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def ended(self, step: StepState | None, place: str) -> None:
        """The server has executed a statement; without a line in `place` it is not one of the revision."""
        if not events.has_listeners():
            return
        now = time.perf_counter()
        if step is not None and _LINE in place:
            seconds = round(now - self._since, 4)
            events.emit("statement", revision=step.name, place=place.removesuffix(": "), seconds=seconds)
        self._since = now


@dataclass
class Pipeline:
    """The queue of one connection; from :meth:`attach` to :meth:`detach`."""

    connection: sa.Connection
    driver: psycopg.Connection[Any]
    lock_timeout: float
    """Seconds: lock_timeout after a CONCURRENTLY, which disables it."""
    external: bool
    """The transaction is the caller's, and is not rolled back here."""
    state: RunState
    handwriting: Handwriting
    queue: list[Statement] = field(default_factory=list)
    needs: dict[Need, None] = field(default_factory=dict)
    """Requirements that are checked before the queue is sent."""
    later_needs: Callable[[], Iterable[Need]] = tuple
    """The requirements of the revisions whose statements are not queued yet."""
    _together: Together = field(default_factory=Together)
    """The objects of the last statements, as far as one block may compare them."""
    _compared: list[tuple[Statement, Comparing, int]] = field(default_factory=list)
    """The statements of the objects in `_together`, each with the place of its object."""
    _open: bool = False
    _deferred: bool = False
    """The next COMMIT of SQLAlchemy is queued."""
    _factories: tuple[Any, Any] = (None, None)
    _size: int = 0
    _in_part: int = 0
    _batch: wire.Batch | None = None
    """Statements that are sent and not finished."""
    _batch_clock: StatementClock = field(default_factory=StatementClock)
    _sent: deque[Statement] = field(default_factory=deque)
    """The statements of the batch that have no answer yet."""
    _clock: StatementClock | None = None
    """Of the statement that SQLAlchemy executes."""

    def attach(self) -> None:
        """Registers listeners that send the queue before anyone else uses the connection."""
        for name, listener in self._listeners():
            sa.event.listen(self.connection, name, listener)
        self._factories = self.driver.cursor_factory, self.driver.server_cursor_factory
        self.driver.cursor_factory, self.driver.server_cursor_factory = map(_sending, self._factories)
        self.driver.commit = self._commit_of_driver  # type: ignore[method-assign]  # of this connection alone
        _ATTACHED[self.driver] = self

    def detach(self) -> None:
        for name, listener in self._listeners():
            with suppress(sa.exc.InvalidRequestError):
                sa.event.remove(self.connection, name, listener)

        self.driver.cursor_factory, self.driver.server_cursor_factory = self._factories
        del self.driver.commit
        del _ATTACHED[self.driver]
        self.discard()

    def discard(self) -> None:
        """Drops the queue after an error, and waits for the end of what was sent."""
        self.queue, self._size, self._together, self._compared = [], 0, Together(), []
        with suppress(AppSchemaError):
            self.flush()

    def _listeners(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (
            ("before_cursor_execute", self._before_execute),
            ("after_cursor_execute", self._after_execute),
            ("commit", self._before_commit),
            ("rollback", self._before_rollback),
            ("set_connection_execution_options", self._before_options),
        )

    @property
    def queues(self) -> bool:
        """True if statements may be queued: in autocommit each is a transaction, and is sent alone."""
        return not self.driver.autocommit

    def add(self, sql: str, *, outside: bool = False, compares: Comparing | None = None) -> None:
        """Queues a statement.

        :param outside: after the last transaction, not in one.
        :param compares: the statement; consecutive ones are compared in one block.
        """
        if self._size > self._longest:
            self._send_ahead()
        place = self._place_in_block(compares)
        step = self.state.current
        if step.part and self._in_part >= step.part and self._open:
            self._commit()
        if not self._open and not outside:
            self._open = True
            if self.driver.pgconn.transaction_status == _IDLE or self.queue or self._batch is not None:
                self._queue(Statement(self._begin()))
        self._queue(Statement(sql, place=self._place(), step=step))
        if place and compares is not None:
            self._compared.append((self.queue[-1], compares, place))
        self._in_part += 1
        step.statements += 1

    def _place_in_block(self, compares: Comparing | None) -> int:
        """The place of the next statement's object among those of one block; 0: it is in no block."""
        place = self._together.add(compares.element) if compares is not None else 0
        if not place:
            self._compare_together()  # the next statement may change what the block compares
        return place or (self._together.add(compares.element) if compares is not None else 0)

    def _compare_together(self) -> None:
        """Queues the block before the statements whose objects it compares."""
        if len(self._compared) > 1:
            first = self._compared[0][0]
            index = next(index for index, statement in enumerate(self.queue) if statement is first)
            block = Statement(self._together.compared(), step=first.step)
            self.queue.insert(index, block)
            self._size += len(block.sql)
            for statement, compares, place in self._compared:
                statement.sql = compares.sql(place).strip()
        self._together, self._compared = Together(), []

    def before_use(self, sql: str) -> None:
        """Sends the queue before a statement of anyone else."""
        if not self.handwriting.sends:
            for statement in self.handwriting.before(sql):
                if self.queues:
                    self.add(statement)
                else:
                    wire.fetch(self.driver, statement)
        self.flush()

    def flush(self) -> None:
        """Sends the queue and waits for the answers.

        :raises StatementError: the server refused a statement, and everything after it was skipped.
        """
        self._compare_together()
        if not self.queue and self._batch is None:
            return
        try:
            self._send().finish()
        except wire.Refused as refused:
            self._roll_back()
            statement = self._sent[0] if self._sent else Statement("")  # the first without an answer
            self.state.refused = statement.step
            raise explained(refused.cause, place=statement.place) from refused.cause
        except BaseException:  # Ctrl-C
            self._roll_back()
            raise
        finally:
            self._batch, self._sent = None, deque()
            if self.driver.closed:
                self.connection.invalidate()
            self._open = not self.driver.closed and self.driver.pgconn.transaction_status != _IDLE

    @property
    def _longest(self) -> int:
        """Characters of the queue that are not sent ahead: the time of a statement, for which somebody
        listens, is that of its answer."""
        return wire.FULL if events.has_listeners() else AHEAD

    def _send_ahead(self) -> wire.Batch:
        """Sends the queue without waiting for the answers."""
        if self._batch is None:
            self.needs.update(dict.fromkeys(self.later_needs()))
        return self._send()

    def _send(self) -> wire.Batch:
        self._compare_together()
        if self._batch is None:
            self._batch = wire.Batch(self.driver, self._answered, timed=events.has_listeners())
            self._batch_clock = StatementClock()
        statements, self.queue, self._size = self.queue, [], 0
        if self.needs:
            statements.insert(0, Statement(needs.block(list(self.needs))))
            self.needs.clear()
        self._sent += statements
        self._batch.send([statement.sql for statement in statements])
        return self._batch

    def _answered(self, _: int, __: PGresult) -> None:
        statement = self._sent.popleft()
        self._batch_clock.ended(statement.step, statement.place)
        if statement.then is not None:
            statement.then()

    def _roll_back(self) -> None:
        if not self.external:
            with suppress(psycopg.OperationalError):  # the connection may be lost
                self.driver.rollback()

    def _queue(self, statement: Statement) -> None:
        self.queue.append(statement)
        self._size += len(statement.sql)

    def _begin(self) -> str:
        level = self.driver.isolation_level
        return wire.BEGIN if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}"

    def _commit(self) -> None:
        self._compare_together()
        for sql in self.handwriting.after():
            self._queue(Statement(sql, step=self.state.current))
        step, is_last = self.state.current, self.state.stamped
        confirm = partial(self.state.confirm, self.state.pop_stamped())
        part = partial(step.part_is_committed, converges=step.converges)

        def then() -> None:
            confirm()
            if not is_last:
                part()

        self._queue(Statement(wire.COMMIT, step=step, then=then))
        self._open = False
        self._in_part = 0

    def _before_execute(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        self.flush()
        self.state.current.statements += 1
        self._clock = StatementClock()
        if self.driver.autocommit and _CONCURRENTLY.search(statement):
            # CONCURRENTLY waits for transactions, and blocks no session meanwhile
            wire.fetch(self.driver, "SET lock_timeout = 0")

    def _after_execute(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        if self._clock is not None:
            self._clock.ended(self.state.current, self._place() if events.has_listeners() else "")
        if self.driver.autocommit and _CONCURRENTLY.search(statement):
            wire.fetch(self.driver, f"SET lock_timeout = {self.lock_timeout * 1000:.0f}")

    def _before_commit(self, _: sa.Connection) -> None:
        begun = self.driver.pgconn.transaction_status != _IDLE
        if self._open:
            in_revision = not self.state.stamped
            self._commit()
            self._deferred = True
            ended = self._size > self._longest and (self._send_ahead().ended or events.has_listeners())
            if ended or (begun and in_revision):  # what comes next goes by psycopg's status
                self.flush()
        elif begun:
            self.flush()
            step = self.state.current
            step.part_is_committed(converges=step.converges)

    def _commit_of_driver(self) -> None:
        """Replaces psycopg's COMMIT: the COMMIT of a revision is queued like its statements."""
        if not self._deferred:
            type(self.driver).commit(self.driver)
        self._deferred = False

    def _before_options(self, _: sa.Connection, options: Mapping[str, Any]) -> None:
        """psycopg changes the isolation level between two transactions only."""
        if "isolation_level" in options and self.driver.pgconn.transaction_status != _IDLE:
            self.flush()

    def _before_rollback(self, _: sa.Connection) -> None:
        """Discards the statements of the rolled back transaction; sends those of earlier ones."""
        if self._open:
            while self.queue and self.queue[-1].sql != wire.COMMIT:
                self.queue.pop()
        self._open = self._deferred = False
        self.handwriting.rolled_back()
        self._together, self._compared = Together(), []
        self._in_part = 0
        self.flush()

    def _place(self) -> str:
        path = self.state.current.path
        if path is None:
            return ""
        name = os.path.basename(path)  # noqa: PTH119 - a Path for each statement is felt
        frame = inspect.currentframe()
        while frame is not None:
            if frame.f_code.co_filename == path:
                return f"{name}{_LINE}{frame.f_lineno}: "
            frame = frame.f_back
        return f"{name}: "
