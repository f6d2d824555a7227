"""How long adopting a large database of the old system locks its tables, beside what the page announces.

    python bench/adopt.py                      # 500,000 rows a table in both shapes
    python bench/adopt.py --rows 50000 --shape drizzle

Fills a database of a shape, copies it by --into, reads the page, runs the revision, and meanwhile looks every
50 ms at who holds ACCESS EXCLUSIVE on a table of the application, and at the memory of the server processes
beside shared memory, where they run on this machine. The server is --url, else TEST_DATABASE_URL, else the
embedded one. Exit code 1: such a lock is held for more than two seconds outside the transaction that the
page announces, or the page is wrong by more than a factor of three.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from databases import ROOT, Server

LONGEST = 2.0
"""Seconds for which ACCESS EXCLUSIVE may be held beside what is announced."""
FACTOR = 3.0
HELD = """
SELECT l.pid, l.relation::regclass::text, a.xact_start::text FROM pg_locks AS l
  JOIN pg_class AS c ON c.oid = l.relation AND c.relkind = 'r'
   AND c.relnamespace::regnamespace::text !~ '^pg_'
  JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND a.datname = current_database()
   AND a.application_name NOT LIKE 'pg_%'
"""


@dataclass
class Watch:
    """The transactions that hold ACCESS EXCLUSIVE, with the first and last moment each was seen."""

    url: str
    seen: dict[str, tuple[float, float, set[str]]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    memory: int = 0
    """The most KiB of a process of the server, beside shared memory."""

    def look(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.over.wait(0.05):
                now = time.perf_counter()
                for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity").fetchall():
                    self.memory = max(self.memory, _private(pid))
                for _, table, begun in connection.execute(HELD).fetchall():
                    first, _, tables = self.seen.get(begun, (now, now, set()))
                    self.seen[begun] = (first, now, tables | {table})

    @property
    def locked(self) -> list[tuple[float, int]]:
        """The seconds and the number of tables of each transaction, the longest first."""
        return sorted(
            ((last - first, len(tables)) for first, last, tables in self.seen.values()), reverse=True
        )


def _private(pid: int) -> int:
    """KiB of a process that no other process shares; 0 on another machine, or once the process has ended."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("RssAnon:")).split()[1])
    return 0


@contextlib.contextmanager
def watching(url: str) -> Iterator[Watch]:
    watch = Watch(url)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()


def fill(url: str, shape: str, rows: int) -> None:
    from adopting import begin
    from old_rows import build

    with psycopg.connect(url, autocommit=True) as connection:
        build(connection, shape, rows)
        connection.execute("VACUUM ANALYZE")
    begin(url)


def copy(url: str, new: str) -> bool:
    """Prints what a copy takes. Returns whether it locked no table of the old database."""
    from adopting import run

    with watching(url) as watch:
        begun = time.perf_counter()
        told = run(url, "adopt", "--into", new).strip()
        took = time.perf_counter() - begun
    print(f"--into: {took:.1f} s; {told}")
    print(f"  {_memory(watch)}; {len(watch.seen)} transactions held ACCESS EXCLUSIVE in the old database")
    return not watch.seen


def _memory(watch: Watch) -> str:
    client = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"memory: {client:,.0f} MiB of the client, {watch.memory / 1024:,.0f} MiB of a server process"


def measure(url: str, shape: str) -> bool:
    """Prints the page beside the clock. Returns whether both agree."""
    from adopting import run

    print(run(url, "adopt"))
    page: dict[str, Any] = json.loads(run(url, "adopt", "--json"))
    run(url, "adopt", "--write")
    with watching(url) as watch:
        begun = time.perf_counter()
        run(url, "upgrade")
        took = time.perf_counter() - begun
    locked, indexed = (sum(work[name] for work in page["work"]) for name in ("locked", "indexed"))
    transactions = watch.locked
    announced, others = sum(seconds for seconds, _ in transactions[:1]), transactions[1:]
    longest = max((seconds for seconds, _ in others), default=0.0)
    print(f"{shape}: {took:.1f} s in all; {_memory(watch)}")
    for what, estimate, measured in (
        ("locked", locked, announced),
        ("indexed", indexed, took - announced),
    ):
        print(f"  {what:<8} {estimate:7.1f} s announced, {measured:7.1f} s measured")
    shown = ", ".join(f"{seconds:.1f} s, {tables} tables" for seconds, tables in transactions[:6])
    print(f"  transactions: {shown}")
    print(f"  other transactions held ACCESS EXCLUSIVE for {longest:.1f} s at most")
    right = all(
        1 / FACTOR <= (estimate + 1) / (measured + 1) <= FACTOR
        for estimate, measured in ((locked, announced), (indexed, took - announced))
    )
    return right and longest <= LONGEST


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=500_000, help="a table")
    parser.add_argument("--shape", choices=["sql_files", "drizzle"], action="append")
    parser.add_argument("--no-copy", action="store_true", help="no copy by --into")
    parser.add_argument("--url", default=os.environ.get("TEST_DATABASE_URL"))
    given = parser.parse_args()
    sys.path += [str(ROOT / "tests" / "adoption"), str(ROOT / "tests")]
    server, well = Server(given.url), True
    for shape in given.shape or ["sql_files", "drizzle"]:
        with (
            server.database(f"adopt_{shape}") as url,
            server.database(f"adopt_{shape}_new") as new,
            tempfile.TemporaryDirectory() as directory,
            contextlib.chdir(directory),
        ):
            old, copied = (
                side.set(drivername="postgresql").render_as_string(hide_password=False) for side in (url, new)
            )
            fill(old, shape, given.rows)
            well &= given.no_copy or copy(old, copied)
            well &= measure(old, shape)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
