"""Whatever happens at any statement is mended by the same command."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from amount import ALL, drawn
from faultkinds import kinds
from world import Way, World

pytestmark = pytest.mark.part(of=6)

NAMES = list(kinds(""))
WAYS = [Way(up, autocommit) for up in (True, False) for autocommit in (False, True)]

Survived = Callable[[int], None]


@pytest.mark.parametrize("autocommit", [False, True], ids=["transaction", "autocommit"])
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_at_any_statement(
    small: World,
    survived: Survived,
    server_url: str,
    name: str,
    autocommit: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    fault = kinds(server_url)[name]
    up, down = (Way(way, autocommit) for way in (True, False))
    numbers = range(max(small.count(up), small.count(down)))
    for number in numbers if ALL else drawn(name, autocommit).sample(numbers, 3):
        for way in (up, down):
            if number < small.count(way):
                survived(small.survive(way, fault(number), look=number % 2 == 0))


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_one_statement_at_a_time_stays_so(small: World, up: bool) -> None:  # noqa: FBT001 - a parameter
    way = Way(up, autocommit=True)
    small.count(way)
    locked = next(n for n, text in enumerate(small.statements[way]) if "pg_try_advisory_lock" in text)
    assert [text for text in small.statements[way][locked:] if text.startswith(("BEGIN", "COMMIT"))] == []


@pytest.mark.parametrize("part", range(8 if ALL else 1))
@pytest.mark.parametrize("autocommit", [False, True], ids=["transaction", "autocommit"])
def test_a_fault_in_the_lineage(
    own: World,
    survived: Survived,
    server_url: str,
    autocommit: bool,  # noqa: FBT001 - a parameter of the test
    part: int,
) -> None:
    chance = drawn(autocommit, part)
    for name in NAMES * 6 if ALL else chance.sample(NAMES, 1):
        for up in (True, False) if ALL else (chance.random() < 0.5,):
            way = Way(up, autocommit)
            fault = kinds(server_url)[name](chance.randrange(own.count(way)))
            survived(own.survive(way, fault, look=chance.random() < 0.5))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_second_fault_during_the_resume(
    small: World, survived: Survived, server_url: str, way: Way
) -> None:
    chance = drawn(way)
    every = list(kinds(server_url).values())
    for _ in range(40 if ALL else 2):
        first, second = (chance.choice(every)(chance.randrange(small.count(way))) for _ in range(2))
        survived(small.survive(way, first, second, look=chance.random() < 0.5))
