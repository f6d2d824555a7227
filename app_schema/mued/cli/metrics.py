"""`app-schema metrics`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from app_schema.cli.common import Json, Url, connected, finish
from app_schema.cli.output import machine, table

_DAY: dict[str, Any] = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}
_COLUMNS = (
    "date",
    "total_queries",
    "unique_users",
    "citation_rate",
    "latency_p50_ms",
    "latency_p95_ms",
    "cost_per_answer",
    "total_cost",
    "average_relevance_score",
    "positive_votes_rate",
    "met",
)


def metrics(
    day: Annotated[datetime | None, typer.Argument(help="The first day, else yesterday.", **_DAY)] = None,
    *,
    to: Annotated[datetime | None, typer.Option("--to", help="The last day of a range.", **_DAY)] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Of the business day, else Asia/Tokyo.")] = None,
    target: Annotated[list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A service level.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if a target is missed.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Write the daily numbers of the assistant's log, one statement a day; a second run replaces them.

    The targets are citation_rate=70 (percent), latency_p50_ms=1500, cost_per_answer=3 (yen), relevance=0.7.
    """
    from app_schema.errors import ConfigurationError
    from app_schema.mued.metrics import BUSINESS_ZONE, Targets, aggregate, days, yesterday

    zone = zone or BUSINESS_ZONE
    targets = Targets.read(target or ())
    first = day.date() if day else yesterday(zone)
    last = to.date() if to else first
    if last < first:
        raise ConfigurationError(f"The range ends on {last}, before it begins on {first}.")
    results = []
    with connected(url, changes=True) as connection:
        for business_day in days(first, last):
            results.append(aggregate(connection, business_day, zone, targets))
            connection.commit()
    if as_json:
        machine(results)
    else:
        shown = [["-" if row[name] is None else str(row[name]) for name in _COLUMNS] for row in results]
        table([_COLUMNS[0], *(f">{name}" for name in _COLUMNS[1:])], shown)
    finish(well=not check or all(row["met"] for row in results))
