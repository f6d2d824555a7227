"""`--log json`, and the spans of OpenTelemetry."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from commands import Run
from lineage import revisions
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app_schema import events, migrations
from app_schema.ext.otel import Spans

BEFORE = "0020_keys_in_the_order_of_time"


def _later() -> list[str]:
    return revisions()[revisions().index(BEFORE) + 1 :]


def _events(said: str) -> list[dict[str, Any]]:
    """Every line of stderr, of one run."""
    found = [json.loads(line) for line in said.partition("--- stderr\n")[2].splitlines()]
    assert len({event["run"] for event in found}) == 1
    return found


def test_log_has_a_line_an_event(run: Run, database_url: str) -> None:
    down = _events(run(database_url, "rollback", "0020", "--log", "json"))
    later = _later()
    assert [event["revision"] for event in down if event["event"] == "revision"] == later[::-1]
    assert down[-2]["result"] == "undone"
    said = run(database_url, "upgrade", "--log", "json")
    found = _events(said)
    kinds = [event["event"] for event in found]
    assert kinds[:3] == ["message", "run", "lock"]
    assert kinds[-2:] == ["result", "message"]
    assert found[1]["heads"] == [BEFORE]
    assert [event["number"] for event in found if event["event"] == "revision"] == [*range(1, len(later) + 1)]
    statements = [event for event in found if event["event"] == "statement"]
    assert all(event["place"].startswith(f"{event['revision']}.py, line ") for event in statements)
    assert len(statements) > 8
    result = found[-2]
    assert (result["result"], result["revisions"]) == ("applied", later)
    assert not {"CREATE", "SELECT"} & set(said.split())  # a statement may hold a secret
    assert _events(run(database_url, "upgrade", "--log", "json"))[-2]["result"] == "nothing to do"


def test_log_has_the_retry_and_the_error(run: Run, database_url: str) -> None:
    run(database_url, "downgrade", "0019")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM public.webhook_events /* of another */")
        tries = ("-x", "lock_timeout=100ms", "-x", "lock_tries=2")
        said = run(database_url, "upgrade", "0020", "--log", "json", *tries)
    assert said.startswith("exit code 2\n")
    found = _events(said)
    retry = next(event for event in found if event["event"] == "retry")
    assert (retry["number"], retry["of"], retry["sqlstate"]) == (1, 2, "55P03")
    assert "of another" not in str(retry)  # the text of a query may hold a secret
    assert all(blocker.startswith("pid ") for blocker in retry.get("blocked_by", ()))
    result = next(event for event in found if event["event"] == "result")
    assert (result["result"], result["sqlstate"]) == ("failed", "55P03")
    assert "given up after 2 tries" in found[-1]["text"]


def test_spans_of_run_revision_and_statement(database_url: str) -> None:
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    with events.listening(Spans(provider.get_tracer("test"))):
        migrations.downgrade(database_url, "0020")
        memory.clear()
        migrations.upgrade(database_url)
    spans = memory.get_finished_spans()
    by_id = {span.context.span_id: span for span in spans if span.context is not None}
    parents = {(span.name, by_id[span.parent.span_id].name) for span in spans if span.parent is not None}
    of_run = {child for child, parent in parents if parent == "migration"}
    assert of_run == {f"revision {name}" for name in _later()}
    statements = {(child, parent) for child, parent in parents if parent != "migration"}
    assert all(
        child.startswith(f"{parent.removeprefix('revision ')}.py, line ") for child, parent in statements
    )
    assert len(statements) > 8
    run = spans[-1]
    assert run.name == "migration"
    assert run.attributes is not None
    assert run.attributes["app_schema.result"] == "applied"
    assert all(run.start_time <= span.start_time <= span.end_time <= run.end_time for span in spans)  # type: ignore[operator]
