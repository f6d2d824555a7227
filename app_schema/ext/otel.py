"""Spans of OpenTelemetry: a run, the revisions in it, the statements of each.

Where a program has configured a provider, `upgrade` and `downgrade` make spans with it; a command is such a
program under ``opentelemetry-instrument app-schema upgrade``.
"""

from __future__ import annotations

import time
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer

_PREFIX = "app_schema."


def spans() -> Spans | None:
    """The listener that records the spans of one run; None: the program has configured no provider."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return None
    return Spans(trace.get_tracer("app_schema"))


class Spans:
    """The listener that makes the spans of one run."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._run: Span | None = None
        self._revision: Span | None = None

    def __call__(self, event: str, fields: dict[str, Any]) -> None:
        """Begins or ends a span; an event of another kind becomes one of the innermost span."""
        if event == "run":
            self._run = self._span("migration", None, fields)
        elif event == "statement":
            begun = time.time_ns() - int(fields["seconds"] * 1e9)
            self._revision = self._revision or self._span(
                f"revision {fields['revision']}", self._run, {}, begun
            )
            self._span(fields["place"] or "statement", self._revision, fields, begun).end()
        elif event == "revision":
            self._end(self._revision, fields)
            self._revision = None
        elif event == "result":
            self._end(self._revision, fields)
            self._end(self._run, fields)
        elif event != "message" and (innermost := self._revision or self._run) is not None:
            innermost.add_event(event, _attributes(fields))

    def _span(self, name: str, parent: Span | None, fields: dict[str, Any], begun: int | None = None) -> Span:
        context = None if parent is None else trace.set_span_in_context(parent)
        return self._tracer.start_span(name, context, attributes=_attributes(fields), start_time=begun)

    def _end(self, span: Span | None, fields: dict[str, Any]) -> None:
        if span is None:
            return
        span.set_attributes(_attributes(fields))
        if "error" in fields:
            span.set_status(Status(StatusCode.ERROR, fields["error"]))
        span.end()


def _attributes(fields: dict[str, Any]) -> dict[str, Any]:
    return {f"{_PREFIX}{name}": value for name, value in fields.items() if value is not None}
