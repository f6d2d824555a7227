"""Foreign tables that grew by hand: checks, generated columns, partitions on another server."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, round_trip, send  # noqa: F401 - a fixture

from app_schema.ddl import (
    Comment,
    ForeignDataWrapper,
    ForeignServer,
    ForeignTable,
    Grant,
    Owner,
    TableOption,
    View,
    attach,
)
from app_schema.upstream import copied

pytestmark = pytest.mark.part(of=4)

SERVER = ("CREATE FOREIGN DATA WRAPPER far", "CREATE SERVER there FOREIGN DATA WRAPPER far")


def test_foreign_table_with_check_and_values_is_dropped_and_comes_back(changed: RoundTrip) -> None:  # noqa: F811
    generated = changed(
        *SERVER,
        "CREATE SEQUENCE n",
        "CREATE FOREIGN TABLE abroad (a int DEFAULT nextval('n') CONSTRAINT positive CHECK (a > 0), "
        "b text DEFAULT 'it''s', c text GENERATED ALWAYS AS (lower(b)) STORED) SERVER there",
        metadata=sa.MetaData(),
        prune=True,
    )
    assert "op.drop_table_constraint" not in generated.text


def test_partition_on_another_server_stays_and_its_parent_too(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        *SERVER,
        "CREATE TABLE whole (a int) PARTITION BY LIST (a)",
        "CREATE FOREIGN TABLE part PARTITION OF whole FOR VALUES IN (1) SERVER there",
    )
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert "op.drop" not in generated.text
    for name in ("table public.part", "table public.whole", "foreign server there"):
        assert f"{name} cannot be dropped" in generated.text


def test_foreign_table_that_inherits_is_dropped_before_its_parent_and_comes_back(changed: RoundTrip) -> None:  # noqa: F811
    changed(
        *SERVER,
        "CREATE TABLE whole (a int CONSTRAINT positive CHECK (a > 0), b text)",
        "CREATE FOREIGN TABLE part (c int) INHERITS (whole) SERVER there",
        "ALTER FOREIGN TABLE part ALTER COLUMN c SET STATISTICS 7",
        metadata=sa.MetaData(),
        prune=True,
    )


def test_replaced_foreign_table_keeps_statistics(changed: RoundTrip) -> None:  # noqa: F811
    metadata = sa.MetaData()
    attach(
        metadata,
        ForeignTable("abroad", "(a integer, b text) SERVER there"),
        TableOption("ALTER COLUMN a SET STATISTICS", "7", table="abroad"),
    )
    changed(
        *SERVER,
        "CREATE FOREIGN TABLE abroad (a int) SERVER there",
        "ALTER FOREIGN TABLE abroad ALTER COLUMN a SET STATISTICS 7",
        metadata=metadata,
    )


def _heir(*more: sa.Column[Any], b: Any = sa.Text, own: str) -> sa.MetaData:
    metadata = sa.MetaData()
    columns = [sa.Column("a", sa.Integer), sa.Column("b", b), *more]
    sa.Table("whole", metadata, *(copied(column) for column in columns))
    local = sa.Column("m", sa.Integer)
    sa.Table("mid", metadata, *(copied(column) for column in columns), local, postgresql_inherits="whole")
    attach(
        metadata,
        ForeignDataWrapper("far"),
        ForeignServer("there", "FOREIGN DATA WRAPPER far"),
        ForeignTable("part", f"({own}, z integer) INHERITS (public.mid) SERVER there", schema="public"),
        View("v", "SELECT z FROM public.part", schema="public"),
        Grant("SELECT", to="pg_monitor", table="part", schema="public"),
        Comment("column", "z", "last", table="part", schema="public"),
        Owner("pg_read_all_data", of="foreign_table", name="part", schema="public"),
        Grant("CREATE", to="pg_read_all_data", schema="public"),
    )
    return metadata


@pytest.mark.part(of=3)
@pytest.mark.parametrize(
    "metadata",
    [
        _heir(sa.Column("d", sa.Integer, server_default="1"), own="a integer, b text, d integer DEFAULT 1"),
        _heir(b=sa.Integer, own="a integer, b integer"),
        _heir(
            sa.Column("d", sa.Integer, nullable=False, server_default="1"), own="d integer NOT NULL DEFAULT 1"
        ),
    ],
    ids=["added", "retyped", "not null"],
)
def test_foreign_table_changes_with_its_parent(empty_engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Also for a wrapper without a handler, whose tables cannot be read."""
    with empty_engine.begin() as connection:
        _heir(own="a integer, b text").create_all(connection)
    send(empty_engine, "INSERT INTO whole VALUES (1, '1')", "INSERT INTO mid VALUES (2, '2', 2)")
    round_trip(empty_engine, metadata, managed_schemas={"public"}, prune=True)


def _server(definition: str, wrapper: str = "far") -> sa.MetaData:
    metadata = sa.MetaData()
    attach(
        metadata,
        ForeignDataWrapper(wrapper),
        ForeignServer("there", f"{definition}FOREIGN DATA WRAPPER {wrapper}"),
        ForeignTable("abroad", "(a integer) SERVER there", schema="public"),
    )
    return metadata


def test_server_of_foreign_tables_gets_another_version_and_no_other_wrapper(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        _server("").create_all(connection)
    options: dict[str, Any] = {"managed_schemas": {"public"}, "prune": True}
    round_trip(empty_engine, _server("VERSION '2' "), **options)
    text = autogenerate(empty_engine, _server("", "other"), **options).text
    assert "foreign server there cannot get another type or foreign data wrapper" in text
    assert "foreign data wrapper far cannot be dropped: server there is not changed" in text
    assert "op.replace_foreign_server" not in text


def test_inherited_columns_of_a_foreign_table_stay_inherited(empty_engine: sa.Engine) -> None:
    """The parent gets another type of a column; the foreign table itself does not change."""
    send(
        empty_engine,
        *SERVER,
        "CREATE TABLE whole (a int CONSTRAINT positive CHECK (a > 0), b text)",
        "CREATE FOREIGN TABLE part (c int) INHERITS (whole) SERVER there",
        "CREATE VIEW v AS SELECT c FROM part",
        "INSERT INTO whole VALUES (1, '1')",
    )
    metadata = sa.MetaData()
    check = sa.CheckConstraint("a > 0", name="positive")
    sa.Table("whole", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), check)
    attach(
        metadata,
        ForeignDataWrapper("far"),
        ForeignServer("there", "FOREIGN DATA WRAPPER far"),
        ForeignTable("part", "(c integer) INHERITS (whole) SERVER there", schema="public"),
        View("v", "SELECT c FROM public.part", schema="public"),
    )
    round_trip(empty_engine, metadata, managed_schemas={"public"}, prune=True)
    local = sa.text("SELECT attname FROM pg_attribute WHERE attrelid = 'part'::regclass AND attislocal")
    with empty_engine.connect() as connection:
        assert set(connection.scalars(local)) >= {"c"}
        assert {"a", "b"}.isdisjoint(connection.scalars(local))
