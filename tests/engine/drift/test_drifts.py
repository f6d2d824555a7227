"""Every kind of drift is seen, named and mended; the revision runs twice, and so does its way back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from drift import common
from drifts import DRIFTS
from measuring import Measured, execute, ours

from app_schema.ddl import TableOption

_KEPT = "replication: subscription extra"
"""A subscription keeps its database from being dropped."""
MENDED = [name for name, case in DRIFTS.items() if not case.unmended]


def _measured(name: str, empty_engine: sa.Engine) -> Measured:
    case = DRIFTS[name]
    with empty_engine.begin() as connection:
        common().create_all(connection)
        version = connection.scalar(sa.text("SELECT current_setting('server_version_num')::int / 10000"))
    assert version is not None
    if case.since > version:
        pytest.skip(f"PostgreSQL {case.since} has it first")
    execute(empty_engine, case.base)
    return ours(empty_engine, case)


@pytest.mark.part(of=32)
@pytest.mark.parametrize("name", MENDED)
def test_drift_is_named_mended_and_brought_back(name: str, empty_engine: sa.Engine) -> None:
    found = _measured(name, empty_engine)
    assert found.answers == (True,) * 5, found.error


@pytest.mark.part(of=8)
@pytest.mark.parametrize("name", [name for name in DRIFTS if name not in MENDED and name != _KEPT])
def test_drift_that_no_revision_mends_is_named(name: str, empty_engine: sa.Engine) -> None:
    found = _measured(name, empty_engine)
    assert found.seen
    assert found.named


def test_declared_option_is_created_by_create_all_and_by_a_revision(empty_engine: sa.Engine) -> None:
    options = (
        TableOption("ALTER COLUMN body SET STORAGE", "EXTERNAL"),
        TableOption("ALTER COLUMN body SET (n_distinct)", "7"),
        TableOption("SET (toast.autovacuum_enabled)", "false"),
        TableOption("CLUSTER ON", "ix"),
        TableOption("REPLICA IDENTITY", "USING INDEX ix"),
    )
    metadata, bare = sa.MetaData(), sa.MetaData()
    for item, items in ((metadata, options), (bare, ())):
        columns = sa.Column("id", sa.Integer, nullable=False), sa.Column("body", sa.Text)
        sa.Table("letter", item, *columns, sa.Index("ix", "id", unique=True), *items)
    with empty_engine.begin() as connection:
        bare.create_all(connection)
    generated = autogenerate(empty_engine, metadata)
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata).diffs == []
    undeclared = autogenerate(empty_engine, bare)
    assert [label for label in undeclared.undeclared if "REPLICA IDENTITY" in label]
    assert len(undeclared.undeclared) == len(options)
    for _ in range(2):
        generated.downgrade(empty_engine)
    assert autogenerate(empty_engine, bare).undeclared == []
    with empty_engine.begin() as connection:
        bare.drop_all(connection)
        metadata.create_all(connection)
    assert autogenerate(empty_engine, metadata).diffs == []
