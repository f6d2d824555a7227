"""Types, collations and operators that change while columns and other objects use them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, round_trip, send
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN

from app_schema import ddl
from app_schema.ddl.printed import TableConstraint
from app_schema.ddl.printed_type import PrintedType

pytestmark = pytest.mark.part(of=4)

__all__ = ["changed"]
_USES = {
    "column": "CREATE TABLE t_column (p pair_column); INSERT INTO t_column VALUES (ROW (1, 'a'))",
    "array": "CREATE TABLE t_array (p pair_array[]); INSERT INTO t_array VALUES ('{\"(1,a)\"}')",
    "domain": "CREATE DOMAIN d AS pair_domain; CREATE TABLE t_domain (p d)",
    "nested": "CREATE TYPE nest AS (x pair_nested); CREATE TABLE t_nested (p nest)",
    "range": "CREATE TYPE span AS RANGE (SUBTYPE = pair_range); CREATE TABLE t_range (p span)",
    "typed": "CREATE TABLE t_typed OF pair_typed",
    "partition": "CREATE TABLE t_partition (p pair_partition, n int) PARTITION BY LIST (n)",
}
_FREE = {
    "alone": "SELECT 1",
    "argument": "CREATE FUNCTION f(p pair_argument) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "attribute": "CREATE FUNCTION g(p pair_attribute) RETURNS text LANGUAGE sql RETURN (p).b",
    "view": "CREATE VIEW v AS SELECT NULL::pair_view AS p; GRANT SELECT ON v TO PUBLIC",
    "materialized": "CREATE MATERIALIZED VIEW m AS SELECT NULL::pair_materialized AS p",
}
_TO = {"order": "(b text, a integer)", "type": "(a bigint, b text)", "less": "(b text)"}


def _pairs(names: Any, definition: str) -> sa.MetaData:
    metadata = sa.MetaData()
    ddl.attach(metadata, *(ddl.Composite(f"pair_{name}", definition, schema="public") for name in names))
    return metadata


def _make(engine: sa.Engine, uses: dict[str, str]) -> None:
    send(engine, *(f"CREATE TYPE pair_{name} AS (a integer, b text)" for name in uses))
    send(engine, *"; ".join(uses.values()).split("; "))


@pytest.mark.parametrize("to", _TO.values(), ids=_TO)
def test_composite_type_without_values_is_changed_with_its_dependents(
    empty_engine: sa.Engine, to: str
) -> None:
    _make(empty_engine, _FREE)
    send(empty_engine, "COMMENT ON TYPE pair_alone IS 'two'")
    uses = _FREE.keys() - ({"materialized"} if "bigint" in to else set())
    metadata = _pairs(uses, to)
    round_trip(empty_engine, metadata)


@pytest.mark.parametrize("to", ["(b text, a integer)", "(a bigint, b text)"])
def test_composite_type_under_values_is_named_and_kept(empty_engine: sa.Engine, to: str) -> None:
    _make(empty_engine, _USES)
    generated = autogenerate(empty_engine, _pairs(_USES, to))
    for name in _USES:
        assert f"composite public.pair_{name} cannot be changed: " in generated.text
    assert "t_column uses it" in generated.text.replace("\n    # ", " ")
    for _ in range(2):
        generated.upgrade(empty_engine)
        generated.downgrade(empty_engine)


def test_attribute_under_values_is_added_and_dropped(empty_engine: sa.Engine) -> None:
    uses = {name: sql for name, sql in _USES.items() if name != "typed"}
    _make(empty_engine, uses)
    round_trip(empty_engine, _pairs(uses, "(a integer, b text, c date)"))
    round_trip(empty_engine, _pairs(uses, "(a integer)"))
    backwards = autogenerate(empty_engine, _pairs(uses, "(b text)"))
    assert "cannot be changed" in backwards.text.partition("def downgrade")[2]
    backwards.upgrade(empty_engine)
    assert autogenerate(empty_engine, _pairs(uses, "(b text)")).diffs == []


def _coded(check: str, *, not_null: bool = False, type_: Any = sa.Text) -> sa.MetaData:
    metadata = sa.MetaData()
    code = DOMAIN("code", type_, check=check, constraint_name="ck", not_null=not_null)
    items: Any = sa.Column("one", code), sa.Column("all", ARRAY(code), server_default="{}")
    index = sa.Index("ix", sa.text('cardinality("all")'))
    sa.Table("coded", metadata, *items, index)
    return metadata


def test_domain_of_an_array_gets_another_constraint_under_rows(empty_engine: sa.Engine) -> None:
    autogenerate(empty_engine, _coded("VALUE <> ''")).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO coded VALUES ('a', '{abc,abd}'), ('b', NULL)")
    send(empty_engine, 'CREATE VIEW v AS SELECT "all" FROM coded')
    round_trip(empty_engine, _coded("length(VALUE) < 5", not_null=True))
    unfit = autogenerate(empty_engine, _coded("length(VALUE) < 3"))
    with pytest.raises(Exception, match=r"domain .*code .*cannot be changed: rows violate it"):
        unfit.upgrade(empty_engine)


def test_domain_within_other_types_is_named_and_kept(empty_engine: sa.Engine) -> None:
    autogenerate(empty_engine, _coded("VALUE <> ''")).upgrade(empty_engine)
    send(empty_engine, "CREATE TYPE nest AS (c code)", "CREATE TABLE n (x nest)")
    assert "domain public.code cannot be changed" in autogenerate(empty_engine, _coded("VALUE <> 'a'")).text
    other = autogenerate(empty_engine, _coded("VALUE <> ''", type_=sa.String(9)))
    assert "domain public.code cannot be changed" in other.text


def test_domain_without_values_gets_another_type(changed: RoundTrip) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", DOMAIN("code", sa.Integer, default="1", not_null=True)))
    changed(
        """CREATE DOMAIN code AS text CONSTRAINT "a NOT NULL" CHECK (VALUE <> ' DEFAULT ')""",
        "CREATE FUNCTION f(c code) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        metadata=metadata,
    )


def test_collation_and_range_of_a_column_are_named_and_kept(empty_engine: sa.Engine) -> None:
    send(
        empty_engine,
        "CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C')",
        "CREATE TYPE span AS RANGE (SUBTYPE = float8)",
        "CREATE TABLE t (s text COLLATE plain, r span)",
    )
    metadata = sa.MetaData()
    plain = ddl.Collation("plain", "(PROVIDER = libc, LOCALE = 'POSIX')", schema="public")
    span = ddl.RangeType("span", "AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)", schema="public")
    ddl.attach(metadata, plain, span)
    sa.Table("t", metadata, sa.Column("s", sa.Text(collation="plain")), sa.Column("r", PrintedType("span")))
    text = autogenerate(empty_engine, metadata).text
    assert "collation public.plain cannot be changed" in text
    assert "range public.span cannot be changed" in text


def _ordered(function: str, *, declared: bool = True) -> sa.MetaData:
    metadata = sa.MetaData()
    body = "SELECT a <= b" if function == "at_most" else "SELECT a < b"
    types: dict[str, Any] = {
        "arguments": "a integer, b integer",
        "returns": "boolean",
        "language": "sql",
        "settings": None,
    }
    definition = f"(FUNCTION = public.{function}, LEFTARG = integer, RIGHTARG = integer)"
    ddl.attach(
        metadata,
        ddl.Operator("|=|(integer, integer)", definition, schema="public"),
        ddl.Function(function, body, volatility="IMMUTABLE", schema="public", **types),
    )
    checks = (
        sa.CheckConstraint("a OPERATOR(public.|=|) 5", name="by_class"),
        TableConstraint("by_text", "CHECK ((a OPERATOR(public.|=|) 7))"),
        sa.Index("ix", sa.text("(a OPERATOR(public.|=|) 3)")),
    )
    sa.Table("t", metadata, sa.Column("a", sa.Integer), *(checks if declared else ()), schema="public")
    return metadata


def test_operator_of_a_check_and_an_index_is_created_before_the_table(empty_engine: sa.Engine) -> None:
    metadata = _ordered("at_most")
    for _ in range(2):
        with empty_engine.begin() as connection:
            metadata.create_all(connection)
    assert autogenerate(empty_engine, metadata, prune=True).diffs == []
    with empty_engine.begin() as connection:
        metadata.drop_all(connection)
    round_trip(empty_engine, metadata, prune=True)
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO t VALUES (1)")
    round_trip(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})


@pytest.mark.parametrize("declared", [True, False])
def test_operator_of_a_check_and_an_index_is_replaced(empty_engine: sa.Engine, declared: bool) -> None:  # noqa: FBT001
    autogenerate(empty_engine, _ordered("at_most")).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO t VALUES (1)")
    round_trip(empty_engine, _ordered("below", declared=declared))


def test_publication_of_columns_is_made_again_round_a_new_type(changed: RoundTrip) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", sa.BigInteger))
    changed(
        "CREATE TABLE t (n integer)",
        "INSERT INTO t VALUES (1)",
        "CREATE PUBLICATION of_columns FOR TABLE t (n) WITH (publish = 'insert')",
        metadata=metadata,
    )


def test_dictionary_of_a_configuration_is_replaced_with_it(changed: RoundTrip) -> None:
    metadata = sa.MetaData()
    stem = "(TEMPLATE = pg_catalog.snowball, LANGUAGE = {})"
    ddl.attach(
        metadata,
        ddl.TextSearchDictionary("stem", stem.format("german"), schema="public"),
        ddl.TextSearchConfiguration("words", mappings={"word": "public.stem"}, schema="public"),
    )
    changed(
        f"CREATE TEXT SEARCH DICTIONARY stem {stem.format('english')}",
        "CREATE TEXT SEARCH CONFIGURATION words (PARSER = pg_catalog.default)",
        "ALTER TEXT SEARCH CONFIGURATION words ADD MAPPING FOR word WITH stem",
        metadata=metadata,
    )


def test_statistics_are_equal_in_any_order_of_the_columns(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), schema="S s")
    for name, what in {"s": "a, b", "k": "a, b", "e": "(a + b)", "both": "(b + 1), a, b"}.items():
        kinds = " (ndistinct)" if name == "k" else ""
        made = f'CREATE STATISTICS "S s".{name}{kinds} ON {what} FROM "S s".t'
        ddl.attach(metadata, ddl.Statistics(name, made, schema="S s"))
    send(empty_engine, 'CREATE SCHEMA "S s"', 'CREATE TABLE "S s".t (b integer, a integer)')
    round_trip(empty_engine, metadata)
    autogenerate(empty_engine, metadata).upgrade(empty_engine)
    round_trip(empty_engine, sa.MetaData(), prune=True, managed_schemas={"S s"})


@pytest.mark.parametrize("grows", [True, False])
def test_column_of_a_parent_and_its_heirs_is_added_and_dropped(empty_engine: sa.Engine, grows: bool) -> None:  # noqa: FBT001
    def declared(*names: str) -> sa.MetaData:
        metadata = sa.MetaData()
        for table, parent in {"a": None, "b b": "a", "c": "b b"}.items():
            inherits: dict[str, Any] = {"postgresql_inherits": parent} if parent else {}
            sa.Table(table, metadata, *(sa.Column(name, sa.Integer) for name in names), **inherits)
        return metadata

    before, after = (declared("id"), declared("id", "n"))[:: 1 if grows else -1]
    autogenerate(empty_engine, before).upgrade(empty_engine)
    send(empty_engine, "INSERT INTO c (id) VALUES (1)")
    round_trip(empty_engine, after, prune=True)


def test_column_is_converted_without_a_cast_that_the_revision_drops(changed: RoundTrip) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", sa.Integer))
    changed(
        "CREATE TYPE digit AS ENUM ('1', '2')",
        "CREATE CAST (digit AS integer) WITH INOUT",
        "CREATE TABLE t (n digit)",
        "INSERT INTO t VALUES ('1')",
        metadata=metadata,
        prune=True,
    )


def _summing(body: str) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("other", metadata, sa.Column("n", sa.Integer))
    types: dict[str, Any] = {"arguments": "a integer, b integer", "returns": "integer", "settings": None}
    plus = "(FUNCTION = public.plus, LEFTARG = integer, RIGHTARG = integer)"
    ddl.attach(
        metadata,
        ddl.Function("plus", body, language="sql", schema="public", **types),
        ddl.Operator("|+|(integer, integer)", plus, schema="public"),
    )
    return metadata


@pytest.mark.parametrize("check", ["n |+| 1 > 0", "plus(n, 1) > 0"], ids=["operator", "function"])
def test_function_of_a_dropped_table_is_recreated_after_the_drop_of_its_constraint(
    empty_engine: sa.Engine, check: str
) -> None:
    """The former body has the name of a dropped column, so the function is dropped before the column."""
    autogenerate(empty_engine, _summing("SELECT a + b")).upgrade(empty_engine)
    send(
        empty_engine,
        "ALTER TABLE other ADD COLUMN a integer",
        f"CREATE TABLE summed (n integer CHECK ({check}) UNIQUE)",
        "INSERT INTO summed VALUES (1)",
    )
    round_trip(empty_engine, _summing("SELECT b + a"), prune=True)
