"""What `upgrade head` costs: this project, plain Alembic and others, side by side, near and far.

    python bench/migrate.py                              # everything: half an hour
    python bench/migrate.py --rtt 50 --only ours plain --runs 3

The lineage's DDL is applied to an empty database, and the same command is run again at the newest revision.
The server is --url, else TEST_DATABASE_URL, else the embedded one. Databases are made and dropped there;
tools are fetched into --cache. Exit code 1 says that a target was missed.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import peers
import sqlalchemy as sa
from databases import ROOT, Server
from peers import Tool
from proxy import Proxy

PATIENCE = 600.0
"""Seconds after which a run is given up."""


@dataclass
class Measured:
    """A tool at a round trip: the first run on an empty database, and the one after it."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    trips: list[int] = field(default_factory=list)
    trips_again: list[int] = field(default_factory=list)


Table = dict[float, dict[str, Measured]]
"""Milliseconds of a round trip -> name of a tool -> what was measured."""


def run(tool: Tool, url: sa.URL) -> float:
    """Seconds of the whole process."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    secret = url.set(drivername="postgresql").render_as_string(hide_password=False)
    begun = time.perf_counter()
    done = subprocess.run(
        tool.command,
        env=kept | {"DATABASE_URL": secret, "PYTHONPATH": str(ROOT) if tool.name == "ours" else ""},
        cwd=tool.directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{tool.name} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return seconds


def measure(tool: Tool, server: Server, rtt: float, found: Measured, *, count: bool) -> None:
    """One first run and one more; with `count` only the round trips are kept."""
    with server.database("migrate") as url:
        for seconds, trips in ((found.first, found.trips), (found.again, found.trips_again)):
            if seconds is found.again and not tool.again:
                return
            with Proxy(server.target, rtt / 1000) if rtt or count else nullcontext() as proxy:
                took = run(tool, _through(url, proxy) if proxy else url)
                if proxy:
                    trips.append(proxy.counts().round_trips)
                if not count:
                    seconds.append(took)


def _through(url: sa.URL, proxy: Proxy) -> sa.URL:
    query = {key: value for key, value in url.query.items() if key not in {"host", "port"}}
    return url.set(host=proxy.host, port=proxy.port, query=query)


def compare(tools: Sequence[Tool], server: Server, options: argparse.Namespace) -> Table:
    """In turn: one run of each tool, then again. Near by, the first round only warms up and counts."""
    table: Table = {}
    for rtt in options.rtt:
        table[rtt] = {tool.name: Measured() for tool in tools}
        for number in range(-1, options.runs):
            for tool in tools:
                found = table[rtt][tool.name]
                if number > 0 and sum(found.first) > options.limit:
                    continue
                if number >= 0 or not rtt:
                    measure(tool, server, rtt, found, count=number < 0)
    return table


def same_catalog(tools: Sequence[Tool], server: Server) -> None:
    """Everybody must have done the same: a tool that left something out would win."""
    from app_schema.catalog import diff, snapshot

    tables = {
        "alembic_version",
        "pgmigrations",
        "django_migrations",
        "migrations",
        "current",
        "__drizzle_migrations",
    }
    schemas = {"drizzle", "graphile_migrate"}
    expected = None
    for tool in tools:
        with server.database("same") as url:
            run(tool, url)
            engine = sa.create_engine(url, poolclass=sa.NullPool)
            with engine.connect() as connection:
                whole = snapshot(connection, ignore=tuple(tables))
        found = {
            key: text
            for key, text in whole.items()
            if not {key.schema, key.name} & schemas
            and "django_migrations" not in key.name
            and "pgmigrations" not in key.name
        }
        expected = found if expected is None else expected
        # our statements say in a comment what they have made: the others are given plain statements
        if said := [one for one in diff(expected, found) if one.key.kind not in {"owner", "object_comment"}]:
            sys.exit(f"{tool.name} has made something else than {tools[0].name}: {said[:3]}")


def show(table: Table) -> None:
    """Markdown."""
    print("\n| rtt ms | tool | first s | round trips | again s | round trips | times plain | runs |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for rtt, row in table.items():
        plain = row.get("plain Alembic")
        for name, found in row.items():
            times = f"{_median(found.first) / _median(plain.first):.2f}" if plain else ""
            again = f"{_median(found.again):.2f}" if found.again else ""
            trips_again = statistics.median_low(found.trips_again) if found.trips_again else ""
            print(
                f"| {rtt:g} | {name} | {_median(found.first):.2f} | {statistics.median_low(found.trips)} | "
                f"{again} | {trips_again} | {times} | {len(found.first)} |"
            )


def targets(table: Table, revisions: int) -> bool:
    """Prints what was to be reached, and what was, as far as it was measured; whether all was reached."""
    lines: list[tuple[str, str, bool]] = []

    def ratio(
        rtt: float, other: str, most: float, part: Callable[[Measured], list[float]], words: str
    ) -> None:
        row = table.get(rtt, {})
        if "ours" in row and other in row:
            found = _median(part(row["ours"])) / _median(part(row[other]))
            lines.append((words, f"{found:.2f} times", found <= most))

    ratio(50, "plain Alembic", 0.15, lambda one: one.first, "50 ms: at most 0.15 times plain Alembic")
    ratio(50, "node-pg-migrate", 1, lambda one: one.first, "50 ms: faster than node-pg-migrate")
    ratio(0, "plain Alembic", 1.1, lambda one: one.first, "0 ms: at most 1.1 times plain Alembic")
    for rtt in table:
        words = f"{rtt:g} ms, at head: no slower than plain Alembic"
        ratio(rtt, "plain Alembic", 1, lambda one: one.again, words)
    trips = [n for row in table.values() if "ours" in row for n in row["ours"].trips]
    again = [n for row in table.values() if "ours" in row for n in row["ours"].trips_again]
    if trips and again:
        most = 8 + 2 * revisions
        words = f"at most 8 round trips, and 2 a revision ({most})"
        lines.append((words, str(max(trips)), max(trips) <= most))
        lines.append(("beyond that: at most 10 round trips in all", str(max(trips)), max(trips) <= 10))  # noqa: PLR2004
        lines.append(("at head: at most 8 round trips", str(max(again)), max(again) <= 8))  # noqa: PLR2004
    print("\n| target | measured | met |\n|---|---|---|")
    for text, measured, met in lines:
        print(f"| {text} | {measured} | {'yes' if met else '**no**'} |")
    return all(met for *_, met in lines)


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--url", default=os.environ.get("TEST_DATABASE_URL"), help="else TEST_DATABASE_URL, else embedded")
    add("--rtt", type=float, nargs="+", default=[0.0, 20.0, 50.0], help="round trips in milliseconds")
    add("--runs", type=int, default=5)
    add("--limit", type=float, default=120.0, help="seconds of one tool after which it is not run again")
    add("--only", nargs="+", default=[], help="ours plain message pipeline psql node graphile drizzle django")
    add("--cache", type=Path, default=Path.home() / ".cache" / "app_schema_bench")
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the databases go
    options = arguments()
    server = Server(options.url)
    revisions = peers.lineage()
    statements = sum(len(one.statements) for one in revisions)
    print(
        f"PostgreSQL {server.version}, {os.cpu_count()} processors; {statements} statements in "
        f"{len(revisions)} revisions; seconds are medians of whole processes"
    )
    with tempfile.TemporaryDirectory() as directory:
        tools = peers.every(Path(directory), options.cache, options.only)
        same_catalog(tools, server)
        table = compare(tools, server, options)
    show(table)
    return 0 if targets(table, len(revisions)) else 1


if __name__ == "__main__":
    sys.exit(main())
