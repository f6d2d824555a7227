"""How fast rows for load are made: `app-schema seed --rows`, and the same rows by INSERT, side by side.

Both work on databases of their own, migrated alike; a round of one is followed by a round of the other.
"""
# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any

import psutil
import psycopg
from databases import Server
from psycopg import sql

WANTED = 50_000
"""Rows a second."""


def main() -> int:
    """0 = fast enough, 1 = not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="the server")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=20_000, help="rows a round of the comparison")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    server = Server(given.url)
    from app_schema import migrations

    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with server.database("seed") as url, server.database("seed_insert") as other:
        for one in (url, other):
            migrations.upgrade(one)
        with psycopg.connect(_plain(url)) as copied, psycopg.connect(_plain(other)) as inserted:
            print(f"PostgreSQL {server.version}")
            _compare(copied, inserted, given.compared, given.rounds, day)
            rate = _load(copied, given.rows, day)
    return 0 if rate >= WANTED else 1


def _load(connection: psycopg.Connection[Any], rows: int, day: datetime) -> float:
    from app_schema.mued.seed import load

    begin, client, server = time.perf_counter(), time.process_time(), _server_seconds(connection)
    made = load(connection, rows, day)
    seconds = time.perf_counter() - begin
    print(f"load       {made:,} rows in {seconds:.1f} s: {made / seconds:,.0f} rows/s (wanted {WANTED:,})")
    client = time.process_time() - client
    if server is not None:
        server = (_server_seconds(connection) or 0) - server
        free = made / max(client, server)
        print(
            f"processors {client:.1f} s client, {server:.1f} s server: {free:,.0f} rows/s if both were free"
        )
    begin = time.perf_counter()
    assert load(connection, rows, day) == 0
    print(f"load again 0 rows in {time.perf_counter() - begin:.2f} s")
    return made / seconds


def _server_seconds(connection: psycopg.Connection[Any]) -> float | None:
    """The processor time of the connection's backend, where it runs on this machine."""
    try:
        process = psutil.Process(connection.info.backend_pid)
        times = process.cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system if "postgres" in process.name() else None


def _compare(
    copied: psycopg.Connection[Any], inserted: psycopg.Connection[Any], rows: int, rounds: int, day: datetime
) -> None:
    """Medians of rounds in turn, each of rows that are new."""
    from app_schema.mued.seed import load
    from app_schema.mued.seed.block import BLOCK, Block

    block = Block(day)
    times: dict[str, list[float]] = {"COPY": [], "INSERT": []}
    for number in range(1, rounds + 1):
        begin = time.perf_counter()
        load(copied, number * rows, day)
        times["COPY"].append(time.perf_counter() - begin)
        numbers = range((number - 1) * rows // BLOCK, number * rows // BLOCK)
        begin = time.perf_counter()
        _insert(inserted, block, numbers)
        times["INSERT"].append(time.perf_counter() - begin)
    rates = {way: rows / statistics.median(seconds) for way, seconds in times.items()}
    for way, rate in rates.items():
        print(f"{way:<10} {rate:,.0f} rows/s (median of {rounds} rounds of {rows:,} rows)")
    print(f"COPY is {rates['COPY'] / rates['INSERT']:.1f} times as fast as INSERT by executemany")


def _insert(connection: psycopg.Connection[Any], block: Any, numbers: range) -> None:
    """The same rows by `executemany`, which psycopg pipelines; triggers as they are."""
    from app_schema.mued.seed.block import COPIES

    with connection.transaction(), connection.cursor() as cursor:
        for table, target in COPIES.items():
            lines = "".join(block.rows(table, number) for number in numbers).splitlines()
            values = [line.split("\t") for line in lines]
            place = sql.SQL(", ").join([sql.Placeholder()] * len(values[0]))
            cursor.executemany(sql.SQL("INSERT INTO {} VALUES ({})").format(sql.SQL(target), place), values)


def _plain(url: Any) -> str:
    return str(url.set(drivername="postgresql").render_as_string(hide_password=False))


if __name__ == "__main__":
    sys.exit(main())
