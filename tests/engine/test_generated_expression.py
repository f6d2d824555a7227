"""A generated expression that changes in place, from PostgreSQL 17 on."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import operations_on
from roundtrip import round_trip, send

from app_schema.ddl import View, attach

pytestmark = pytest.mark.part(of=6)

TABLE = (
    "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n * 2) STORED)",
    "CREATE INDEX ix ON t (g)",
    "CREATE VIEW v AS SELECT g FROM t",
    "INSERT INTO t VALUES (1), (2)",
)


def _version(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(
            connection.scalar(sa.text("SELECT current_setting('server_version_num')::int / 10000")) or 0
        )


def _declared(expression: str) -> sa.MetaData:
    metadata = sa.MetaData()
    computed = sa.Computed(expression, persisted=True)
    columns = [sa.Column("n", sa.Integer), sa.Column("g", sa.Integer, computed)]
    sa.Table("t", metadata, *columns, sa.Index("ix", "g"))
    attach(metadata, View("v", "SELECT g FROM t"))
    return metadata


def test_expression_is_set_in_place_where_the_server_can(empty_engine: sa.Engine) -> None:
    send(empty_engine, *TABLE)
    generated = round_trip(empty_engine, _declared("n * 3"))
    in_place = _version(empty_engine) >= 17
    assert ("op.drop_column" in generated.text) != in_place
    assert ("op.drop_view" in generated.text) != in_place
    generated.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        assert connection.scalars(sa.text("SELECT g FROM v ORDER BY g")).all() == [3, 6]


def test_expression_that_is_neither_the_old_nor_the_new_one_is_refused(empty_engine: sa.Engine) -> None:
    send(empty_engine, *TABLE)
    new, old = sa.Computed("n * 3", persisted=True), sa.Computed("n * 4", persisted=True)
    words = "already exists|different" if _version(empty_engine) >= 17 else "from version 17 on"
    with pytest.raises(Exception, match=words), operations_on(empty_engine) as op:
        op.alter_column("t", "g", server_default=new, existing_server_default=old)


def _counted(*more: Any, nullable: bool = True, persisted: bool = False, **options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    computed = sa.Computed("n * 3", persisted=persisted)
    columns = [sa.Column("n", sa.Integer), sa.Column("g", sa.Integer, computed, nullable=nullable)]
    sa.Table("t", metadata, *columns, *more, **options)
    return metadata


@pytest.mark.parametrize(
    ("sql", "more", "in_place"),
    [
        ("CREATE INDEX ix ON t (n)", (sa.Index("ix", "n"),), True),
        ("ALTER TABLE t ADD CONSTRAINT ck CHECK (n > 0)", (sa.CheckConstraint("n > 0", name="ck"),), False),
        ("CREATE PUBLICATION p FOR TABLE t", (), False),
    ],
    ids=["plain", "CHECK", "publication"],
)
def test_virtual_expression_is_set_in_place_where_the_server_can(
    empty_engine: sa.Engine,
    sql: str,
    more: tuple[Any, ...],
    in_place: bool,  # noqa: FBT001
) -> None:
    if _version(empty_engine) < 18:
        pytest.skip("virtual generated columns came with PostgreSQL 18")
    send(
        empty_engine,
        "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n * 2))",
        sql,
        "INSERT INTO t VALUES (1)",
    )
    generated = round_trip(empty_engine, _counted(*more))
    assert ("op.drop_column" not in generated.text) is in_place


def test_expression_and_not_null_change_in_place_together(empty_engine: sa.Engine) -> None:
    if _version(empty_engine) < 17:
        pytest.skip("ALTER COLUMN ... SET EXPRESSION came with PostgreSQL 17")
    send(empty_engine, "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (nullif(n, 1) * 2) STORED)")
    send(empty_engine, "INSERT INTO t VALUES (1), (2)")
    generated = round_trip(empty_engine, _counted(nullable=False, persisted=True))
    assert "op.drop_column" not in generated.text


@pytest.mark.parametrize(
    "sql", ["ALTER TABLE t1 ADD CONSTRAINT ck CHECK (n > 0)", "CREATE PUBLICATION p FOR TABLE t1"]
)
def test_virtual_expression_under_a_partition_that_forbids_it(empty_engine: sa.Engine, sql: str) -> None:
    if _version(empty_engine) < 18:
        pytest.skip("virtual generated columns came with PostgreSQL 18")
    send(
        empty_engine,
        "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n * 2)) PARTITION BY RANGE (n)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
        sql,
        "INSERT INTO t VALUES (1)",
    )
    generated = round_trip(empty_engine, _counted(postgresql_partition_by="RANGE (n)"))
    assert "op.drop_column" in generated.text
