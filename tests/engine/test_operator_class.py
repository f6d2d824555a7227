"""Operator classes and families that indexes use: created before them, and dropped after them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture

from app_schema import ddl

pytestmark = pytest.mark.part(of=2)


def _metadata() -> sa.MetaData:
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer))
    sa.Index("i", table.c.a, postgresql_ops={"a": "public.k"})
    ddl.attach(
        metadata,
        ddl.OperatorClass(
            "k USING btree",
            "FOR TYPE integer USING btree FAMILY public.f AS OPERATOR 1 <(integer,integer), "
            "OPERATOR 3 =(integer,integer), FUNCTION 1 (integer, integer) public.own(integer,integer)",
            schema="public",
        ),
        ddl.OperatorFamily("f USING btree", schema="public"),
        ddl.Function(
            "own",
            "SELECT btint4cmp($1, $2)",
            arguments="integer, integer",
            returns="integer",
            language="sql",
            volatility="IMMUTABLE",
            schema="public",
        ),
    )
    return metadata


@pytest.mark.parametrize("before", ["CREATE TABLE other ()", "CREATE TABLE t (a int)"])
def test_declared_class_of_a_declared_index(changed: RoundTrip, before: str) -> None:  # noqa: F811
    generated = changed(before, metadata=_metadata())
    assert "not mended" not in generated.text


def test_metadata_is_created_and_dropped(empty_engine: sa.Engine) -> None:
    for _ in range(2):
        _metadata().create_all(empty_engine)
        _metadata().drop_all(empty_engine)
