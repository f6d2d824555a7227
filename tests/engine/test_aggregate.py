"""Aggregates: a kind that stands in one file."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on

from app_schema.catalog import diff, snapshot
from app_schema.ddl import Aggregate, Function, Key, View, attach, declared
from app_schema.errors import DifferentError

ADD = Function(
    "add",
    "SELECT a + b",
    arguments="a integer, b integer",
    returns="integer",
    language="sql",
    schema="public",
)
KEY = Key("aggregate", "public", None, "total(integer)")


def _metadata(initcond: str | None) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", sa.Integer))
    if initcond is not None:
        total = Aggregate(
            "total", "integer", sfunc="public.add", stype="integer", initcond=initcond, schema="public"
        )
        attach(
            metadata, total, ADD, View("v", "SELECT public.total(n) AS sum FROM public.t", schema="public")
        )
    return metadata


def test_create_all_creates_it_after_its_function_and_before_a_view(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        for _ in range(2):
            _metadata("0").create_all(connection)
        assert snapshot(connection)[KEY] == "SFUNC = public.add, STYPE = integer, INITCOND = '0'"
    assert autogenerate(empty_engine, _metadata("0")).diffs == []
    with empty_engine.begin() as connection:
        _metadata("0").drop_all(connection)
        assert KEY not in snapshot(connection)


@pytest.mark.parametrize("before", [None, "5"], ids=["created", "replaced"])
def test_revision_and_its_downgrade_run_twice(empty_engine: sa.Engine, before: str | None) -> None:
    autogenerate(empty_engine, _metadata(before)).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
        start = snapshot(connection)
    generated = autogenerate(empty_engine, _metadata("0"))
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, _metadata("0")).diffs == []
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sum FROM v").scalar_one() == 3
    for _ in range(2):
        generated.downgrade(empty_engine)
    with empty_engine.connect() as connection:
        assert diff(start, snapshot(connection)) == []


def test_another_definition_is_refused_and_another_spelling_is_not(empty_engine: sa.Engine) -> None:
    same = {"sfunc": "int4pl", "stype": "int", "schema": "public"}
    with operations_on(empty_engine) as op:
        op.create_aggregate("total", "integer", **same)
        op.create_aggregate("total", "int", **same)
        op.comment_on("aggregate", "total(integer)", "a sum", schema="public")
    with pytest.raises(DifferentError, match="INITCOND"), operations_on(empty_engine) as op:
        op.create_aggregate("total", "integer", **same, initcond="0")
    with operations_on(empty_engine) as op:
        op.drop_aggregate("total", "integer", schema="public")
        op.drop_aggregate("total", "integer", schema="public")


def test_aggregate_is_recreated_around_the_function_that_it_calls(empty_engine: sa.Engine) -> None:
    metadata = _metadata("0")
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    changed = sa.MetaData()
    sa.Table("t", changed, sa.Column("n", sa.Integer))
    add = dataclasses.replace(ADD, arguments="one integer, other integer", body="SELECT one + other")
    attach(changed, add, *(obj for obj in declared(metadata).values() if obj.kind != "function"))
    generated = autogenerate(empty_engine, changed)
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, changed).diffs == []
    for _ in range(2):
        generated.downgrade(empty_engine)
    assert autogenerate(empty_engine, metadata).diffs == []


@pytest.mark.parametrize(
    "more",
    [
        "MSFUNC = public.add, MINVFUNC = public.add, MSTYPE = integer",
        "SSPACE = 8",
        "SORTOP = OPERATOR(pg_catalog.<)",
        "FINALFUNC = public.final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_WRITE",
    ],
)
def test_what_the_class_cannot_hold_is_a_difference(empty_engine: sa.Engine, more: str) -> None:
    metadata = _metadata("0")
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION public.final(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        connection.exec_driver_sql(
            "CREATE OR REPLACE AGGREGATE public.total(integer) "
            f"(SFUNC = public.add, STYPE = integer, INITCOND = '0', {more})"
        )
    generated = autogenerate(empty_engine, metadata)
    assert "aggregate public.total(integer)" in str(generated.diffs)
