"""A run of the adoption that is cut before any statement is continued by the same command."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import psycopg
import pytest
from adopting import Shapes, WriteRevision, rows, run
from amount import ALL, drawn
from faultproxy import Fault, FaultProxy, Session
from lineage import catalog
from old_rows import NAMES
from typer.testing import CliRunner

from app_schema.catalog import Snapshot
from app_schema.cli import app
from app_schema.pinned import unlimited
from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

STRIDE = 8
"""CASES=all cuts before every eighth statement, another one each day: every one within eight days."""
PARTS = 24 if ALL else 1
CUTS = 2
"""That a usual run makes."""

Way = tuple[str, tuple[str, ...]]
"""A shape, and the options of the run."""
WAYS: list[Way] = [(shape, options) for shape in NAMES for options in ((), ("-x", "autocommit=true"))]


class Whole(NamedTuple):
    """The statements, catalog and rows of an uninterrupted run."""

    statements: list[str]
    catalog: Snapshot
    rows: dict[str, Any]


@pytest.fixture(scope="module")
def whole(databases: Databases, shapes: Shapes, write_revision: WriteRevision) -> Callable[[Way], Whole]:
    @cache
    def end(way: Way) -> Whole:
        shape, options = way
        name = databases.create(shapes(shape))
        write_revision(shape)
        before = rows(databases.url(name))
        with FaultProxy(databases.server_url) as proxy:
            run(proxy.url(name), "upgrade", *options)
        url = databases.url(name)
        found = Whole(proxy.statements, catalog(url), _values(url, before))
        databases.drop(name)
        return found

    return end


@pytest.mark.part(of=60, among="adoption")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0] + (" autocommit" if way[1] else ""))
def test_a_cut_before_any_statement_is_mended_by_the_same_command(
    create_database: CreateDatabase,
    databases: Databases,
    shapes: Shapes,
    write_revision: WriteRevision,
    whole: Callable[[Way], Whole],
    way: Way,
    part: int,
) -> None:
    shape, options = way
    expected = whole(way)
    url = create_database(shapes(shape))
    write_revision(shape)
    before = rows(url)
    name = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
    chance = drawn(shape, options)
    numbers = range(len(expected.statements))
    cuts = numbers[STRIDE * part + chance.randrange(STRIDE) :: STRIDE * PARTS]
    for number in cuts if ALL else sorted(chance.sample(numbers, CUTS)):
        with FaultProxy(databases.server_url, Fault(number, Session.close)) as proxy:
            told = CliRunner().invoke(app, ["upgrade", *options, "--url", proxy.url(name)])
        mended = not proxy.fired or _is_spare(proxy.statements, number, expected.statements)
        assert told.exit_code == (0 if mended else 2), (number, told.output)
    run(url, "upgrade", *options)
    assert catalog(url) == expected.catalog
    assert _values(url, before) == expected.rows


def _is_spare(statements: list[str], number: int, expected: list[str]) -> bool:
    """True for a session that breaks while it is opened, which opens another, and for the watch of locks."""
    return "pg_blocking_pids" in statements[number] or _opened(statements) > _opened(expected)


def _opened(statements: list[str]) -> int:
    """The number of sessions, told by the first statement of each."""
    return sum(statement.startswith(unlimited()[:60]) for statement in statements)


def _values(url: str, before: dict[str, Any]) -> dict[str, Any]:
    """The values of all columns but of new ones with the moment of the run."""
    return {name: sums for name, sums in rows(url).items() if name in before or not name.endswith("_at")}
