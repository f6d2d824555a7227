"""Domains and sequences that several columns share."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip, send
from sqlalchemy.dialects.postgresql import DOMAIN

from app_schema.ddl import Function, attach

pytestmark = pytest.mark.part(of=4)


def _declared(*tables: str, check: str = "VALUE ~ '@'", type_: Any = sa.Text, **options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    for table in tables:
        domain = DOMAIN("email", type_, check=check, constraint_name="ck_email", **options)
        sa.Table(table, metadata, sa.Column("n", domain))
    return metadata


def _email(check: str) -> DOMAIN:
    return DOMAIN("email", sa.Text(), check=check, constraint_name="ck_email")


@pytest.mark.parametrize("autocommit", [False, True])
def test_written_revision_with_a_domain_runs_twice(autocommit: bool, empty_engine: sa.Engine) -> None:  # noqa: FBT001
    for _ in range(2):
        with operations_on(empty_engine, autocommit=autocommit) as op:
            for table in ("t", "u"):
                op.create_table(table, sa.Column("n", _email("VALUE ~ '@'")))
        send(empty_engine, "INSERT INTO t VALUES ('a@b')")
    with (
        pytest.raises(Exception, match=r"domain .*email.* different"),
        operations_on(empty_engine, autocommit=autocommit) as op,
    ):
        op.create_table("w", sa.Column("n", _email("VALUE ~ 'x'")))


def test_domain_and_unlogged_table_of_odd_names_run_twice(empty_engine: sa.Engine) -> None:
    domain = DOMAIN("a AS b", sa.Text(), check="VALUE <> ' AS '", constraint_name="ck")
    for _ in range(2):
        with operations_on(empty_engine) as op:
            op.create_table(
                "log",
                sa.Column("n", domain),
                sa.CheckConstraint("n > ''", name="ck_n"),
                prefixes=["unlogged"],
            )
        send(empty_engine, "INSERT INTO log VALUES ('a@b')")
    with pytest.raises(Exception, match="different"), operations_on(empty_engine) as op:
        op.create_check_constraint("ck_n", "log", "n > 'b'")


def test_domain_of_several_tables_is_made_once(empty_engine: sa.Engine) -> None:
    generated = round_trip(empty_engine, _declared("t", "u"), proved=True)
    assert generated.text.count("create_domain") == 1


def test_changed_domain_is_altered_under_its_rows(empty_engine: sa.Engine) -> None:
    autogenerate(empty_engine, _declared("t")).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO t VALUES ('a@b')")
    changed = _declared("t", "w", check="VALUE ~ '.@.'", not_null=True, default="x@y")
    round_trip(empty_engine, changed)
    unfit = autogenerate(empty_engine, _declared("t", check="VALUE ~ 'c'"))
    with pytest.raises(Exception, match=r"domain .*email .*cannot be changed: rows violate it"):
        unfit.upgrade(empty_engine)
    other = autogenerate(empty_engine, _declared("t", type_=sa.String(9)))
    assert "domain public.email cannot be changed: column n of public.t uses it" in other.text


def test_sequence_of_two_columns_is_made_once(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    for table in ("t", "u"):
        shared = sa.Sequence("shared")
        number = sa.Column("n", sa.Integer, shared, server_default=shared.next_value(), primary_key=True)
        sa.Table(table, metadata, number, sa.Column("x", sa.Integer))
    generated = round_trip(empty_engine, metadata, proved=True)
    generated.upgrade(empty_engine)
    send(empty_engine, "INSERT INTO t (x) VALUES (1)", "INSERT INTO u (x) VALUES (1)")
    with empty_engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT n FROM u")) == 2


def _calling(schema: str, check: str) -> sa.MetaData:
    """A domain that calls a function, beside one of the same name in the other schema that reads the
    table."""
    metadata = sa.MetaData()
    domain = DOMAIN("word", sa.Text, check=check.format(schema), constraint_name="known", schema="one")
    columns: list[sa.Column[Any]] = [sa.Column(name, domain) for name in ("word", "other")]
    sa.Table("t", metadata, sa.Column("id", sa.Integer), *columns, schema="two")
    common: dict[str, Any] = {"returns": "boolean", "language": "sql", "volatility": "IMMUTABLE"}
    other = "two" if schema == "one" else "one"
    attach(
        metadata,
        Function("is it", "SELECT x.id > 0", arguments="x two.t", schema=other, **common),
        Function("is it", "SELECT true FROM two.t", arguments="x integer", schema=schema, **common),
        Function("is it", "SELECT x <> 'no'", arguments="x text", schema=schema, **common),
    )
    return metadata


def test_function_that_a_domain_calls_is_found_with_its_schema(empty_engine: sa.Engine) -> None:
    options: dict[str, Any] = {"managed_schemas": {"one", "two"}, "prune": True}
    send(empty_engine, "CREATE SCHEMA one", "CREATE SCHEMA two")
    first = _calling("one", '{}."is it"(VALUE)')
    for statement in (first.create_all, first.drop_all):
        with empty_engine.begin() as connection:
            statement(connection)
    autogenerate(empty_engine, first, **options).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO two.t VALUES (1, 'a', NULL)")
    round_trip(empty_engine, _calling("two", "{}.\"is it\"(VALUE) AND VALUE <> 'b'"), **options)
    round_trip(empty_engine, sa.MetaData(), **options)


def test_domain_is_dropped_before_the_one_that_it_is_over(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        for name, over in (("zip", "text CHECK (VALUE <> '')"), ("a", "zip"), ("z", "a"), ("b", "z[]")):
            connection.exec_driver_sql(f"CREATE DOMAIN {name} AS {over}")
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    for _ in range(2):
        generated.upgrade(empty_engine)
    for _ in range(2):
        generated.downgrade(empty_engine)
    assert autogenerate(empty_engine, sa.MetaData(), managed_schemas={"public"}).undeclared == [
        f"domain public.{name}" for name in ("a", "b", "z", "zip")
    ]
