"""docs/performance.md, out of what was measured."""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from picture import picture
from queries import QUERIES

from app_schema.audit.sharding import CHECKS

Asked = dict[tuple[str, str], tuple[int, int]]

GOALS = {
    "Q04": 4,
    "Q04 &&": 4,
    "Q07 mentor": 220,
    "Q07 student": 30,
    "Q10": 4,
    "Q22": 650,
    "Q27": 26,
    "Q28": 26,
    "Q29 1": 750,
    "Q29 10": 750,
    "Q29 100": 750,
    "mine": 510,
    "few": 40,
    "Q31": 10,
    "Q34": 210,
    "Q37 count": 12,
    "Q37 list": 60,
    "Q38": 15,
    "e-mail": 3,
    "session": 4,
    "message": 4,
    "my reservations": 13,
    "my plan": 6,
    "me": 6,
    "authors": 80,
    "details": 320,
}
"""Pages that the role of the query should read at most, at full size."""


@dataclass
class Result:
    """Pages and rows of each query and role, cost of each write, on both sides, at one size."""

    scale: float
    pages: dict[str, Asked] = field(default_factory=dict)
    writes: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)
    plans: dict[str, dict[str, str]] = field(default_factory=dict)
    exported: tuple[int, int] = (0, 0)
    """Pages that the export of a person reads as app_user, and its rows."""
    sharding: list[tuple[str, str]] = field(default_factory=list)
    """Check and object of each finding of ``audit --scale``."""


def page(results: list[Result]) -> str:
    prose = (Path(__file__).parent / "performance.md.in").read_text(encoding="utf-8")
    return (
        prose.replace("{pages}", _pages(results[-1], results[0] if len(results) > 1 else None))
        .replace("{growth}", _growth(results[-1], results[0]))
        .replace("{dearer}", _dearer(results[-1]))
        .replace("{writes}", _writes(results[-1]))
        .replace("{bare}", _bare(results[-1].writes["after"]))
        .replace("{bare before}", _bare(results[-1].writes["before"]))
        .replace("{export pages}", f"{results[-1].exported[0]:,}")
        .replace("{export rows}", f"{results[-1].exported[1]:,}")
        .replace("{sharding}", sharding(results[-1].sharding))
        .replace("{people}", f"{round(20000 * results[-1].scale):,}")
    )


def drawing(result: Result) -> str:
    """The queries that have a goal, as an SVG."""
    former, after = result.pages["before"], result.pages["after"]
    return picture(
        {
            query.name: (former[query.name, query.of][0], after[query.name, query.of][0], GOALS[query.name])
            for query in QUERIES
            if query.name in GOALS
        }
    )


def _pages(result: Result, smaller: Result | None) -> str:
    before, after = result.pages["before"], result.pages["after"]
    lines = [
        "| query | what | service before | service | app_user before | app_user | goal | at a tenth |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for query in QUERIES:
        service, user = ((query.name, role) for role in ("service_account", "app_user"))
        goal = GOALS.get(query.name)
        reached = (
            ""
            if goal is None
            else f"{goal:,}"
            if after[query.name, query.of][0] <= goal
            else f"**{goal:,} missed**"
        )
        tenth = f"{smaller.pages['after'][user][0]:,}" if smaller else ""
        cells = [
            f"{before[service][0]:,}",
            f"{after[service][0]:,}",
            _asked(before[user]),
            _asked(after[user]),
        ]
        lines.append(f"| {query.name} | {query.what} | {' | '.join(cells)} | {reached} | {tenth} |")
    return "\n".join(lines)


def _asked(found: tuple[int, int]) -> str:
    pages, rows = found
    return f"{pages:,}" if rows else f"{pages:,} (no row)"


def _growth(result: Result, smaller: Result) -> str:
    """The queries whose pages grow although their answer does not."""
    found: list[str] = []
    for (query, role), (pages, rows) in result.pages["after"].items():
        former, former_rows = smaller.pages["after"][query, role]
        if pages > 2 * former and rows < 2 * former_rows:
            found.append(f"{query} as `{role}` ({former:,} to {pages:,})")
    return ", ".join(found)


def _dearer(result: Result) -> str:
    """The queries that row security makes read more than 1.5 times the pages."""
    after = result.pages["after"]
    pairs = (
        (query.name, after[query.name, "service_account"][0], after[query.name, "app_user"][0])
        for query in QUERIES
    )
    return ", ".join(
        f"{name} ({service:,} to {user:,})" for name, service, user in pairs if user > 1.5 * service
    )


def _bare(writes: dict[str, tuple[float, float]]) -> str:
    (time, _), (bare, _) = writes["2,000 messages over 200 chats"], writes["2,000 rows into a bare heap"]
    return f"{time / bare:.1f}"


def _writes(result: Result) -> str:
    lines = [
        "| write | µs a row before | µs a row | times as fast | WAL a row before | WAL a row | times |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for what, (time, wal) in result.writes["after"].items():
        former, former_wal = result.writes["before"][what]
        sizes = f"{former_wal:,.0f} B | {wal:,.0f} B | {wal / former_wal:.2f}"
        lines.append(f"| {what} | {former:,.0f} | {time:,.0f} | {former / time:.1f} | {sizes} |")
    return "\n".join(lines)


def sharding(findings: list[tuple[str, str]]) -> str:
    """What is found how often, and on which tables."""
    lines = ["| found | how often | on |", "|---|---:|---|"]
    for check, what in CHECKS.items():
        objects = [words for name, words in findings if name == check]
        tables = dict.fromkeys(words.rpartition(" ")[2].removeprefix("public.") for words in objects)
        names = ", ".join(f"`{table}`" for table in tables)
        lines.append(f"| `{check}`: {what} | {len(objects)} | {names} |")
    return "\n".join(lines)
