from __future__ import annotations

from datetime import date

import psycopg
import pytest
from commands import NOWHERE, Run, data
from syrupy.assertion import SnapshotAssertion

USER = "00000000-0000-0000-0000-000000000001"
LOG = """
INSERT INTO public.ai_dialogue_log
  (user_id, session_id, query, response, model_used, citations, latency_ms, token_cost_jpy, citation_rate,
   total_tokens, relevance_score, user_feedback, created_at)
VALUES (%s, gen_random_uuid(), 'q', 'r', 'm', %s, %s, %s, %s, %s, %s, %s, %s)
"""


@pytest.fixture
def logged_url(database_url: str) -> str:
    """Four answers of 1 March 2026 in Tokyo, and one on each side of that day."""
    two = '[{"source": "a"}, {"source": "b"}]'
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO public.users (id, clerk_id, email) VALUES (%s, 'u', 'u@e')", [USER])
        for row in (
            ('[{"source": "before"}]', 9000, 9, 0, 1, 0, -1, "2026-02-28T14:59:59.999999Z"),
            (two, 100, "0.000010", 100, 10, 0.9, 1, "2026-02-28T15:00:00Z"),
            ('[{"source": "a"}]', 201, "0.000021", 50, 11, 0.8, 1, "2026-03-01T00:00:00Z"),
            ("[]", 300, None, 0, None, None, -1, "2026-03-01T03:00:00Z"),
            (None, None, None, None, None, None, 0, "2026-03-01T14:59:59Z"),
            ('[{"source": "after"}]', 9000, 9, 0, 1, 0, -1, "2026-03-01T15:00:00Z"),
        ):
            connection.execute(LOG, [USER, *row])
    return database_url


def test_one_day_is_counted_from_midnight_to_midnight_in_the_zone(run: Run, logged_url: str) -> None:
    (row,) = data(run(logged_url, "metrics", "2026-03-01", "--json"))
    assert row == {
        "date": "2026-03-01",
        "total_queries": 4,
        "unique_users": 1,
        "citation_rate": "50.00",
        "citation_count": 3,
        "unique_sources_count": 2,
        "latency_p50_ms": 201,
        "latency_p95_ms": 290,
        "latency_p99_ms": 298,
        "cost_per_answer": "0.000016",
        "total_cost": "0.000031",
        "average_tokens_per_query": 11,
        "average_relevance_score": "0.85",
        "positive_votes_rate": "66.67",
        "met": False,
    }
    (utc,) = data(run(logged_url, "metrics", "2026-03-01", "--zone", "UTC", "--json"))
    assert (utc["total_queries"], utc["citation_count"]) == (4, 2)


def test_running_again_writes_the_day_anew(run: Run, logged_url: str) -> None:
    run(logged_url, "metrics", "2026-03-01")
    with psycopg.connect(logged_url) as connection:
        connection.execute("DELETE FROM public.ai_dialogue_log WHERE latency_ms = 100")
        connection.commit()
        run(
            logged_url,
            "metrics",
            "2026-03-01",
            "--target",
            "citation_rate=20",
            "--target",
            "cost_per_answer=1",
        )
        rows = connection.execute(
            "SELECT date, total_queries, citation_count, slo_compliance FROM public.rag_metrics_history"
        ).fetchall()
    met = {
        "citationRateMet": True,
        "costMet": True,
        "latencyMet": True,
        "relevanceMet": True,
        "overallMet": True,
    }
    targets = {"citation_rate": 20, "latency_p50_ms": 1500, "cost_per_answer": 1, "relevance": 0.7}
    assert rows == [(date(2026, 3, 1), 3, 1, {"version": 1, **met, "targets": targets})]


def test_range_writes_every_day(run: Run, logged_url: str, snapshot: SnapshotAssertion) -> None:
    assert run(logged_url, "metrics", "2026-02-27", "--to", "2026-03-02", "--check") == snapshot


def test_day_across_a_change_of_clocks_is_whole(run: Run, logged_url: str) -> None:
    with psycopg.connect(logged_url) as connection:
        connection.execute(
            LOG, [USER, None, 1, None, None, None, None, None, "2026-03-30T03:30:00Z"]
        )  # 23:30 of the 29th in New York, 05:30 of the 30th in Berlin
    zones = {"America/New_York": 1, "Europe/Berlin": 0}
    for zone, count in zones.items():
        (row,) = data(run(logged_url, "metrics", "2026-03-29", "--zone", zone, "--json"))
        assert row["total_queries"] == count


def test_fresh_database_and_none_are_one_sentence(
    run: Run, states: dict[str, str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["fresh"], "metrics", "2026-03-01") == snapshot(name="fresh")
    assert run(NOWHERE, "metrics", "2026-03-01") == snapshot(name="none")


@pytest.mark.parametrize(
    "arguments",
    [
        ["2026-02-30"],
        ["yesterday"],
        ["2026-03-02", "--to", "2026-03-01"],
        ["--zone", "Mars"],
        ["--zone", "../etc/passwd"],
        ["--target", "speed=1"],
        ["--target", "relevance=nan"],
        ["--target", "relevance"],
    ],
)
def test_broken_input_is_one_sentence(
    run: Run, states: dict[str, str], arguments: list[str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["full"], "metrics", *arguments) == snapshot
