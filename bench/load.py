"""What readers and writers of a table of a million rows notice of a migration: ours, and plain Alembic's.

    python bench/load.py                       # some minutes
    python bench/load.py --rows 100000

While two readers and two writers work, and somebody has a transaction open for some seconds, as a report or a
dump does, one operation after the other runs on the table. Each request's wait is measured. The server is
--url, else TEST_DATABASE_URL, else the embedded one. Exit code 1: a request waited longer than it may.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from databases import ROOT, Server
from load_operations import OPERATIONS, Operation

REPORT = 3.0
"""Seconds for which somebody's transaction is open after an operation has connected."""
GRACE = 0.1
"""Seconds that a request may take beyond the lock_timeout: its own work, and this program's."""
SETUP = """
CREATE TABLE owner (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO owner SELECT n, 'owner ' || n FROM generate_series(1, 1000) AS n;
CREATE TYPE state AS ENUM ('new', 'sold');
CREATE TABLE item (
  id int PRIMARY KEY, owner_id int NOT NULL, title text, price int NOT NULL, code int NOT NULL,
  state state NOT NULL DEFAULT 'new', old text
);
INSERT INTO item SELECT n, 1 + n % 1000, 'item ' || n, n % 5000, n FROM generate_series(1, {rows}) AS n;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL (%s)"
READ = "SELECT price FROM item WHERE id = %s"
WRITE = "UPDATE item SET price = price + 1 WHERE id = %s"


@dataclass
class Waits:
    """Seconds of each request while an operation ran."""

    seconds: list[float] = field(default_factory=list)
    took: float = 0.0
    """Seconds of the operation, the start of the process included."""

    def at(self, share: float) -> float:
        """Milliseconds within which this share of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000


@contextmanager
def load(url: str, rows: int) -> Iterator[list[tuple[float, float]]]:
    """Two readers and two writers; the list fills with the end and the seconds of each request."""
    seen: list[tuple[float, float]] = []
    stop = threading.Event()

    def work(query: str) -> None:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
            while not stop.is_set():
                begun = time.perf_counter()
                connection.execute(query.encode(), [random.randint(1, rows)])
                ended = time.perf_counter()
                seen.append((ended, ended - begun))
                time.sleep(0.002)

    threads = [threading.Thread(target=work, args=[query]) for query in (READ, READ, WRITE, WRITE)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def report(url: str) -> Iterator[None]:
    """Somebody reads for a long time: an ACCESS SHARE lock, and a snapshot. Ends some time after we come."""
    begun, over = threading.Event(), threading.Event()

    def read() -> None:
        with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as watcher:
            connection.execute("SELECT count(*) FROM item WHERE id < 10")
            known = [pid for (pid,) in watcher.execute(SESSIONS, [[]]).fetchall()]
            begun.set()
            while not watcher.execute(SESSIONS, [known]).fetchall() and not over.wait(0.05):
                pass
            over.wait(REPORT)

    thread = threading.Thread(target=read)
    thread.start()
    begun.wait()
    yield
    over.set()
    thread.join()


class Migrations:
    """An Alembic environment with a revision for each operation."""

    def __init__(
        self, directory: Path, name: str, operations: Sequence[Operation], lock_timeout: float
    ) -> None:
        self.place = directory / name
        (self.place / "versions").mkdir(parents=True)
        ours = name == "ours"
        script = ROOT / "alembic" if ours else self.place
        versions = self.place / "versions"
        if not ours:
            template = Path(__file__).with_name("environments") / "generic_env.py"
            (self.place / "env.py").write_text(template.read_text())
        ini = (ROOT / "alembic.ini").read_text()
        ini = ini.replace("%(here)s/alembic", f"{script}\nversion_locations = {versions}")
        (self.place / "alembic.ini").write_text(ini)
        self.options = (
            ["-x", f"lock_timeout={lock_timeout * 1000:.0f}ms", "-x", "lock_tries=50"] if ours else []
        )
        below = None
        for number, operation in enumerate(operations):
            revision = f"r{number:02}"
            body = operation.ours if ours else operation.plain
            lines = [f"revision = {revision!r}", f"down_revision = {below!r}", "import sqlalchemy as sa"]
            lines += ["from alembic import op", "", "def upgrade():", *(f"    {line}" for line in body)]
            (versions / f"{revision}.py").write_text("\n".join(lines) + "\n")
            below = revision

    def run(self, url: str, number: int) -> float:
        """Seconds of the process that carries out one of the operations."""
        kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
        command = [sys.executable, "-m", "alembic", *self.options, "upgrade", f"r{number:02}"]
        begun = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=self.place,
            env=kept | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.place.name}, operation {number}: {done.stderr[-2000:]}")
        return time.perf_counter() - begun


def measure(server: Server, migrations: Migrations, count: int, rows: int) -> list[Waits]:
    """The waits during each operation."""
    found = []
    with server.database("load") as made:
        url = made.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SETUP.format(rows=rows).encode())
            connection.execute("VACUUM ANALYZE")
        with load(url, rows) as seen:
            for number in range(count):
                time.sleep(0.5)
                begun = time.perf_counter()
                with report(url):
                    took = migrations.run(url, number)
                time.sleep(0.2)
                found.append(Waits([seconds for ended, seconds in list(seen) if ended > begun], took))
    return found


def show(operations: Sequence[Operation], table: dict[str, list[Waits]], lock_timeout: float) -> bool:
    """Markdown; whether no request of ours waited too long, but where the operation says that it must."""
    heads = ["operation", "", "p50 ms", "p99 ms", "longest ms", "requests", "operation s"]
    print(f"\n| {' | '.join(heads)} |\n|---|---|---:|---:|---:|---:|---:|")
    met = True
    for number, operation in enumerate(operations):
        for name, rows in table.items():
            one = rows[number]
            late = name == "ours" and one.at(1) / 1000 > lock_timeout + GRACE
            met &= not late or operation.rewrites
            longest = f"{one.at(1):.0f}{' (too long)' if late else ''}"
            cells = [
                f"{one.at(0.5):.1f}",
                f"{one.at(0.99):.1f}",
                longest,
                len(one.seconds),
                f"{one.took:.1f}",
            ]
            print(f"| {operation.name} | {name} | {' | '.join(map(str, cells))} |")
    return met


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the databases go
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--url", default=os.environ.get("TEST_DATABASE_URL"), help="else TEST_DATABASE_URL, else embedded")
    add("--rows", type=int, default=1_000_000)
    add("--lock-timeout", type=float, default=0.5, help="seconds that our operations wait for a lock")
    options = parser.parse_args()
    server = Server(options.url)
    print(f"PostgreSQL {server.version}, {os.cpu_count()} processors, {options.rows} rows, ", end="")
    print(f"lock_timeout {options.lock_timeout:g} s, a transaction of {REPORT:g} s in the way")
    table = {}
    with tempfile.TemporaryDirectory() as directory:
        for name in ("ours", "plain"):
            migrations = Migrations(Path(directory), name, OPERATIONS, options.lock_timeout)
            table[name] = measure(server, migrations, len(OPERATIONS), options.rows)
    return 0 if show(OPERATIONS, table, options.lock_timeout) else 1


if __name__ == "__main__":
    sys.exit(main())
