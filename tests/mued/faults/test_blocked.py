"""Others at work: locks that do not come, deadlocks, and a build that is stopped in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from faultproxy import PATIENCE, Fault, Session
from world import Way, World

pytestmark = pytest.mark.part(of=6)

BLOCKED = "SELECT 1 WHERE cardinality(pg_blocking_pids(%s)) > 0"
BUILDING = """
SELECT 1 FROM pg_catalog.pg_stat_progress_create_index AS p
 WHERE p.pid = %s AND p.phase LIKE 'waiting for old snapshots%%'
"""
HOLD = 0.5
"""Seconds for which somebody else keeps a lock; several times the lock_timeout of the run."""

UP = Way(up=True)
Survived = Callable[[int], None]


@pytest.mark.part(of=4)
@pytest.mark.parametrize("way", [UP, Way(up=True, autocommit=True)], ids=str)
def test_a_lock_that_comes_late(small: World, survived: Survived, way: Way) -> None:
    survived(lock_that_comes_late(small, way))


def lock_that_comes_late(world: World, way: Way = UP) -> int:
    """Somebody else has the table for longer than we wait; the revision begins again until it succeeds."""

    def hold(_connection: psycopg.Connection, _pid: int) -> None:
        time.sleep(HOLD)

    return _meet(world, way, "f3: dearer", "LOCK TABLE shop.item", hold)


def test_a_deadlock(small: World, survived: Survived) -> None:
    def wait_for_each_other(connection: psycopg.Connection, pid: int) -> None:
        _until(connection, BLOCKED, pid)
        connection.execute("LOCK TABLE shop.item")

    fk = "ADD CONSTRAINT fk_item_buyer"
    survived(_meet(small, UP, fk, "LOCK TABLE shop.buyer", wait_for_each_other, lock_timeout="5s"))
    counted = "SELECT FROM pg_stat_database WHERE datname = current_database() AND deadlocks > 0"
    with psycopg.connect(small.url, autocommit=True) as connection:
        _until(connection, counted)


@pytest.mark.part(of=4)
@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
@pytest.mark.parametrize("way", [UP, Way(up=True, autocommit=True)], ids=str)
def test_a_build_stopped_in_the_middle(small: World, survived: Survived, function: str, way: Way) -> None:
    number = _place(small, way, "CONCURRENTLY IF NOT EXISTS ix_item_title")
    with _reader(small, way) as reader, small.databases.admin() as admin:

        def stop(session: Session) -> None:
            _until(admin, BUILDING, session.pid)
            admin.execute(f"SELECT {function}(%s)".encode(), [session.pid])
            reader.close()

        fault = Fault(number, stop, instead=small.statements[way][number])
        survived(small.survive(way, fault))


def _meet(
    world: World,
    way: Way,
    words: str,
    lock: str,
    then: Callable[[psycopg.Connection, int], None],
    lock_timeout: str = "150ms",
) -> int:
    """Somebody takes a lock just before a statement of ours, and does more in a transaction of a thread."""
    threads = []
    settings = quote("-c deadlock_timeout=300ms")

    def act(session: Session) -> None:
        held = threading.Event()
        assert session.pid is not None
        session.settle()  # else it is chance which of our locks the server holds by then
        threads.append(threading.Thread(target=hold, args=[session.pid, held]))
        threads[-1].start()
        assert held.wait(PATIENCE)

    def hold(pid: int, held: threading.Event) -> None:
        with psycopg.connect(world.url, options=f"-c lock_timeout={PATIENCE * 1000:.0f}") as connection:
            connection.execute(lock.encode())
            held.set()
            then(connection, pid)

    said = []

    def attempt(way: Way, url: str) -> str:
        said.append(world.attempt(way, f"{url}?options={settings}", f"lock_timeout={lock_timeout}"))
        for thread in threads:
            thread.join(PATIENCE)
        return said[-1]

    happened = world.survive(way, Fault(_place(world, way, words), act), attempt=attempt)
    assert said == [""], "the run itself copes"
    return happened


@contextmanager
def _reader(world: World, way: Way) -> Iterator[psycopg.Connection]:
    """Whoever builds an index CONCURRENTLY waits for the snapshot that it holds."""
    world.go_to_start(way)
    with psycopg.connect(world.url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT FROM public.canary")
        yield connection


def _place(world: World, way: Way, words: str) -> int:
    world.count(way)
    return next(number for number, text in enumerate(world.statements[way]) if words in text)


def _until(connection: psycopg.Connection[Any], query: str, *values: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while connection.execute(query.encode(), values).fetchone() is None:
        assert time.monotonic() < deadline, query
        time.sleep(0.01)
