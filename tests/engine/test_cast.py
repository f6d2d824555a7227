"""Any type becomes any other, in the gentlest way that PostgreSQL has, or refuses in one sentence."""

from __future__ import annotations

from itertools import permutations

import pytest
import sqlalchemy as sa
from autogen import autogenerate

from app_schema.catalog.cast import Casts, using
from app_schema.ddl.printed_type import PrintedType
from app_schema.errors import DifferentError
from app_schema.migrations.header import header

pytestmark = pytest.mark.part(of=4)

TYPES = (
    "integer",
    "numeric(10,2)",
    "text",
    "character varying(20)",
    "uuid",
    "jsonb",
    "text[]",
    "integer[]",
    "public.mood",
    "public.mood[]",
    "public.word",
)
MADE = "CREATE TYPE public.mood AS ENUM ('a'); CREATE DOMAIN public.word AS varchar(5)"


def _works(connection: sa.Connection, source: str, target: str, clause: str | None) -> bool:
    attempt = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE t (c {source})")
        change = f"ALTER TABLE pg_temp.t ALTER c TYPE {target}"
        connection.exec_driver_sql(change if clause is None else f"{change} USING {clause}")
    except sa.exc.DBAPIError:
        return False
    finally:
        attempt.rollback()
    return True


def test_gentlest_way_between_two_types_is_taken(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        for statement in (*MADE.split("; "), "SET search_path = ''"):
            connection.exec_driver_sql(statement)
        for source, target in permutations(TYPES, 2):
            ways = (None, f"c::{target}", f"c::text::{target}")
            gentlest = next(way for way in ways if _works(connection, source, target, way))
            assert using(Casts(connection), "c", source, target) == gentlest, f"{source} to {target}"


def _column(type_: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a %", PrintedType(type_)))
    return metadata


@pytest.mark.parametrize(
    ("source", "target", "value", "words"),
    [
        ("text", "integer", "many", 'invalid input syntax for type integer: "many"'),
        ("uuid", "integer", "00000000-0000-0000-0000-000000000000", "invalid input syntax"),
        ("text", "character varying(3)", "long", "value too long"),
        ("bigint", "smallint", "70000", "out of range"),
    ],
)
def test_row_that_cannot_be_converted_is_told_and_kept(
    empty_engine: sa.Engine, source: str, target: str, value: str, words: str
) -> None:
    autogenerate(empty_engine, _column(source)).upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO t VALUES ('{value}')")
    generated = autogenerate(empty_engine, _column(target))
    with pytest.raises(DifferentError) as refusal:
        generated.upgrade(empty_engine)
    told = str(refusal.value)
    for word in (words, "column a % of t", source, target, "postgresql_using="):
        assert word in told
    with empty_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT t::text FROM t").scalar_one() == f"({value})"


def test_header_tells_of_a_conversion_without_a_cast() -> None:
    cast, no_cast = (
        f'op.alter_column("t", "a", type_=sa.Integer(), postgresql_using="a::{way}")'
        for way in ("integer", "text::integer")
    )
    assert "No cast" not in header(cast, cast)
    told = " ".join(header(no_cast, cast).split())
    assert "No cast: t.a is read anew from its text" in told
    assert "Downgrade: loses no data; converts t.a back" in told
