"""Facts in the header of a generated revision, and what no revision can change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import send

from app_schema.migrations.header import header


def _add(column: str) -> str:
    return header(f'op.add_column("t", sa.Column("c", {column}, nullable=False))', "pass")


@pytest.mark.parametrize(
    "operation",
    [
        'op.create_foreign_key("fk", "t", "target", ["a"], ["id"])',
        'op.create_table_constraint("fk", "t", "FOREIGN KEY (a) REFERENCES public.target(id)")',
        'op.create_table("new", sa.ForeignKeyConstraint(["a"], ["s.target.id"]))',
    ],
)
def test_foreign_key_locks_the_table_that_it_refers_to(operation: str) -> None:
    (locks,) = [line for line in header(operation, "pass").splitlines() if line.startswith("Locks:")]
    assert "SHARE ROW EXCLUSIVE on " in locks or "ACCESS EXCLUSIVE on t" in locks
    assert "target" in locks


@pytest.mark.parametrize(
    ("column", "rewrites"),
    [
        ('sa.Uuid(), server_default=sa.text("gen_random_uuid()")', True),
        ('sa.DateTime(), server_default=sa.text("clock_timestamp()")', True),
        ("sa.Integer(), sa.Identity(always=False)", True),
        ('PrintedType("bigserial")', True),
        ('sa.Integer(), sa.Computed("n * 2", persisted=True)', True),
        ('sa.Integer(), sa.Computed("n * 2", persisted=False)', False),
        ('sa.DateTime(), server_default=sa.text("now()")', False),
        ("sa.String(length=9), server_default='a'", False),
        ("""sa.Text(), server_default=sa.text("'a'::character varying(9)")""", False),
    ],
)
def test_column_with_a_value_for_each_row_rewrites_its_table(column: str, rewrites: bool) -> None:  # noqa: FBT001
    assert ("Rewrites: the table of t.c" in _add(column)) == rewrites


def test_expression_that_is_set_rewrites_the_table() -> None:
    change = 'op.alter_column("t", "g", server_default=sa.Computed("n * 3", persisted=True))'
    assert "Rewrites: the table of t.g" in header(change, "pass")


@pytest.mark.parametrize("stored", [True, False])
def test_generated_column_loses_nothing_when_it_is_dropped(stored: bool) -> None:  # noqa: FBT001
    add = f'op.add_column("t", sa.Column("g", sa.Integer(), sa.Computed("n * 2", persisted={stored})))'
    drop = 'op.drop_column("t", "g")'
    assert "Downgrade: loses no data." in header(add, drop)
    assert "Loses data" not in header(drop, add)
    assert "loses the values of t.n" in header(add, 'op.drop_column("t", "n")')


def test_dropped_partition_loses_its_rows() -> None:
    create = 'op.create_partition("p1", "public.p", "FOR VALUES FROM (0) TO (10)", schema="public")'
    drop = 'op.drop_partition("p1", schema="public")'
    assert "Downgrade: loses the rows of p1." in header(create, drop)
    assert "Loses data: the rows of p1." in header(drop, create)


def test_dropped_sequence_loses_its_number() -> None:
    create = 'op.create_sequence("s", "AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1")'
    drop = 'op.drop_sequence("s")'
    assert "Downgrade: loses the number that s has reached." in header(create, drop)
    assert "Loses data: the number that s has reached." in " ".join(header(drop, create).split())
    view = 'op.create_view("m", "SELECT 1 AS one", materialized=True)'
    filled_by_its_query = header(view, 'op.drop_view("m", materialized=True)')
    assert "Downgrade: loses no data." in filled_by_its_query


def test_extension_and_schema_of_others_are_not_dropped_for_ever(empty_engine: sa.Engine) -> None:
    send(empty_engine, "CREATE EXTENSION hstore", "CREATE SCHEMA theirs", "CREATE TABLE t (n int)")
    managed = {"public", "theirs"}
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas=managed)
    assert "drop_table" in generated.text
    generated.upgrade(empty_engine)
    again = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas=managed)
    assert "op." not in again.text.partition("def upgrade")[2]
    assert {"extension hstore", "schema theirs"} <= set(again.undeclared)
