"""A database made from PostgreSQL's own print of it, as a dump restored, is no other one."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import catalog, send

from app_schema.catalog import diff
from app_schema.catalog.spelling import Spelling

CONDITIONS = (
    "v IN ('a', 'b: ]::text[]', 'it''s (')",
    "v NOT IN (w, 'b', v || 'x') AND (n > 1 OR v IS NULL OR n = 3)",
    "v = ANY ('{a,b}'::varchar[]) AND n IN (1, 2)",
    "w IN ('a', 'b') AND (v IN (w, 'c') AND t IN ('a', 'b')) AND d IN ('2020-01-01', '2020-01-02')",
    "(t || 'x') IN (v, w) OR ARRAY[v, w]::text[] && ARRAY['a', 'b']",
    "lower(v) IN ('a', t) AND n::numeric IN (1, 2.5)",
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_second_print_means_the_same(empty_url: str, empty_engine: sa.Engine, condition: str) -> None:
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c'"
    prints = [f"CHECK ({condition})"]
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE TABLE t (v varchar, w varchar(9), t text, n int, d date)")
        for _ in range(3):
            connection.execute(
                f"ALTER TABLE t DROP CONSTRAINT IF EXISTS c, ADD CONSTRAINT c {prints[-1]}".encode()
            )
            row = connection.execute(query).fetchone()
            assert row is not None
            prints.append(row[0])
    once, twice, thrice = prints[1:]
    with empty_engine.connect() as asked:
        spelling = Spelling(asked)
        assert spelling.same(once, twice), (spelling.flat(once), spelling.flat(twice))
    assert twice == thrice


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CHECK ((v = ANY ((ARRAY['a'::x])::text[])))", "CHECK ((v = ANY (ARRAY[('b'::x)::text])))"),
        ("CHECK ((v = ANY ((ARRAY['a'::x])::text[])))", "CHECK ((v = ANY (ARRAY[('a'::x)::name])))"),
        (
            "CHECK ((v = ANY ((ARRAY['a, b'::x])::text[])))",
            "CHECK ((v = ANY (ARRAY[('a'::x)::text, 'b'::x])))",
        ),
        ("CHECK ((a AND (b OR c)))", "CHECK (((a AND b) OR c))"),
    ],
)
def test_other_meaning_stays_a_difference(empty_engine: sa.Engine, left: str, right: str) -> None:
    with empty_engine.connect() as asked:
        assert not Spelling(asked).same(left, right)


def test_body_in_standard_sql_that_was_read_again_is_no_other_one(empty_engine: sa.Engine) -> None:
    """A column of a literal gets a name, and casts of elements another place."""
    head = "CREATE FUNCTION f(v varchar, OUT a text, OUT b bigint, OUT c boolean) LANGUAGE sql"
    body = "BEGIN ATOMIC SELECT 'x  y', NULL::bigint, v IN ('a', 'b'); END"
    send(
        empty_engine,
        f"{head} {body}",
        f"CREATE PROCEDURE p() LANGUAGE sql {body.replace('v IN', 'NULL::varchar IN')}",
    )
    start = catalog(empty_engine)
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    for run in (generated.upgrade, generated.downgrade):
        for _ in range(2):
            run(empty_engine)
    found = diff(start, catalog(empty_engine))
    assert {difference.key.kind for difference in found} == {"function", "procedure"}
    send(empty_engine, f"{head.replace('CREATE', 'CREATE OR REPLACE')} {body.replace('  ', ' ')}")
    with empty_engine.connect() as connection:
        spelling = Spelling(connection)
        assert spelling.in_more_than_spelling(found) == []
        (other,) = spelling.in_more_than_spelling(diff(start, catalog(empty_engine)))
    assert other.key.kind == "function"
