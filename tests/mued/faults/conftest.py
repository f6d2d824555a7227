"""The fixtures of the tests of faults, and the number at their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from amount import ALL, SEED
from ownserver import OwnServer, own_server
from world import OWN, SMALL, World

from app_schema.testing.databases import Databases

SURVIVED = "faults survived"


@pytest.fixture
def survived(record_property: Callable[[str, object], None]) -> Callable[[int], None]:
    """Function that adds to the number of faults survived."""
    return lambda number: record_property(SURVIVED, number)


@pytest.fixture(scope="session")
def small(databases: Databases) -> Iterator[World]:
    """The small lineage: every kind of operation, with rows."""
    yield from _world(World(databases, SMALL))


@pytest.fixture(scope="session")
def own(databases: Databases) -> Iterator[World]:
    """The lineage of the package, from nothing."""
    yield from _world(World(databases, OWN, every_stage=ALL))


def _world(world: World) -> Iterator[World]:
    yield world
    world.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    number = sum(value for report in reports for name, value in report.user_properties if name == SURVIVED)
    lost = sum("NotSurvived" in report.longreprtext for report in reports if report.failed)
    if number or lost:
        part = "" if ALL else f", a part drawn with CASES_SEED={SEED}"
        terminalreporter.write_line(f"survived {number}/{number + lost} faults{part}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[OwnServer]:
    """A server that is the tests' own. Start it: a test may have left it stopped."""
    with own_server() as server:
        yield server
