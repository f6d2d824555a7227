"""Many migrators at once: one does the work, the others wait for it, and all are content."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from amount import ALL
from ownserver import OwnServer
from together import Ended, Migrators
from world import CANARY, OWN, ROWS, SMALL, Lineage, Way, World, state, unequal

from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6)

_HOLDER = """
SELECT l.pid FROM pg_catalog.pg_locks AS l
 WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> %s
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
"""
_BUILDER = """
SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index AS p
 WHERE p.datname = current_database() AND p.phase LIKE 'waiting for old snapshots%'
"""
_OTHERS = """
SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
 WHERE a.datname = current_database() AND a.pid NOT IN (%s, pg_backend_pid())
HAVING count(*) > %s
"""


@pytest.mark.parametrize(("migrators", "rounds"), [(32, 10), (8, 50)] if ALL else [(8, 1)])
def test_migrators_on_an_empty_database_all_succeed(own: World, migrators: int, rounds: int) -> None:
    at_once(own, migrators, rounds)


def test_two_databases_of_one_cluster_at_once(cluster: OwnServer) -> None:
    """Roles belong to the cluster: both databases make them, and drop them, at the same moment."""
    two_databases(Databases(cluster.start(), "two"), rounds=10 if ALL else 1)


def test_the_next_goes_on_when_the_holder_is_killed_in_a_concurrent_build(
    databases: Databases, small: World
) -> None:
    small.count(Way(up=True))
    with _database(databases, SMALL) as url:
        with (
            psycopg.connect(url, autocommit=True) as watcher,
            Migrators([url], SMALL) as first,
            ExitStack() as stack,
        ):
            with _long_reader(url):
                holder = _until(watcher, _BUILDER)
                second = stack.enter_context(Migrators([url], SMALL))
                _until(watcher, _OTHERS, holder, 1)
                first.kill()
                killed = time.monotonic()
                _until(watcher, _HOLDER, holder)
                waited = time.monotonic() - killed
            content(second.wait())
        # the index that was left INVALID has been built anew
        assert unequal(small.stages[SMALL.revisions[-1]], state(url)) == []
    assert waited < (2 if ALL else 10), "seconds; a busy machine is given more"


def test_waiters_do_not_delay_a_concurrent_build(databases: Databases) -> None:
    waiters_do_not_delay(databases)


def at_once(own: World, migrators: int, rounds: int, mutant: str | None = None) -> None:
    """So many migrators on an empty database, so many times: all exit 0, one catalog."""
    own.count(Way(up=True))
    for _ in range(rounds):
        with _database(own.databases) as url:
            content(migrate([url] * migrators, mutant=mutant))
            assert unequal(own.stages[OWN.revisions[-1]], state(url)) == []


def waiters_do_not_delay(databases: Databases, mutant: str | None = None, patience: float = 60) -> None:
    """A build waits for every older snapshot: seven waiters that held one would stop it for ever."""
    with _database(databases, SMALL) as url, Migrators([url] * 8, SMALL, mutant=mutant) as migrators:
        with _long_reader(url), psycopg.connect(url, autocommit=True) as watcher:
            builder = _until(watcher, _BUILDER, patience=patience)
            _until(watcher, _OTHERS, builder, 7)
        content(migrators.wait(patience))


def two_databases(databases: Databases, rounds: int, mutant: str | None = None) -> None:
    """Two migrators for each of two databases, up and then down."""
    for _ in range(rounds):
        with _database(databases) as first, _database(databases) as second:
            for command in (["upgrade", "head"], ["downgrade", "base"]):
                content(migrate([first, second, first, second], command=command, mutant=mutant))
                assert unequal(state(first), state(second)) == []


def migrate(
    urls: Sequence[str],
    lineage: Lineage = OWN,
    command: Sequence[str] = ("upgrade", "head"),
    mutant: str | None = None,
) -> list[Ended]:
    """A migrator for each URL, all at once."""
    with Migrators(urls, lineage, command, mutant) as migrators:
        return migrators.wait()


def content(ended: Sequence[Ended]) -> None:
    """All exit 0."""
    assert [other for other in ended if other.code] == []


@contextmanager
def _database(databases: Databases, lineage: Lineage = OWN) -> Iterator[str]:
    """An empty database; one of the small lineage is at f3, with rows, as after a way up and down."""
    name = databases.create()
    url = databases.url(name)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(CANARY)
            if lineage is SMALL:
                world = World(databases, lineage)
                world.run(Way(up=True), url, "f1")
                connection.execute(ROWS)
                world.run(Way(up=True), url)
                world.run(Way(up=False), url, "f3")
        yield url
    finally:
        databases.drop(name)


@contextmanager
def _long_reader(url: str) -> Iterator[None]:
    """A transaction whose snapshot stays open; it has no lock that a migration would want."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT FROM public.canary")
        yield


def _until(watcher: psycopg.Connection, query: str, *values: int, patience: float = 60) -> int:
    """The first value that the query gives, when it gives one."""
    deadline = time.monotonic() + patience
    while (found := watcher.execute(query.encode(), values or None).fetchone()) is None:
        assert time.monotonic() < deadline, query
        time.sleep(0.01)
    return int(found[0])
