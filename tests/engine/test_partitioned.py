"""Indexes of partitioned tables: on the parent, on each partition, attached, and never INVALID at the end."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, catalog, changed, round_trip, send  # noqa: F401 - a fixture

from app_schema.catalog import diff, snapshot
from app_schema.ddl import Partition, attach

pytestmark = pytest.mark.part(of=6)

PARTITIONED = (
    "CREATE TABLE p (n int, m int) PARTITION BY RANGE (n)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (n)",
    "CREATE TABLE p21 PARTITION OF p2 FOR VALUES FROM (10) TO (20)",
    'CREATE TABLE "p 22" PARTITION OF p2 FOR VALUES FROM (20) TO (30)',
)
ROWS = "INSERT INTO p VALUES (1, 1), (11, 2), (21, 3)"
NAMED = (
    "CREATE INDEX ip ON ONLY p (n)",
    "CREATE INDEX named_by_hand ON p1 (n)",
    "ALTER INDEX ip ATTACH PARTITION named_by_hand",
    "CREATE INDEX p2_n_idx ON p2 (n)",
    "ALTER INDEX ip ATTACH PARTITION p2_n_idx",
)


def _declared(**options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    columns = [sa.Column("n", sa.Integer), sa.Column("m", sa.Integer)]
    index = sa.Index("ip", "m", **options)
    sa.Table("p", metadata, *columns, index, postgresql_partition_by="RANGE (n)")
    return metadata


def _invalid(engine: sa.Engine) -> list[str]:
    return [key.name for key, text in catalog(engine).items() if key.kind == "index" and " INVALID" in text]


@pytest.mark.part(of=4)
@pytest.mark.parametrize("rows", [(), (ROWS,)], ids=["no rows", "rows"])
@pytest.mark.parametrize(
    "before", [(), ("CREATE INDEX ip ON p (n)",), NAMED], ids=["new", "changed", "named"]
)
def test_index_of_a_partitioned_table(
    before: tuple[str, ...],
    rows: tuple[str, ...],
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    generated = changed(*PARTITIONED, *before, *rows, metadata=_declared(), prune=False)
    assert ("concurrently" in generated.text) == bool(rows)
    generated.upgrade(empty_engine)
    assert _invalid(empty_engine) == []
    parts = [text for key, text in catalog(empty_engine).items() if key.kind == "index" and "(m)" in text]
    assert sum("PARTITION OF" in part for part in parts) == 4


@pytest.mark.parametrize(
    "left",
    [
        ("CREATE INDEX ip ON ONLY p (m)",),
        ("CREATE INDEX ip ON ONLY p (m)", "CREATE INDEX p1_m_idx ON p1 (m)"),
        ("CREATE INDEX ip ON ONLY p (m)", "CREATE INDEX p2_m_idx ON ONLY p2 (m)", "CREATE INDEX ON p21 (m)"),
    ],
)
def test_interrupted_build_is_taken_up(left: tuple[str, ...], empty_engine: sa.Engine) -> None:
    send(empty_engine, *PARTITIONED, ROWS)
    generated = autogenerate(empty_engine, _declared())
    generated.upgrade(empty_engine)
    whole = catalog(empty_engine)
    send(empty_engine, "DROP INDEX ip", *left)
    generated.upgrade(empty_engine)
    assert diff(whole, catalog(empty_engine)) == []
    send(empty_engine, "DROP INDEX ip", *left)
    autogenerate(empty_engine, _declared()).upgrade(empty_engine)
    assert diff(whole, catalog(empty_engine)) == []


def test_foreign_key_of_a_partitioned_table_with_rows(empty_engine: sa.Engine) -> None:
    send(empty_engine, *PARTITIONED, ROWS, "CREATE TABLE k (n int PRIMARY KEY)", "INSERT INTO k VALUES (1)")
    metadata = sa.MetaData()
    sa.Table("k", metadata, sa.Column("n", sa.Integer, primary_key=True, autoincrement=False))
    sa.Table(
        "p",
        metadata,
        sa.Column("n", sa.Integer),
        sa.Column("m", sa.Integer, sa.CheckConstraint("m > 0", name="ck")),
        sa.ForeignKeyConstraint(["m"], ["k.n"], name="fk"),
        postgresql_partition_by="RANGE (n)",
    )
    send(empty_engine, "UPDATE p SET m = 1")
    generated = round_trip(empty_engine, metadata)
    assert "op.create_foreign_key" in generated.text


def test_foreign_key_to_a_partitioned_table_is_one_key(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    """PostgreSQL's own keys to each partition, beside it, are no difference."""
    metadata = sa.MetaData()
    column = sa.Column("n", sa.Integer, primary_key=True, autoincrement=False)
    sa.Table("p", metadata, column, sa.Column("m", sa.Integer), postgresql_partition_by="RANGE (n)")
    sa.Table("c", metadata, sa.Column("p_n", sa.ForeignKey("p.n")))
    generated = changed(*PARTITIONED, ROWS, metadata=metadata, prune=False)
    generated.upgrade(empty_engine)
    keys = [key for key in catalog(empty_engine) if key.kind == "constraint" and key.table == "c"]
    assert [key.name for key in keys] == ["c_p_n_fkey"]
    send(empty_engine, "INSERT INTO c VALUES (11)")
    metadata.remove(metadata.tables["c"])
    sa.Table("c", metadata, sa.Column("p_n", sa.ForeignKey("p.n", ondelete="CASCADE")))
    assert "ON DELETE CASCADE" in round_trip(empty_engine, metadata, managed_schemas={"public"}).text


