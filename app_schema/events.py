"""Events of a migration run, for listeners: the log of ``--log json``, and the spans of OpenTelemetry.

A field never has the text of a statement or a value of a row: a revision may contain a password.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeAlias

from app_schema.errors import DifferentError
from app_schema.streams import wrapped

Listener: TypeAlias = Callable[[str, dict[str, Any]], None]
"""Called with the name of an event and its fields."""

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("app_schema_listeners", default=())
_log: ContextVar[bool] = ContextVar("app_schema_log", default=False)
"""stderr is a log: a line of JSON an event."""
_SPANS = "opentelemetry.trace"
"""The module that a program which traces has imported."""


def has_listeners() -> bool:
    """True if a listener is registered; without one no event is prepared."""
    return bool(_listeners.get())


def emit(event: str, **fields: Any) -> None:
    """Tells every listener."""
    for listener in _listeners.get():
        listener(event, fields)


def logged(sentence: str) -> bool:
    """Writes a sentence for a person as an event where stderr is a log; False: the caller writes it."""
    if _log.get():
        emit("message", text=sentence)
    return _log.get()


def say(line: str) -> None:
    """Writes a line to stderr: stdout may be a script."""
    if not logged(line):
        sys.stderr.write(f"{wrapped(f'app_schema: {line}', sys.stderr)}\n")
        sys.stderr.flush()


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tells the listener every event of the block."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


@contextlib.contextmanager
def run(result: Callable[[], dict[str, Any]], **fields: Any) -> Iterator[None]:
    """The events ``run``, with these fields, and ``result`` of a block.

    Spans are created if the program has configured OpenTelemetry; otherwise it is not imported.
    """
    with contextlib.ExitStack() as stack:
        if _SPANS in sys.modules:
            from app_schema.ext.otel import spans

            if (spanning := spans()) is not None:
                stack.enter_context(listening(spanning))
        if not has_listeners():
            yield
            return
        begun = time.perf_counter()
        emit("run", **fields)
        failure: dict[str, Any] = {}
        try:
            yield
        except BaseException as error:
            failure["result"] = "refused" if isinstance(error, DifferentError) else "failed"
            failure["error"] = str(error) or type(error).__name__
            failure["sqlstate"] = getattr(error, "sqlstate", None)
            raise
        finally:
            emit("result", **{**result(), **failure}, seconds=round(time.perf_counter() - begun, 4))


@contextlib.contextmanager
def log() -> Iterator[None]:
    """Writes each event of the block to stderr as a line of JSON, sentences for people too."""
    token = _log.set(True)
    try:
        with listening(_json_lines()):
            yield
    finally:
        _log.reset(token)


def _json_lines() -> Listener:
    from datetime import UTC, datetime

    number = os.urandom(6).hex()

    def write(event: str, fields: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        filled = {name: value for name, value in fields.items() if value is not None}
        line = {"time": now, "run": number, "event": event, **filled}
        sys.stderr.write(f"{json.dumps(line, ensure_ascii=False, default=str)}\n")
        sys.stderr.flush()

    return write
