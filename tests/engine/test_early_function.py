"""A declared function that a table needs is made before the table, and dropped after it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import catalog, round_trip, send
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM

from app_schema.ddl import Composite, Domain, Function, Operator, Trigger, attach

pytestmark = pytest.mark.part(of=4)


def _declared() -> sa.MetaData:
    metadata = sa.MetaData()
    mood = ENUM("low", "high", name="mood", metadata=metadata)
    sa.Table(
        "t",
        metadata,
        sa.Column(
            "n", sa.Integer, sa.CheckConstraint("plus(n) > 0", name="ck"), server_default=sa.text("plus(1)")
        ),
        sa.Column("twice", sa.Integer, sa.Computed("plus_twice(n)", persisted=True)),
        sa.Column("mood", mood),
        sa.Index("ix", sa.func.is_low(sa.text("mood"))),
        Trigger("tr", before="UPDATE", execute="touch()"),
    )
    options: dict[str, Any] = {
        "returns": "integer",
        "language": "sql",
        "volatility": "IMMUTABLE",
        "settings": None,
    }
    attach(
        metadata,
        Function("inner_plus", "SELECT x + 1", arguments="x integer", **options),
        Function("plus", "SELECT inner_plus(x)", arguments="x integer", **options),
        Function("plus_twice", "SELECT plus(plus(x))", arguments="x integer", **options),
        Function("is_low", "SELECT m = 'low'", arguments="m mood", **{**options, "returns": "boolean"}),
        Function("touch", "BEGIN RETURN NEW; END", returns="trigger"),
        Function("late", "SELECT n FROM t", returns="SETOF integer", language="sql", settings=None),
    )
    return metadata


def test_create_all_and_drop_all(empty_engine: sa.Engine) -> None:
    metadata = _declared()
    for _ in range(2):
        empty = catalog(empty_engine)
        metadata.create_all(empty_engine)
        metadata.create_all(empty_engine)
        send(empty_engine, "INSERT INTO t (mood) VALUES ('low')")
        metadata.drop_all(empty_engine)
        assert catalog(empty_engine) == empty


def test_autogenerate(empty_engine: sa.Engine) -> None:
    generated = round_trip(empty_engine, _declared(), proved=True)
    generated.upgrade(empty_engine)
    send(empty_engine, "INSERT INTO t (mood) VALUES ('low')")


def test_function_and_operator_of_the_check_of_a_domain_exist_before_it(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    options: dict[str, Any] = {"language": "sql", "volatility": "IMMUTABLE", "settings": None}
    text: dict[str, Any] = {"arguments": "x text, y text", "returns": "boolean"}
    attach(
        metadata,
        Domain("address", "text CONSTRAINT ck CHECK (is_address(VALUE) AND VALUE ~~~ 'b')"),
        Composite("pair", "(a address, b integer)"),
        Function("has_at", "SELECT x ~ '@'", arguments="x text", returns="boolean", **options),
        Function("is_address", "SELECT has_at(x)", arguments="x text", returns="boolean", **options),
        Function("resembles", "SELECT x ~ y", **text, **options),
        Operator(
            "~~~(text, text)",
            "(FUNCTION = public.resembles, LEFTARG = text, RIGHTARG = text)",
            schema="public",
        ),
    )
    round_trip(empty_engine, metadata, proved=True)
    sa.Table("t", metadata, sa.Column("a", DOMAIN("address", sa.Text(), create_type=False)))
    round_trip(empty_engine, metadata, proved=True)
    empty = catalog(empty_engine)
    metadata.create_all(empty_engine)
    assert autogenerate(empty_engine, metadata).empty
    round_trip(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    metadata.drop_all(empty_engine)
    assert catalog(empty_engine) == empty