def _log(*partitions: Partition) -> sa.MetaData:
    metadata = sa.MetaData()
    columns = sa.Column("at", sa.Integer, primary_key=True, autoincrement=False), sa.Column("n", sa.Integer)
    sa.Table("log", metadata, *columns, sa.Index("ix_log", "n"), postgresql_partition_by="RANGE (at)")
    attach(metadata, *partitions)
    return metadata


def test_declared_partitions_are_created_with_their_table_and_get_other_bounds(
    empty_engine: sa.Engine,
) -> None:
    first = Partition(
        "p1", "public.log", "FOR VALUES FROM (0) TO (10)", partition_by="HASH (at)", schema="public"
    )
    parts = (
        first,
        Partition("p11", "public.p1", "FOR VALUES WITH (modulus 1, remainder 0)", schema="public"),
        Partition("rest", "public.log", "DEFAULT", schema="public"),
    )
    for metadata in (
        _log(*parts),
        _log(dataclasses.replace(first, bounds="FOR VALUES FROM (0) TO (20)"), *parts[1:]),
    ):
        with empty_engine.connect() as connection:
            start = snapshot(connection)
        generated = autogenerate(empty_engine, metadata)
        for _ in range(2):
            generated.upgrade(empty_engine)
        assert autogenerate(empty_engine, metadata).diffs == []
        for _ in range(2):
            generated.downgrade(empty_engine)
        with empty_engine.connect() as connection:
            assert diff(start, snapshot(connection)) == []
        generated.upgrade(empty_engine)
    assert "op.replace_partition(" in generated.text
    with empty_engine.begin() as connection:
        _log(*parts).drop_all(connection)
        for _ in range(2):
            _log(*parts).create_all(connection)
    assert autogenerate(empty_engine, _log(*parts)).diffs == []


def test_column_and_constraint_of_a_table_with_declared_partitions_change_with_it(
    empty_engine: sa.Engine,
) -> None:
    """PostgreSQL changes them in each partition, and refuses that of the partition alone."""

    def log(*items: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("log", metadata, sa.Column("at", sa.Integer), *items, postgresql_partition_by="RANGE (at)")
        attach(
            metadata,
            Partition(
                "p1", "public.log", "FOR VALUES FROM (0) TO (9)", partition_by="HASH (at)", schema="public"
            ),
            Partition("p11", "public.p1", "FOR VALUES WITH (modulus 1, remainder 0)", schema="public"),
        )
        return metadata

    plain = log(
        sa.Column("n", sa.Integer, server_default="1"),
        sa.Column("gone", sa.Text, server_default="x"),
        sa.CheckConstraint("n > 0", name="ck"),
    )
    other = log(
        sa.Column("n", sa.BigInteger, server_default="2"),
        sa.Column("new", sa.Integer, server_default="5"),
        sa.CheckConstraint("n > 0 AND at >= 0", name="ck"),
        sa.PrimaryKeyConstraint("at", name="log_key"),
    )
    autogenerate(empty_engine, plain).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO log VALUES (1, 1, 'a')")
    text = round_trip(empty_engine, other, prune=True, managed_schemas={"public"}).text
    assert '"p1' not in text


def test_partition_is_attached_again_when_its_parent_has_its_columns(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        *PARTITIONED,
        "ALTER TABLE p ADD k text DEFAULT 'x', ADD g int GENERATED ALWAYS AS (m * 2) STORED",
        "INSERT INTO p VALUES (1, 1)",
    )
    metadata = sa.MetaData()
    columns = [sa.Column("n", sa.Integer), sa.Column("m", sa.Integer)]
    sa.Table("p", metadata, *columns, postgresql_partition_by="RANGE (n)")
    round_trip(empty_engine, metadata, prune=True, managed_schemas={"public"})
