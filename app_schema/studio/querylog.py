"""The statements of a page, with their times, for the log at its foot. Values are not part of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Query:
    """A statement and the milliseconds until its answer."""

    sql: str
    milliseconds: float


_LOG: ContextVar[list[Query] | None] = ContextVar("_LOG", default=None)


class QueryLog:
    """Middleware: `request.state.queries` are the statements of the request, so far."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request; threads that it starts share the list."""
        queries: list[Query] = []
        scope.setdefault("state", {})["queries"] = queries
        token = _LOG.set(queries)
        try:
            await self.app(scope, receive, send)
        finally:
            _LOG.reset(token)


def watch(engine: sa.Engine) -> None:
    """Has the statements of an engine noted; calling it again changes nothing."""
    if not sa.event.contains(engine, "before_cursor_execute", _before):
        sa.event.listen(engine, "before_cursor_execute", _before)
        sa.event.listen(engine, "after_cursor_execute", _after)


@contextmanager
def noted(sql: str) -> Iterator[None]:
    """Notes a statement that bypasses SQLAlchemy."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        _note(sql, begin)


def _before(connection: sa.Connection, *_: Any) -> None:
    connection.info["begin"] = time.perf_counter()


def _after(connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
    del cursor
    _note(statement, connection.info.pop("begin"))


def _note(sql: str, begin: float) -> None:
    queries = _LOG.get()
    if queries is not None:
        queries.append(Query(sql, round((time.perf_counter() - begin) * 1000, 1)))
