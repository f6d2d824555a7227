"""A COMMIT that is cancelled before the server begins it, and a lock whose answer does not arrive."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence

import psycopg
import pytest
import sqlalchemy as sa
from amount import ALL
from faultkinds import refused
from faultproxy import Fault, FaultProxy
from lineage import Alembic
from sqlalchemy.ext.asyncio import create_async_engine
from world import Way, World

from app_schema.errors import AppSchemaError
from app_schema.migrations import upgrade, upgrade_async
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6)

FIRST = "0001_stripe_customer"
HELD = """
SELECT count(*) FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_database AS d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND d.datname = %s
"""
Survived = Callable[[int], None]


@pytest.mark.part(of=4)
@pytest.mark.parametrize(("sqlstate", "said"), [("57014", "a test (SQLSTATE 57014)"), ("40P01", "")])
@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_a_failed_commit_in_the_middle_of_a_revision(
    small: World,
    survived: Survived,
    sqlstate: str,
    said: str,
    up: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    way = Way(up)
    small.count(way)
    told: list[str] = []

    def attempt(way: Way, url: str) -> str:
        told.append(small.attempt(way, url))
        gc.collect()  # a connection that nobody closed is a warning, and so an error, here and not somewhere
        return told[-1]

    places = _of_the_driver(small.statements[way])
    assert len(places) >= 2
    for number in places if ALL else places[-1:]:
        survived(small.survive(way, refused(number, sqlstate), attempt=attempt))
    assert [line.split(": ")[-1] for line in told] == [said] * len(told), "the cause, or it begins again"


def _of_the_driver(statements: Sequence[str]) -> list[int]:
    """The COMMITs that SQLAlchemy asks for: a question was answered in the transaction."""
    numbers = [number for number, text in enumerate(statements) if text == "COMMIT"]
    return [number for number in numbers if "c.relkind" in statements[number - 1]]


@pytest.mark.parametrize("driver", ["synchronous", "psycopg", "asyncpg"])
def test_an_engine_that_is_handed_in_keeps_no_lock(
    databases: Databases, empty_url: str, survived: Survived, driver: str
) -> None:
    if driver == "asyncpg":
        pytest.importorskip("asyncpg")
    database = str(psycopg.conninfo.conninfo_to_dict(empty_url)["dbname"])
    migrate = _synchronous if driver == "synchronous" else _asynchronous
    drivername = "postgresql+" + driver.replace("synchronous", "psycopg")

    def run(fault: Fault | None = None) -> list[str]:
        with FaultProxy(databases.server_url, fault) as proxy:
            url = proxy.url(database).replace("postgresql", drivername, 1)
            said, held = migrate(url, lambda: _held(databases, database))
        assert held == 0, "the pool still has the connection"
        assert ("a test" in said) == (fault is not None)
        return proxy.statements

    for _ in range(2):  # the version table stays
        statements = run()
        Alembic(empty_url)("downgrade", "base")
    lock = next(number for number, text in enumerate(statements) if "pg_try_advisory_lock" in text)
    numbers = list(range(lock, len(statements)))
    if not ALL:
        commits = [number for number in numbers if statements[number].startswith("COMMIT")]
        numbers = [lock + 1, *commits[:1]]
    for number in numbers:
        run(refused(number, "57014"))
        Alembic(empty_url)("downgrade", "base")
        survived(1)


def _synchronous(url: str, held: Callable[[], int]) -> tuple[str, int]:
    """The output, and the locks held before the engine closes its connections."""
    engine = sa.create_engine(url)
    said = ""
    try:
        upgrade(engine, FIRST)
    except AppSchemaError as error:
        said = str(error)
    found = held()
    engine.dispose()
    return said, found


def _asynchronous(url: str, held: Callable[[], int]) -> tuple[str, int]:
    async def run() -> tuple[str, int]:
        engine = create_async_engine(url)
        said = ""
        try:
            await upgrade_async(engine, FIRST)
        except AppSchemaError as error:
            said = str(error)
        found = held()
        await engine.dispose()
        return said, found

    return asyncio.run(run())


def _held(databases: Databases, database: str) -> int:
    with psycopg.connect(databases.server_url) as connection:
        row = connection.execute(HELD, [database]).fetchone()
    assert row is not None
    return int(row[0])
