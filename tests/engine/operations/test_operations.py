"""Every operation: absent is created, equal is untouched, different is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from all_cases import CASES
from harness import Case, catalog_rows, in_a_revision, operations, script, strong_locks

from app_schema.catalog import snapshot
from app_schema.errors import DifferentError

ROLLED_BACK = {name: case for name, case in CASES.items() if not case.commits}
COMMITTING = {name: case for name, case in CASES.items() if case.commits}
SWEEP = """
DROP SCHEMA IF EXISTS s, s2, s3 CASCADE; DROP EXTENSION IF EXISTS pg_trgm; DROP TYPE IF EXISTS public.mood;
DROP TABLE IF EXISTS public.alembic_run_once
"""
OF_THE_CLUSTER = {"create_role", "drop_role", "replace_role"}
"""Roles outlive the test's database, so these cases run only in a transaction that is rolled back."""
DIFFERENCES = [(name, difference) for name, case in CASES.items() for difference in case.different]


@pytest.fixture
def connection(shared: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is rolled back: nothing is left for the next case."""
    with shared.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def swept(shared: sa.Engine) -> Iterator[sa.Engine]:
    """The shared database, emptied after a case that commits: quicker than a database for each case."""
    yield shared
    with shared.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _send(connection, SWEEP)
        left = [key for key in snapshot(connection) if key.kind not in {"schema", "owner", "schema_grant"}]
    assert left == []


def _send(connection: sa.Connection, sql: str) -> None:
    if sql:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 45
    assert len(DIFFERENCES) >= 40


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", ROLLED_BACK)
def test_operation_changes_then_leaves_alone(connection: sa.Connection, name: str) -> None:
    case = CASES[name]
    _send(connection, case.before)
    start = catalog_rows(connection)
    case.call(operations(connection))
    done = catalog_rows(connection)
    assert done != start, "the operation had work to do"
    _assert_untouched(connection, case)


@pytest.mark.parametrize("name", COMMITTING)
def test_committing_operation_changes_then_leaves_alone(empty_engine: sa.Engine, name: str) -> None:
    case = CASES[name]
    with empty_engine.connect() as connection:
        _send(connection, case.before)
        connection.commit()
        start = catalog_rows(connection)
        connection.rollback()
        case.call(in_a_revision(connection))
        connection.commit()
        assert catalog_rows(connection) != start, "the operation had work to do"
        connection.rollback()
        done = catalog_rows(connection)
        connection.rollback()
        case.call(in_a_revision(connection))
        connection.commit()
        assert catalog_rows(connection) == done


def _assert_untouched(connection: sa.Connection, case: Case) -> None:
    """In a transaction of its own, since locks are kept until the end of one."""
    with connection.begin_nested():
        before, locks = catalog_rows(connection), strong_locks(connection)
        rows = snapshot(connection)
        case.call(operations(connection))
        assert catalog_rows(connection) == before
        assert strong_locks(connection) == locks
        assert snapshot(connection) == rows


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", sorted(ROLLED_BACK.keys() - OF_THE_CLUSTER))
def test_equal_takes_no_strong_lock(swept: sa.Engine, name: str) -> None:
    case = CASES[name]
    with swept.begin() as connection:
        _send(connection, case.before)
        case.call(operations(connection))
    with swept.begin() as connection:
        case.call(operations(connection))
        assert strong_locks(connection) == []


@pytest.mark.part(of=6)
@pytest.mark.parametrize(("name", "difference"), [other for other in DIFFERENCES if other[0] in ROLLED_BACK])
def test_different_is_refused(connection: sa.Connection, name: str, difference: str) -> None:
    case = CASES[name]
    sql, words = case.different[difference]
    _send(connection, case.before)
    _send(connection, sql)
    start = catalog_rows(connection)
    with pytest.raises(DifferentError) as refusal, connection.begin_nested():
        case.call(operations(connection))
    assert [word for word in words if word not in str(refusal.value)] == [], str(refusal.value)
    assert catalog_rows(connection) == start


@pytest.mark.parametrize(("name", "difference"), [other for other in DIFFERENCES if other[0] in COMMITTING])
def test_different_is_refused_by_committing_operation(
    empty_engine: sa.Engine, name: str, difference: str
) -> None:
    case = CASES[name]
    sql, words = case.different[difference]
    with empty_engine.connect() as connection:
        _send(connection, case.before)
        _send(connection, sql)
        connection.commit()
        start = catalog_rows(connection)
        connection.rollback()
        with pytest.raises(DifferentError) as refusal:
            case.call(in_a_revision(connection))
        connection.rollback()
        assert [word for word in words if word not in str(refusal.value)] == [], str(refusal.value)
        assert catalog_rows(connection) == start


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", sorted(CASES.keys() - OF_THE_CLUSTER))
def test_script_can_be_applied_twice(swept: sa.Engine, name: str) -> None:
    case = CASES[name]
    statements = [other.strip() for other in _split(script(case.call))]
    with swept.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _send(connection, case.before)
        for statement in statements:
            _send(connection, statement)
        done = snapshot(connection)
        for statement in statements:
            _send(connection, statement)
        assert snapshot(connection) == done


def _split(text: str) -> list[str]:
    """The statements of a script, each ended by a semicolon and an empty line."""
    return [part for part in text.split(";\n\n") if part.strip() and part.strip() not in {"BEGIN", "COMMIT"}]
