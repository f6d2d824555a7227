"""Two declarations of one function are noticed before any server is asked."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app_schema import ModelError
from app_schema.ddl import Function, attach

SAME = [
    ("a int", "b integer"),
    ("int", "a INTEGER"),
    ("a int DEFAULT 1", "a int4"),
    ("a varchar(20), b numeric(10, 2)", "x character varying, y decimal"),
    ("a timestamptz", "timestamp(3) with time zone"),
    ("VARIADIC a int[]", "b integer[]"),
    ("INOUT a bool", "boolean, OUT b text"),
    ('"a b" double precision', "float8"),
    ("", "OUT a int"),
    ("a float(24)", "float4"),
    ("a float(25)", "float8"),
    ("a pg_catalog.int4, b pg_catalog . timestamptz", 'int, "timestamptz"'),
    ('a "int4"', "integer"),
    ('a PG_CATALOG."varchar"', "a nchar varying(3)"),
    ('a "char"', "pg_catalog.char"),
    ('a app."t"', "App.T"),
    ("a dec(4, 2)", "a numeric"),
    ("a varbit(3)", "a bit varying"),
    ("a nchar(3), b national char", 'char, "bpchar"'),
    ("a interval day to second(3), b interval year", "interval, y interval(2)"),
    ("a interval hour[]", "pg_catalog.interval array[3]"),
    ("origin uuid", "a uuid"),
    ("a IN OUT int, b OUT text", "INOUT c int, OUT d text"),
    ("a VARIADIC int[]", "a int ARRAY"),
]
DIFFERENT = [
    ("a int", "a bigint"),
    ("a int", "a int, b int"),
    ("a int", "a int[]"),
    ("a timestamp", "a timestamptz"),
    ("a text", "a varchar"),
    ("a app.t", "a public.t"),
    ('a "T"', "a t"),
    ("a float(24)", "a float8"),
    ('a "char"', "a char"),
    ("a pg_catalog.char", "a nchar"),
    ("a pg_catalog.date", "a app.date"),
    ("a interval year", "a interval year[]"),
]


def _both(one: str, other: str) -> None:
    functions = [
        Function("f", "SELECT 1", arguments=each, returns="int", language="sql") for each in (one, other)
    ]
    attach(sa.MetaData(), *functions)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_function_are_refused(one: str, other: str) -> None:
    with pytest.raises(ModelError, match="the same object for PostgreSQL: declare only one"):
        _both(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_overloads_are_two_functions(one: str, other: str) -> None:
    _both(one, other)


def test_postgresql_says_so_too(empty_engine: sa.Engine) -> None:
    """The lists above are PostgreSQL's own word: it counts one function for each pair, or two."""
    with empty_engine.connect() as connection:
        for pairs, count in ((SAME, 1), (DIFFERENT, 2)):
            for pair in pairs:
                connection.exec_driver_sql(
                    "CREATE SCHEMA app; CREATE TYPE app.t AS (n int); CREATE TYPE app.date AS (n int)"
                )
                connection.exec_driver_sql('CREATE TYPE public.t AS (n int); CREATE TYPE "T" AS (n int)')
                for arguments in pair:
                    returns = "" if "OUT" in arguments else "RETURNS int"
                    create = f"CREATE FUNCTION app.f({arguments}) {returns} LANGUAGE plpgsql AS 'BEGIN END'"
                    connection.exec_driver_sql(
                        f"DO $do$ BEGIN {create}; EXCEPTION WHEN duplicate_function THEN NULL; END $do$"
                    )
                counted = "SELECT count(*) FROM pg_catalog.pg_proc WHERE proname = 'f'"
                found = connection.exec_driver_sql(counted).scalar()
                assert found == count, pair
                connection.rollback()
