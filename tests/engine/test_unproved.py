"""PostgreSQL 18: a column that is NOT NULL for new rows alone is not NOT NULL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from declaring import APPLICATION
from sqlalchemy.orm import Session

from app_schema import loss
from app_schema.audit import audit
from app_schema.catalog import diff, snapshot
from app_schema.errors import DifferentError
from app_schema.migrations.dry_run import Recorded
from app_schema.migrations.operation import Operation, Protects
from app_schema.studio import tables


@pytest.fixture
def unproved(empty_engine: sa.Engine) -> sa.Engine:
    """A table with a row that has no value, and a NOT NULL that does not count for it."""
    with empty_engine.begin() as connection:
        if connection.dialect.server_version_info < (18,):  # type: ignore[operator]  # a tuple by then
            pytest.skip("NOT NULL ... NOT VALID is of PostgreSQL 18")
        connection.exec_driver_sql("CREATE TABLE t (a int); INSERT INTO t VALUES (NULL)")
        connection.exec_driver_sql("ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID")
    return empty_engine


def _metadata(*, nullable: bool) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer, nullable=nullable))
    return metadata


@pytest.mark.parametrize("nullable", [True, False], ids=["nullable", "not null"])
def test_it_is_drift_and_both_ways_lead_back(unproved: sa.Engine, nullable: bool) -> None:  # noqa: FBT001
    metadata = _metadata(nullable=nullable)
    with unproved.connect() as connection:
        start = snapshot(connection)
    generated = autogenerate(unproved, metadata)
    assert generated.diffs != []
    with unproved.begin() as connection:
        connection.exec_driver_sql("UPDATE t SET a = 1")
    for _ in range(2):
        generated.upgrade(unproved)
    assert autogenerate(unproved, metadata).diffs == []
    for _ in range(2):
        generated.downgrade(unproved)
    with unproved.connect() as connection:
        assert diff(start, snapshot(connection)) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda op: op.create_table("t", sa.Column("a", sa.Integer, nullable=False)),
        lambda op: op.add_column("t", sa.Column("a", sa.Integer, nullable=False)),
    ],
    ids=["create_table", "add_column"],
)
def test_a_guard_refuses_it(unproved: sa.Engine, call: Callable[[Any], None]) -> None:
    with pytest.raises(DifferentError, match="NOT NULL NOT VALID"), operations_on(unproved) as op:
        call(op)


def test_set_not_null_validates_it(unproved: sa.Engine) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="null values"), unproved.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE t VALIDATE CONSTRAINT n")
    with unproved.begin() as connection:
        connection.exec_driver_sql("UPDATE t SET a = 1")
    for _ in range(2):
        with operations_on(unproved) as op:
            op.alter_column("t", "a", nullable=False)
    assert autogenerate(unproved, _metadata(nullable=False)).diffs == []


def test_its_own_operation_runs_twice_and_after_the_validation(unproved: sa.Engine) -> None:
    with unproved.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE t DROP CONSTRAINT n; UPDATE t SET a = 1")
    for _ in range(2):
        with operations_on(unproved) as op:
            op.create_table_constraint("n", "t", "NOT NULL a NOT VALID")
    for _ in range(2):
        with operations_on(unproved) as op:
            op.create_table_constraint("n", "t", "NOT NULL a NOT VALID")
            op.validate_constraint("n", "t")
    assert autogenerate(unproved, _metadata(nullable=False)).diffs == []


@pytest.mark.parametrize("validated", [False, True], ids=["not valid", "valid"])
def test_a_policy_on_it_may_hide_rows(unproved: sa.Engine, validated: bool) -> None:  # noqa: FBT001
    with unproved.begin() as connection:
        connection.exec_driver_sql("CREATE POLICY p ON t USING (a IS NOT NULL)")
        if validated:
            connection.exec_driver_sql("UPDATE t SET a = 1; ALTER TABLE t VALIDATE CONSTRAINT n")
        found = [finding for finding in audit(connection) if finding.check == "policy_is_always_true"]
    assert bool(found) is validated


def test_the_studio_says_so(unproved: sa.Engine) -> None:
    with Session(unproved) as session:
        (column,) = tables.parts(session, _metadata(nullable=True).tables["t"])["columns"]
    assert column["null"] == "NOT NULL NOT VALID"


def test_to_drop_it_is_a_loss_of_protection(unproved: sa.Engine) -> None:
    dropped = Operation(
        "alter_column", table=("public", "t"), protects=Protects("not_null", "a", "NOT NULL of a")
    )
    with unproved.connect() as connection, loss.reading(connection, APPLICATION):
        found = loss.losses(connection, [Recorded("1", operations=[dropped])])
    assert [protection.name for protection in found.protections] == ["NOT NULL of a"]
