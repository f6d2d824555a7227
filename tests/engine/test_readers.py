"""Views and functions that read each other: what is read changes, and its readers come back around it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, catalog, changed, send  # noqa: F401 - a fixture

from app_schema.ddl import Function, Key, View, attach
from app_schema.errors import ModelError

pytestmark = pytest.mark.part(of=6)

TABLE = ("CREATE TABLE t (id int PRIMARY KEY, a {type}, b text)", "INSERT INTO t VALUES (1, 'x', 'y')")
TEXT = tuple(line.format(type="text") for line in TABLE)
VIEW = "CREATE VIEW v AS SELECT id, a, b FROM t"
ATOMIC = "CREATE FUNCTION atomic() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT a FROM {0}; END"
RETURN = "CREATE FUNCTION newest() RETURNS text LANGUAGE sql RETURN (SELECT max(a) FROM {0})"
READERS = (
    ATOMIC.format("v"),
    RETURN.format("v"),
    "CREATE FUNCTION rows_of_v() RETURNS SETOF v LANGUAGE sql AS 'SELECT * FROM v'",
    "CREATE FUNCTION a_of(v) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ($1).a; END'",
    "CREATE VIEW count_of_rows AS SELECT count(*) FROM rows_of_v()",
    "CREATE VIEW over AS SELECT atomic FROM atomic()",
    "CREATE TABLE n (n text DEFAULT newest())",
    "CREATE POLICY p ON n USING (n IN (SELECT over.atomic FROM over))",
    "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, a) VALUES (new.id, new.a)",
    "GRANT SELECT (a, b), UPDATE (b) ON v TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION atomic() TO pg_monitor",
    "COMMENT ON COLUMN v.a IS 'a'",
    "COMMENT ON COLUMN v.b IS 'b'",
    "COMMENT ON FUNCTION atomic() IS 'read at once'",
    "ALTER VIEW v ALTER b SET DEFAULT 'q'",
)


def _declared(*objects: Any, columns: str = "ab") -> sa.MetaData:
    metadata = sa.MetaData()
    number = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    sa.Table("t", metadata, number, *(sa.Column(name, sa.Text) for name in columns))
    attach(metadata, *objects)
    return metadata


def _function(body: str, name: str = "f", **options: Any) -> Function:
    return Function(name, body, returns="SETOF text", language="sql", **options)


@pytest.mark.part(of=4)
@pytest.mark.parametrize("columns", ["id, a", "id, b, a", "id, a, b::varchar(5) AS b", "id, a, b, 1 AS c"])
def test_readers_of_a_view_come_back_when_its_columns_change(
    columns: str,
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    # PostgreSQL writes the columns of the rows that a function returns into the definition of a view
    readers = [reader for reader in READERS if "b" in columns or "count_of_rows" not in reader]
    generated = changed(*TEXT, VIEW, *readers, metadata=_declared(View("v", f"SELECT {columns} FROM t")))
    before = {key for key in catalog(empty_engine) if key.kind != "comment"}
    generated.upgrade(empty_engine)
    after = catalog(empty_engine)
    if "b" in columns:
        assert before <= after.keys()
    else:  # with the column goes what is on this column alone
        gone = {Key("column", "public", "v", "b"), Key("column_grant", "public", "v", "PUBLIC UPDATE")}
        assert before - after.keys() == gone
        assert Key("comment", "public", "v", "a") in after


@pytest.mark.part(of=4)
@pytest.mark.parametrize(
    ("label", "statement"),
    [
        ("column x on public.u", "CREATE TABLE u (x v)"),
        ("view public.w", "CREATE VIEW w AS SELECT b FROM v"),
        (
            "view public.w",
            "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'TABLE v'; CREATE VIEW w AS SELECT FROM f()",
        ),
        ("rule r on public.v", "CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE b = old.b"),
        (
            "function public.f()",
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN (SELECT max(b) FROM v)",
        ),
    ],
)
def test_reader_of_a_column_that_the_view_loses_is_refused(
    label: str, statement: str, empty_engine: sa.Engine
) -> None:
    send(empty_engine, *TEXT, VIEW, statement)
    metadata = _declared(View("v", "SELECT id, a FROM t"))
    with pytest.raises(ModelError) as error:
        autogenerate(empty_engine, metadata, managed_schemas={"public"})
    assert f"{label} depends on view public.v, which changes" in str(error.value)
    send(empty_engine, str(error.value).rpartition("op.execute(")[2][1:-2])
    autogenerate(empty_engine, metadata, managed_schemas={"public"}).upgrade(empty_engine)


def test_functions_whose_body_is_parsed_come_back_when_a_column_gets_another_type(
    changed: RoundTrip,  # noqa: F811
) -> None:
    declared = Function(
        "newest", "RETURN (SELECT max(a) FROM t)", returns="text", language="sql", settings=None
    )
    changed(
        *(line.format(type="varchar(9)") for line in TABLE),
        ATOMIC.format("t"),
        RETURN.format("t"),
        "CREATE TABLE n (n text DEFAULT newest())",
        "CREATE VIEW w AS SELECT atomic FROM atomic()",
        metadata=_declared(declared),
    )


def test_declared_functions_are_created_after_the_views_that_they_read(changed: RoundTrip) -> None:  # noqa: F811
    changed(
        *TEXT,
        metadata=_declared(
            _function("SELECT a FROM public.v"),
            _function("SELECT public.f()", "calls"),
            _function("BEGIN ATOMIC SELECT a FROM public.v; END", "parsed"),
            View("v", "SELECT id, a FROM t"),
            View("w", "SELECT * FROM public.calls()"),
        ),
    )


@pytest.mark.parametrize("source", ["v", "t", "u"])
def test_function_that_no_longer_reads_what_goes_is_brought_back_after_it(
    source: str,
    changed: RoundTrip,  # noqa: F811
) -> None:
    changed(
        *TEXT,
        VIEW,
        "CREATE TABLE u (b text)",
        f"CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql SET search_path TO '' "
        f"AS 'SELECT b FROM public.{source}'",
        metadata=_declared(_function("SELECT a FROM public.t"), columns="a" if source == "t" else "ab"),
        prune=True,
    )
