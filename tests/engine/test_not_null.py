"""NOT NULL constraints with a name of their own, NO INHERIT and NOT VALID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip, send

from app_schema import ModelError, ddl

pytestmark = pytest.mark.part(of=4)

NAME = "muß \"da\" '%I'"


def _metadata(*objects: ddl.NotNull, nullable: bool = False, other: bool = True) -> sa.MetaData:
    metadata = sa.MetaData()
    columns: list[sa.Column[Any]] = [sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)]
    if other:
        columns.append(sa.Column("n 1", sa.Integer, nullable=nullable))
    sa.Table("T t", metadata, *columns, *objects)
    return metadata


@pytest.fixture
def engine(empty_engine: sa.Engine) -> sa.Engine:
    with empty_engine.connect() as connection:
        if connection.dialect.server_version_info < (18,):  # type: ignore[operator]  # a tuple by then
            pytest.skip("before PostgreSQL 18 a NOT NULL has no name")
    return empty_engine


def _filled(engine: sa.Engine, metadata: sa.MetaData) -> None:
    with engine.begin() as connection:
        metadata.create_all(connection)
        number = len(metadata.tables["T t"].columns)
        connection.exec_driver_sql(f'INSERT INTO "T t" VALUES {("(1)", "(1, 1), (2, 2)")[number - 1]}')


NAMED = _metadata(ddl.NotNull("n 1", NAME))
ALONE = _metadata(ddl.NotNull("n 1", "alone", no_inherit=True), ddl.NotNull("id", "key"))
UNPROVED = _metadata(ddl.NotNull("n 1", NAME, not_valid=True), nullable=True)
BARE = _metadata(ddl.NotNull("id", "key"))
NULLABLE = _metadata(ddl.NotNull("id", "key"), nullable=True)
FEWER = _metadata(ddl.NotNull("id", "key"), other=False)
STATES = {
    "named": NAMED,
    "alone": ALONE,
    "unproved": UNPROVED,
    "bare": BARE,
    "nullable": NULLABLE,
    "fewer": FEWER,
}


@pytest.mark.part(of=6)
@pytest.mark.parametrize("new", STATES)
@pytest.mark.parametrize("old", STATES)
def test_each_state_becomes_each_other_with_rows(engine: sa.Engine, old: str, new: str) -> None:
    if old != new and not ("fewer" in {old, new} and {"named", "alone", "bare"} & {old, new}):  # no values
        _filled(engine, STATES[old])
        round_trip(engine, STATES[new], prune=True)


@pytest.mark.parametrize("name", STATES)
def test_new_and_dropped_table_with_it(engine: sa.Engine, name: str) -> None:
    generated = round_trip(engine, STATES[name], proved=True)
    assert "not mended" not in generated.text
    with engine.begin() as connection:
        for _ in range(2):
            STATES[name].create_all(connection)
    assert autogenerate(engine, STATES[name], prune=True).diffs == []
    round_trip(engine, sa.MetaData(), prune=True, managed_schemas={"public"})


def test_undeclared_name_is_named_unless_one_is_declared(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        NAMED.create_all(connection)
    plain = _metadata()
    assert autogenerate(engine, plain, prune=True).diffs == []
    # the column is dropped, and comes back with the name
    round_trip(engine, _metadata(other=False), prune=True)
    round_trip(engine, _metadata(nullable=True))
    kept = autogenerate(engine, BARE)
    assert "not null n 1 on public.T t" in kept.undeclared


def test_column_with_rows_and_without_a_value_gets_its_name_later(engine: sa.Engine) -> None:
    _filled(engine, FEWER)
    first = autogenerate(engine, ALONE)
    assert "it is added nullable" in first.text
    first.upgrade(engine)
    send(engine, 'UPDATE "T t" SET "n 1" = 1')
    round_trip(engine, ALONE)


@pytest.mark.parametrize(
    "call",
    [
        lambda op: op.create_not_null("n 1", "T t", "other"),
        lambda op: op.create_not_null("n 1", "T t", NAME, no_inherit=True),
    ],
    ids=["name", "no inherit"],
)
def test_other_constraint_is_refused(engine: sa.Engine, call: Callable[[Any], None]) -> None:
    with engine.begin() as connection:
        NAMED.create_all(connection)
    with (
        pytest.raises(Exception, match="already exists with a different definition"),
        operations_on(engine) as op,
    ):
        call(op)


def test_before_18_it_is_nothing(empty_engine: sa.Engine) -> None:
    """And from 18 on it is there: the same models serve each version."""
    with empty_engine.begin() as connection:
        for _ in range(2):
            ALONE.create_all(connection)
    assert autogenerate(empty_engine, ALONE, prune=True).diffs == []
    with operations_on(empty_engine) as op:
        op.drop_not_null("n 1", "T t")
        op.create_not_null("n 1", "T t", "alone", no_inherit=True)
    with pytest.raises(ModelError, match="has a name that PostgreSQL chooses"):
        _metadata(ddl.NotNull("id", "T t_id_not_null"))


def test_column_with_no_inherit_becomes_an_identity(engine: sa.Engine) -> None:
    def declared(*identity: sa.Identity) -> sa.MetaData:
        metadata = sa.MetaData()
        number = sa.Column("n", sa.Integer, *identity, nullable=False)
        sa.Table("t", metadata, sa.Column("a", sa.Integer), number, ddl.NotNull("n", "own", no_inherit=True))
        return metadata

    with engine.begin() as connection:
        declared().create_all(connection)
    send(engine, "INSERT INTO t VALUES (1, 1)")
    round_trip(engine, declared(sa.Identity()))
