"""The harness can fail: each of the mutants is caught by one of its tests."""

from __future__ import annotations

import subprocess

import pytest
from amount import ALL, drawn
from faultproxy import Fault, Session
from mutants import MUTANTS
from test_blocked import lock_that_comes_late
from test_together import at_once, waiters_do_not_delay
from world import NotSurvived, Way, World

from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=6)

SLOW = pytest.mark.skipif(not ALL, reason="make faults has the time")
UP, DOWN = Way(up=True, autocommit=True), Way(up=False, autocommit=True)

CAUGHT_AT: dict[str, tuple[Way, str]] = {
    "add_column_without_a_guard": (UP, "ADD COLUMN shelf"),
    "change_of_type_without_a_guard": (UP, "USING price * 100"),
    "twin_that_stays": (UP, "CREATE POLICY own"),
    "not_valid_taken_for_valid": (UP, "ADD CONSTRAINT fk_item_buyer"),
    "run_once_without_its_record": (UP, "SET price = price + 1"),
    "undo_once_that_keeps_the_record": (DOWN, "SET price = price - 1"),
}
"""After which statement the connection is cut, one statement at a time."""


@pytest.fixture
def world(small: World) -> World:
    """At the start of a way up, before the machinery is damaged."""
    for way in (UP, DOWN, Way(up=True)):
        small.count(way)
    small.go_to_start(UP)
    return small


@pytest.mark.parametrize("name", CAUGHT_AT if ALL else drawn("mutants").sample(list(CAUGHT_AT), 1))
def test_a_cut_after_a_statement_catches(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    way, words = CAUGHT_AT[name]
    fault = Fault(_place(world, way, words), Session.close, after=True)
    world.go_to_start(way)
    MUTANTS[name](monkeypatch)
    with pytest.raises(NotSurvived):
        world.survive(way, fault)


def test_an_interrupted_build_catches_a_mutant(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # a unique build that fails leaves the index INVALID
    instead = "CREATE UNIQUE INDEX CONCURRENTLY ix_item_title ON shop.item (state)"
    fault = Fault(_place(world, UP, "CONCURRENTLY IF NOT EXISTS ix_item_title"), instead=instead)
    assert world.survive(UP, fault) == 1
    world.go_to_start(UP)
    MUTANTS["invalid_index_taken_for_a_good_one"](monkeypatch)
    with pytest.raises(NotSurvived, match="INVALID"):
        world.survive(UP, fault)


@pytest.mark.parametrize("name", ["stamp_after_the_commit", "stamp_before_the_work"])
def test_a_look_before_the_resume_catches(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    way = Way(up=True)
    first = world.statements[way].index("COMMIT")
    MUTANTS[name](monkeypatch)

    def cut() -> None:
        for number in range(first - 4, first + 6):
            world.survive(way, Fault(number, Session.close), look=True)

    with pytest.raises(NotSurvived, match="not whole"):
        cut()


def test_a_clean_run_catches_an_enum_value_without_its_commit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.go_to_start(Way(up=True))
    MUTANTS["enum_value_without_its_commit"](monkeypatch)
    with pytest.raises(NotSurvived, match="unsafe use of new value"):
        world.survive(Way(up=True))


@SLOW
@pytest.mark.parametrize("name", ["no_lock", "heads_not_read_again_under_the_lock"])
def test_many_at_once_catch(own: World, name: str) -> None:
    with pytest.raises(AssertionError, match="code="):
        at_once(own, migrators=8, rounds=5, mutant=name)


@SLOW
def test_a_concurrent_build_catches_a_lock_that_waits_in_the_server(databases: Databases) -> None:
    with pytest.raises((AssertionError, subprocess.TimeoutExpired)):
        waiters_do_not_delay(databases, "lock_that_waits_in_the_server", patience=20)


def test_a_lock_that_comes_late_catches_a_retry_behind_the_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    MUTANTS["retry_that_goes_on_behind_the_failure"](monkeypatch)
    with pytest.raises(NotSurvived):
        lock_that_comes_late(world)


def _place(world: World, way: Way, words: str) -> int:
    return next(number for number, text in enumerate(world.statements[way]) if words in text)
