"""Damaged copies of the machinery: if the tests of faults let one pass, they prove nothing.

Each is a function of a MonkeyPatch, found by its name, so that another process can apply it as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from alembic.ddl.base import AddColumn
from alembic.ddl.postgresql import PostgresqlColumnType
from alembic.operations import Operations
from sqlalchemy import Connection

from app_schema.ddl import Guarded, converging, guard, index
from app_schema.ddl.enum import add_value
from app_schema.ddl.twin import Side, compare
from app_schema.errors import StatementError
from app_schema.migrations import extra_operations, foresight, lock, runner
from app_schema.migrations.once import once, undo
from app_schema.migrations.pipeline import Pipeline
from app_schema.migrations.sending import send
from app_schema.migrations.session import read

MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {}


def _mutant(function: Callable[[pytest.MonkeyPatch], None]) -> None:
    MUTANTS[function.__name__] = function


@_mutant
def add_column_without_a_guard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        foresight.step, "converging", lambda one: one if isinstance(one, AddColumn) else converging(one)
    )


@_mutant
def change_of_type_without_a_guard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        foresight.step,
        "converging",
        lambda one: one if isinstance(one, PostgresqlColumnType) else converging(one),
    )


@_mutant
def twin_that_stays(patch: pytest.MonkeyPatch) -> None:
    def stays(side: Side, *, later: tuple[str, ...] = ()) -> list[str]:
        lines = compare(side, later=later)
        return ["  NULL;" if "RAISE SQLSTATE" in line else line for line in lines]

    patch.setattr(guard, "compare", stays)


@_mutant
def invalid_index_taken_for_a_good_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(index, "INVALID", index.INVALID.replace("NOT i.indisvalid", "false"))
    comparable = index.CATALOG.comparable.replace("(INVALID: an interrupted build)", "")
    patch.setattr(index, "CATALOG", dataclasses.replace(index.CATALOG, comparable=comparable))


@_mutant
def not_valid_taken_for_valid(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(extra_operations, "validate", lambda *_: "SELECT")


@_mutant
def run_once_without_its_record(patch: pytest.MonkeyPatch) -> None:
    def forgets(key: str, sql: str) -> str:
        lines = once(key, sql).splitlines()
        return "\n".join(line for line in lines if "INSERT INTO public.alembic_run_once" not in line)

    patch.setattr(extra_operations, "once", forgets)


@_mutant
def undo_once_that_keeps_the_record(patch: pytest.MonkeyPatch) -> None:
    def keeps(key: str, sql: str | None) -> str:
        return undo(key, sql).replace("DELETE FROM", "SELECT FROM").replace("IF n = 0", "IF n < 0")

    patch.setattr(extra_operations, "undo", keeps)


@_mutant
def enum_value_without_its_commit(patch: pytest.MonkeyPatch) -> None:
    def add(self: Any, name: str, value: str, **where: Any) -> None:
        send(self, Guarded(add_value(name, value, **{"before": None, "after": None, **where})))

    patch.setattr(Operations, "add_enum_value", add, raising=False)


@_mutant
def stamp_after_the_commit(patch: pytest.MonkeyPatch) -> None:
    before_commit = Pipeline._before_commit

    def late(self: Pipeline, connection: Connection) -> None:
        stamp = (
            self.queue.pop() if self.queue and "GET DIAGNOSTICS n = ROW_COUNT" in self.queue[-1].sql else None
        )
        before_commit(self, connection)
        if stamp is not None:
            self.add(stamp.sql)
            self._commit()

    patch.setattr(Pipeline, "_before_commit", late)


@_mutant
def stamp_before_the_work(patch: pytest.MonkeyPatch) -> None:
    before_commit = Pipeline._before_commit

    def early(self: Pipeline, connection: Connection) -> None:
        if self.queue and "GET DIAGNOSTICS n = ROW_COUNT" in self.queue[-1].sql:
            begin = max(number for number, queue in enumerate(self.queue) if queue.sql.startswith("BEGIN"))
            stamp = self.queue.pop()
            commit = dataclasses.replace(stamp, sql="COMMIT")
            self.queue[begin + 2 : begin + 2] = [stamp, commit, self.queue[begin]]  # after the fence
        before_commit(self, connection)

    patch.setattr(Pipeline, "_before_commit", early)


@_mutant
def no_lock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lock, "_TRY", "SELECT CASE WHEN '{function} {key}' = '{held}' THEN '' END")
    patch.setattr(lock.Lock, "fence", lambda *_: "SELECT")


@_mutant
def lock_that_waits_in_the_server(patch: pytest.MonkeyPatch) -> None:
    waits = "SELECT CASE WHEN pg_advisory_lock({key})::text IS NULL THEN '{function} {held}' END"
    patch.setattr(lock, "_TRY", waits)


@_mutant
def heads_not_read_again_under_the_lock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lock, "read", lambda answer: dataclasses.replace(read(answer), heads=()))


@_mutant
def retry_that_goes_on_behind_the_failure(patch: pytest.MonkeyPatch) -> None:
    one_pass = runner.Runner._pass

    def skips(self: runner.Runner, ahead: foresight.Ahead) -> None:
        try:
            one_pass(self, ahead)
        except StatementError:
            self.state.committed += 1
            raise

    patch.setattr(runner.Runner, "_pass", skips)
