"""What row security costs: each query as app_user under the policies, and by hand with row security off.

    python bench/rls.py                  # 50,000 users, 4.5 million rows; loads for minutes
    python bench/rls.py --scale 0.1      # the same with a tenth of the rows
    python bench/rls.py --keep           # leaves the loaded database, and takes it the next time

The server is --url, else TEST_DATABASE_URL, else the embedded one; the role has to be a superuser. The plans
of both sides are written to bench/plans/. Exit code 1 says that a target was missed.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rls_data import Size, load
from rls_queries import COMPARISONS, FIVE, HEAVY, MENTOR, OTHERS, PERSON, Query

from app_schema import embedded
from app_schema import url as urls

TARGET = 2.0
"""Times as long as with the filter by hand, at most."""
PLANS = Path(__file__).resolve().parent / "plans"
DATABASE = "bench_rls"

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Figure:
    """Medians in ms as the client sees them, planning and the way included."""

    by_hand: float
    secured: float
    runs: int

    @property
    def times(self) -> float:
        return self.secured / self.by_hand


class Bench:
    """A loaded database and the people who ask."""

    def __init__(self, connection: Connection, repeat: int, limit: float) -> None:
        self.connection = connection
        self.repeat = repeat
        self.limit = limit
        self._people = {
            PERSON: self._one(
                "SELECT user_id FROM public.sessions"
                " WHERE user_id IN (SELECT user_id FROM public.chat_sessions)"
                " GROUP BY 1 ORDER BY abs(count(*) - 10), user_id LIMIT 1"
            ),
            HEAVY: self._one(
                "SELECT user_id FROM public.sessions GROUP BY 1 ORDER BY count(*) DESC, user_id LIMIT 1"
            ),
            MENTOR: self._one("SELECT id FROM public.users WHERE role = 'mentor' ORDER BY id LIMIT 1"),
        }

    def _one(self, query: str) -> str:
        row = self.connection.execute(query.encode()).fetchone()
        return str(row[0]) if row else ""

    def _texts(self, query: Query) -> tuple[str, str]:
        me = self._people[query.person]
        mine = self._one(f"SELECT id FROM public.sessions WHERE user_id = '{me}' ORDER BY id LIMIT 1")
        chat = self._one(f"SELECT id FROM public.chat_sessions WHERE user_id = '{me}' ORDER BY id LIMIT 1")
        names = {"me": me, "mine": mine, "chat": chat}
        return query.by_hand.format_map(names), query.secured.format_map(names)

    def _sign_in(self, query: Query) -> None:
        clerk = self._one(f"SELECT clerk_id FROM public.users WHERE id = '{self._people[query.person]}'")
        self.connection.execute("SELECT set_config('app.current_user_id', %s, true)", [clerk])

    def measure(self, query: Query) -> Figure:
        """Both sides in turn, in one session; refuses where the rows are not the same."""
        by_hand, secured = self._texts(query)
        self._sign_in(query)
        times: tuple[list[float], list[float]] = ([], [])
        end = time.monotonic() + self.limit
        while len(times[0]) < self.repeat and (time.monotonic() < end or not times[0]):
            expected, took = self._timed(by_hand)
            times[0].append(took)
            self.connection.execute("SET LOCAL ROLE app_user")
            found, took = self._timed(secured)
            self.connection.execute("RESET ROLE")
            times[1].append(took)
            if found != expected:
                raise SystemExit(f"{query.name}: row security gives other rows than the filter by hand")
        return Figure(*(statistics.median(side) * 1e3 for side in times), len(times[0]))

    def _timed(self, query: str) -> tuple[list[tuple[object, ...]], float]:
        start = time.perf_counter()
        rows = self.connection.execute(query.encode()).fetchall()
        return rows, time.perf_counter() - start

    def plans(self, query: Query) -> Iterator[tuple[str, str]]:
        """The plans of both sides with row counts and buffers, after one run to warm up."""
        by_hand, secured = self._texts(query)
        self._sign_in(query)
        yield f"by hand, row security off\n{by_hand}", self._plan(by_hand)
        self.connection.execute("SET LOCAL ROLE app_user")
        yield f"as app_user\n{secured}", self._plan(secured)
        self.connection.execute("RESET ROLE")

    def _plan(self, query: str) -> str:
        statement = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {query}".encode()
        self.connection.execute(statement)
        return "\n".join(str(line) for (line,) in self.connection.execute(statement).fetchall())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="of a superuser")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of rows")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=300, help="runs of each side of each query")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for one query, both sides")
    parser.add_argument("--keep", action="store_true", help="leave the database, and take it the next time")
    given = parser.parse_args()
    url = urls.parse(given.url or os.environ.get("TEST_DATABASE_URL") or embedded.start())
    plain = url.set(drivername="postgresql", database=None).render_as_string(hide_password=False)
    with psycopg.connect(plain, dbname=url.database or "postgres", autocommit=True) as admin:
        name = f"{DATABASE}_{given.scale:g}_{given.seed}".replace(".", "_")
        found = admin.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", [name]).fetchone()
        loaded = False  # what is half loaded is of no use
        target = url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        try:
            if not found:
                admin.execute(f'CREATE DATABASE "{name}"'.encode())
                _fill(target, Size().times(given.scale), given.seed)
            loaded = True
            with psycopg.connect(target, prepare_threshold=None, autocommit=True) as connection:
                return _report(Bench(connection, given.repeat, given.limit))
        finally:
            if not (given.keep and loaded):
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _fill(target: str, size: Size, seed: int) -> None:
    from alembic import command

    from app_schema.migrations import config

    os.environ["DATABASE_URL"] = os.environ["DIRECT_DATABASE_URL"] = target
    command.upgrade(config(), "head")
    start = time.monotonic()
    with psycopg.connect(target, autocommit=True) as connection:
        load(connection, size, seed)
    sys.stderr.write(f"{size} loaded in {time.monotonic() - start:.0f} s\n")


def _report(bench: Bench) -> int:
    version = bench.connection.info.parameter_status("server_version")
    print(f"PostgreSQL {version}\n")
    print("| query | who asks | by hand ms | row security ms | times | runs |\n|---|---|---:|---:|---:|---:|")
    missed = False
    PLANS.mkdir(exist_ok=True)
    for query in (*FIVE, *OTHERS):
        with bench.connection.transaction(force_rollback=True):
            figure = bench.measure(query)
            plans = list(bench.plans(query))
        missed |= query in FIVE and figure.times > TARGET
        print(
            f"| {query.name} | {query.person} | {figure.by_hand:.3f} | {figure.secured:.3f} "
            f"| {figure.times:.1f} | {figure.runs} |",
            flush=True,
        )
        file = re.sub(r"\W+", "_", f"{query.name} {query.person.removeprefix('a ')}".lower())
        text = "\n\n".join(f"{title}\n\n{plan}" for title, plan in plans)
        (PLANS / f"{file}.txt").write_text(f"{text}\n", encoding="utf-8")
    _compare(bench)
    print(f"\nAt most {TARGET:g} times: {'missed' if missed else 'met'}.")
    return int(missed)


def _compare(bench: Bench) -> None:
    """Other forms of the policies: times as long as by hand."""
    for title, queries, forms in COMPARISONS:
        print(f"\n| {title} | {' | '.join(f'{one.name}, {one.person}' for one in queries)} |")
        print(f"|---|{'---:|' * len(queries)}")
        for name, ddl in forms.items():
            with bench.connection.transaction(force_rollback=True):
                if ddl:
                    bench.connection.execute(ddl.encode())
                cells = [f"{bench.measure(query).times:.1f}" for query in queries]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
