"""The numbers of a business day: `ai_dialogue_log` into `rag_metrics_history`, in one statement a day.

The statement may be repeated: the present numbers of the day replace the older ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app_schema.errors import ConfigurationError

BUSINESS_ZONE = "Asia/Tokyo"

# An answer without citations counts as an answer, so the sources are counted beside the answers, not joined
# to them. Percentiles are fractions and the columns are integers. NULL if no value was measured.
_AGGREGATE = sa.text("""
WITH log AS MATERIALIZED (
  SELECT * FROM public.ai_dialogue_log
  WHERE created_at >= CAST(:day AS timestamp) AT TIME ZONE :zone
    AND created_at < CAST(:day + 1 AS timestamp) AT TIME ZONE :zone
), cited AS (
  SELECT count(*) AS citations, count(DISTINCT c.source ->> 'source') AS sources
  FROM log CROSS JOIN LATERAL jsonb_array_elements(log.citations) AS c(source)
), measured AS (
  SELECT count(*) AS queries,
         count(DISTINCT user_id) AS users,
         round(avg(citation_rate), 2) AS citation_rate,
         percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS latency,
         round(avg(token_cost_jpy), 6) AS cost,
         sum(token_cost_jpy) AS total_cost,
         round(avg(total_tokens)) AS tokens,
         round(avg(relevance_score), 2) AS relevance,
         round(100.0 * count(*) FILTER (WHERE user_feedback = 1)
               / nullif(count(*) FILTER (WHERE user_feedback <> 0), 0), 2) AS positive
  FROM log
), judged AS (
  SELECT coalesce(citation_rate >= :citation_rate, queries = 0) AS citation_rate_met,
         coalesce(latency[1] <= :latency_p50_ms, queries = 0) AS latency_met,
         coalesce(cost <= :cost_per_answer, queries = 0) AS cost_met,
         coalesce(relevance >= :relevance, queries = 0) AS relevance_met
  FROM measured
)
INSERT INTO public.rag_metrics_history AS h (
  date, citation_rate, citation_count, unique_sources_count, latency_p50_ms, latency_p95_ms, latency_p99_ms,
  cost_per_answer, total_cost, total_queries, unique_users, average_tokens_per_query, average_relevance_score,
  positive_votes_rate, slo_compliance)
SELECT :day, m.citation_rate, c.citations, c.sources,
       round(m.latency[1]), round(m.latency[2]), round(m.latency[3]),
       m.cost, m.total_cost, m.queries, m.users, m.tokens, m.relevance, m.positive,
       jsonb_build_object('version', 1, 'citationRateMet', j.citation_rate_met, 'latencyMet', j.latency_met,
         'costMet', j.cost_met, 'relevanceMet', j.relevance_met,
         'overallMet', j.citation_rate_met AND j.latency_met AND j.cost_met AND j.relevance_met,
         'targets', CAST(:targets AS jsonb))
FROM measured AS m CROSS JOIN cited AS c CROSS JOIN judged AS j
ON CONFLICT (date) DO UPDATE SET
  citation_rate = excluded.citation_rate, citation_count = excluded.citation_count,
  unique_sources_count = excluded.unique_sources_count, latency_p50_ms = excluded.latency_p50_ms,
  latency_p95_ms = excluded.latency_p95_ms, latency_p99_ms = excluded.latency_p99_ms,
  cost_per_answer = excluded.cost_per_answer, total_cost = excluded.total_cost,
  total_queries = excluded.total_queries, unique_users = excluded.unique_users,
  average_tokens_per_query = excluded.average_tokens_per_query,
  average_relevance_score = excluded.average_relevance_score,
  positive_votes_rate = excluded.positive_votes_rate, slo_compliance = excluded.slo_compliance
RETURNING h.date, h.total_queries, h.unique_users, h.citation_rate, h.citation_count, h.unique_sources_count,
  h.latency_p50_ms, h.latency_p95_ms, h.latency_p99_ms, h.cost_per_answer, h.total_cost,
  h.average_tokens_per_query, h.average_relevance_score, h.positive_votes_rate,
  (h.slo_compliance ->> 'overallMet')::boolean AS met
""").bindparams(sa.bindparam("targets", type_=sa.JSON), sa.bindparam("day", type_=sa.Date))


@dataclass(frozen=True)
class Targets:
    """The service levels: percent, milliseconds (the median), yen, and 0 to 1."""

    citation_rate: float = 70
    latency_p50_ms: float = 1500
    cost_per_answer: float = 3
    relevance: float = 0.7

    @classmethod
    def read(cls, assignments: Iterable[str]) -> Targets:
        """The targets; each `name=value` replaces a default.

        :raises ConfigurationError: for an unknown name, and for a value that is no finite number.
        """
        names = [field.name for field in fields(cls)]
        values: dict[str, float] = {}
        for assignment in assignments:
            name, _, value = assignment.partition("=")
            try:
                values[name] = float(value)
            except ValueError:
                values[name] = math.nan
            if name not in names or not math.isfinite(values[name]):
                raise ConfigurationError(
                    f"{assignment!r} is no target: write NAME=NUMBER, NAME {' or '.join(names)}."
                )
        return cls(**values)


def aggregate(
    connection: sa.Connection, day: date, zone: str = BUSINESS_ZONE, targets: Targets | None = None
) -> dict[str, Any]:
    """Writes the row of a day, from midnight to midnight in `zone`, and returns the values of the row.

    The row of a day without answers has zeros and NULLs, and meets the targets. The caller commits.
    """
    levels = asdict(targets or Targets())
    parameters = {"day": day, "zone": zone_info(zone).key, "targets": levels, **levels}
    return dict(connection.execute(_AGGREGATE, parameters).mappings().one())


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, inclusive."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def yesterday(zone: str = BUSINESS_ZONE) -> date:
    """The newest day that has ended in `zone`."""
    return datetime.now(zone_info(zone)).date() - timedelta(days=1)


def zone_info(zone: str) -> ZoneInfo:
    """The time zone of a name.

    :raises ConfigurationError: if the database of time zones has no such name.
    """
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"{zone!r} is no time zone: write a name such as Asia/Tokyo.") from None
