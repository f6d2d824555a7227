"""Definitions in parts: words of SQL inside names, defaults and bodies belong to their part."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from roundtrip import RoundTrip, catalog, changed  # noqa: F401 - a fixture

from app_schema.ddl import Function, Key, View, attach
from app_schema.ddl.column import PrintedColumn


def _metadata(*columns: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, *columns)
    return metadata


def test_type_whose_name_says_default_is_changed_and_comes_back(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    changed(
        "CREATE TYPE \"the DEFAULT mood\" AS ENUM ('a')",
        'CREATE TABLE t (n int, mood "the DEFAULT mood")',
        "INSERT INTO t VALUES (1, 'a'), (2, NULL)",
        metadata=_metadata(sa.Column("n", sa.Integer), sa.Column("mood", sa.Text)),
    )
    column = PrintedColumn.of(catalog(empty_engine)[Key("column", "public", "t", "mood")])
    assert (column.type, column.how, column.nullable) == ('public."the DEFAULT mood"', "", True)


def test_function_whose_default_says_language_changes_under_its_view(changed: RoundTrip) -> None:  # noqa: F811
    metadata = _metadata(sa.Column("n", sa.Integer))
    body = "SELECT length(a)"
    arguments = "a text DEFAULT 'in LANGUAGE c AS is'::text"
    attach(
        metadata,
        Function("f", body, arguments=arguments, returns="bigint", language="sql"),
        View("v", "SELECT n, public.f() AS f FROM public.t"),
    )
    changed(
        "CREATE TABLE t (n int)",
        "INSERT INTO t VALUES (1)",
        f"CREATE FUNCTION f({arguments}) RETURNS int LANGUAGE sql SET search_path = '' AS '{body}'",
        "CREATE VIEW v AS SELECT n, f() AS f FROM t",
        metadata=metadata,
    )


def test_grant_on_a_quoted_column_is_kept_when_the_column_is_rebuilt(
    changed: RoundTrip,  # noqa: F811
    empty_engine: sa.Engine,
) -> None:
    total = sa.Column("Total, all", sa.BigInteger, sa.Computed("n * 2", persisted=True))
    generated = changed(
        'CREATE TABLE t (n int, "Total, all" int GENERATED ALWAYS AS (n * 2) STORED)',
        "INSERT INTO t VALUES (1)",
        'GRANT SELECT ("Total, all") ON t TO PUBLIC',
        metadata=_metadata(sa.Column("n", sa.Integer), total),
    )
    generated.upgrade(empty_engine)
    assert catalog(empty_engine)[Key("column_grant", "public", "t", "PUBLIC SELECT")] == '"Total, all"'
