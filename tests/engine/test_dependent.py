"""Dependents are dropped before the object changes, and created again, in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from lineage import catalog
from sqlalchemy.dialects.postgresql import ENUM

from app_schema import ddl
from app_schema.catalog import diff
from app_schema.ddl import Function, Grant, Key, Policy, RowSecurity, Trigger, View, attach
from app_schema.errors import ModelError

pytestmark = pytest.mark.part(of=6)

Declare = Callable[[sa.MetaData, bool], None]
PAIRS: dict[str, Declare] = {}


def pair(declare: Declare) -> Declare:
    """Registers a function that declares things as they are before and, with True, after."""
    PAIRS[declare.__name__.replace("_", " ")] = declare
    return declare


def _readers(metadata: sa.MetaData, enum: Any, *items: Any, default: str | None = None) -> None:
    """A table with a column of an enum that everything reads that can."""
    condition = sa.text("mood = 'low'")
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", enum, server_default=default),
        sa.Column("is_low", sa.Boolean, sa.Computed("mood = 'low'", persisted=True)),
        sa.Column("said", sa.Text, server_default=sa.text("(('low'::mood)::text)")),
        sa.CheckConstraint("mood <> 'low' OR id > 0", name="ck_t"),
        sa.UniqueConstraint("is_low", name="uq_t"),
        sa.Index("ix_t_where", "id", postgresql_where=condition),
        sa.Index("ix_t_of", sa.text("(mood = 'low')")),
        sa.Index("ix_t_plain", "mood"),
        Policy("p", using="mood = 'low'"),
        RowSecurity(),
        Trigger("tr", before="UPDATE", when="OLD.mood <> NEW.mood", execute="touch()"),
        Grant("SELECT", columns=["id", "is_low"], to="PUBLIC"),
        *items,
    )
    attach(
        metadata,
        Function("touch", "BEGIN RETURN NEW; END", returns="trigger", language="plpgsql"),
        Function("is_low", "SELECT m = 'low'", arguments="m mood", returns="boolean", language="sql"),
        View("v", "SELECT id, mood FROM t WHERE mood = 'low'"),
        View("w", "SELECT id, mood, is_low(mood) AS low FROM v"),
        Grant("SELECT", table="w", to="PUBLIC"),
    )


@pair
def value_added(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    labels = ["low", "mid", "high"] if after else ["low", "high"]
    _readers(metadata, ENUM(*labels, name="mood", metadata=metadata))


@pair
def value_removed(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    labels = ["low"] if after else ["low", "high"]
    _readers(metadata, ENUM(*labels, name="mood", metadata=metadata), default=None if after else "high")


@pair
def default_of_a_label_that_goes(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    enum = ENUM(*(["low"] if after else ["low", "high"]), name="mood", metadata=metadata)
    columns: list[Any] = [sa.Column("a", enum, server_default="low" if after else "high")]
    columns += [sa.Column("b", sa.ARRAY(enum), server_default=sa.text("'{}'" if after else "'{high}'"))]
    columns += [sa.Column("c", sa.Text if after else enum, server_default="x" if after else "high")]
    sa.Table("t", metadata, *columns)


@pair
def of_generated(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    """Everything that hangs on a generated column, whose expression changes."""
    computed = sa.Computed("n * 3" if after else "n * 2", persisted=True)
    sa.Table(
        "t",
        metadata,
        sa.Column("n", sa.Integer),
        sa.Column("m", sa.Integer, computed, comment="of n"),
        sa.UniqueConstraint("m", name="uq_t"),
        sa.PrimaryKeyConstraint("n", "m", name="pk_t"),
        sa.CheckConstraint("m > 0", name="ck_t"),
        sa.Index("ix_t", "m"),
        Grant("SELECT", columns=["n", "m"], to="PUBLIC"),
        Trigger("tr", before="UPDATE OF m", execute="touch()"),
        Policy("p", using="m > 0"),
    )
    refers = sa.ForeignKeyConstraint(["m"], ["t.m"], name="fk_u")
    sa.Table("u", metadata, sa.Column("m", sa.Integer), refers)
    attach(
        metadata,
        Function("touch", "BEGIN RETURN NEW; END", returns="trigger", language="plpgsql"),
        View("v", "SELECT m FROM t"),
        View("grouped", "SELECT n, m FROM t GROUP BY n, m"),
    )


@pair
def generated_of_a_new_type(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    type_ = sa.Numeric if after else sa.Integer
    sa.Table(
        "t",
        metadata,
        sa.Column("n", type_),
        sa.Column("m", type_, sa.Computed("n * 2", persisted=True)),
        sa.Column("k", sa.Integer, sa.Computed("abs(n)::integer", persisted=True)),
        sa.UniqueConstraint("m", "k", name="uq_t"),
        *([sa.Column("new", sa.Numeric, sa.Computed("n / 2", persisted=True))] if after else []),
    )


@pair
def plain_becomes_generated(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    generated = [sa.Computed("n * 2", persisted=True)] if after else []
    sa.Table(
        "t",
        metadata,
        sa.Column("n", sa.Integer),
        sa.Column("m", sa.Integer, *generated),
        sa.UniqueConstraint("m", name="uq_t"),
    )


@pair
def grouped_by_key(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    """A view that is grouped by the key depends on the constraint."""
    name = "pk_other" if after else "pk_t"
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text),
        sa.PrimaryKeyConstraint("id", name=name),
    )
    sa.Table("u", metadata, sa.Column("t", sa.ForeignKey("t.id", name="fk_u")))
    attach(
        metadata,
        View("v", "SELECT id, name FROM t GROUP BY id"),
        View("w", "SELECT id FROM v"),
        Grant("SELECT", table="v", to="PUBLIC"),
    )


@pair
def types_of_a_foreign_key(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    type_ = sa.Text if after else sa.Integer
    sa.Table("t", metadata, sa.Column("id", type_, primary_key=True, autoincrement=False))
    sa.Table("u", metadata, sa.Column("t", type_, sa.ForeignKey("t.id", name="fk_u")))


@pair
def unique_index_that_a_key_needs(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    options: dict[str, Any] = {"postgresql_with": {"fillfactor": 70}} if after else {}
    sa.Table("t", metadata, sa.Column("id", sa.Integer), sa.Index("ix_t", "id", unique=True, **options))
    sa.Table("u", metadata, sa.Column("t", sa.ForeignKey("t.id", name="fk_u")))


@pair
def trigger_gets_another_function(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    name = "Other" if after else "One"
    body = "BEGIN RETURN NEW; END"
    attach(metadata, Function(name, body, returns="trigger", schema="s two"))
    tr = Trigger("tr", before="UPDATE", execute=f'"s two"."{name}"()')
    sa.Table("t", metadata, sa.Column("n", sa.Integer), tr)


@pair
def new_table_refers_to_a_key_that_changes(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    type_ = sa.Text if after else sa.Integer
    sa.Table("z", metadata, sa.Column("n", type_), sa.UniqueConstraint("n", name="uq_z"))
    if after:
        sa.Table("a", metadata, sa.Column("n", type_, sa.ForeignKey("z.n", name="fk_a")))


@pair
def function_that_all_call(metadata: sa.MetaData, after: bool) -> None:  # noqa: FBT001
    """Its argument has another name, which PostgreSQL does not change in place."""
    argument = "y" if after else "x"
    call = Function(
        "calc",
        "SELECT $1",
        arguments=f"{argument} integer",
        returns="integer",
        language="sql",
        volatility="IMMUTABLE",
    )
    attach(
        metadata,
        call,
        View("v", "SELECT calc(1) AS one"),
        View("w", "SELECT one FROM v"),
        Grant("SELECT", table="w", to="PUBLIC"),
    )
    sa.Table("t", metadata, sa.Column("id", sa.Integer), Policy("p", using="calc(id) > 0"))


@pytest.mark.part(of=4)
@pytest.mark.parametrize("name", PAIRS)
def test_dependents_are_the_same_after_and_back(name: str, empty_engine: sa.Engine, empty_url: str) -> None:
    before, after = sa.MetaData(), sa.MetaData()
    PAIRS[name](before, False)  # noqa: FBT003 - before and after
    PAIRS[name](after, True)  # noqa: FBT003
    autogenerate(empty_engine, before, prune=True).upgrade(empty_engine)
    start = catalog(empty_url)
    generated = autogenerate(empty_engine, after, prune=True)
    generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, after, prune=True).diffs == []
    generated.downgrade(empty_engine)
    assert diff(start, catalog(empty_url)) == [], generated.text


def _send(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_view_is_dropped_before_the_newer_one_that_it_reads(empty_engine: sa.Engine, empty_url: str) -> None:
    _send(
        empty_engine,
        "CREATE VIEW a AS SELECT 1 AS n",
        "CREATE VIEW b AS SELECT 1 AS n",
        "CREATE OR REPLACE VIEW a AS SELECT n FROM b",
    )
    start = catalog(empty_url)
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    generated.upgrade(empty_engine)
    assert [key for key in catalog(empty_url) if key.kind == "view"] == []
    generated.downgrade(empty_engine)
    assert diff(start, catalog(empty_url)) == []


def test_reader_is_made_again_where_its_schema_is_managed(empty_engine: sa.Engine, empty_url: str) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", sa.BigInteger), schema="public")
    _send(
        empty_engine,
        "CREATE TABLE t (n integer)",
        "CREATE SCHEMA theirs",
        "CREATE VIEW theirs.v AS SELECT n FROM t WHERE n > 0",
        "GRANT SELECT ON theirs.v TO PUBLIC",
        "COMMENT ON VIEW theirs.v IS 'theirs'",
        "COMMENT ON COLUMN theirs.v.n IS 'n'",
    )
    start = catalog(empty_url)
    generated = autogenerate(empty_engine, metadata, managed_schemas={"public", "theirs"})
    generated.upgrade(empty_engine)
    changed = {difference.key for difference in diff(start, catalog(empty_url))}
    assert changed == {Key("column", "public", "t", "n"), Key("column", "theirs", "v", "n")}
    generated.downgrade(empty_engine)
    assert diff(start, catalog(empty_url)) == []


def test_reader_that_cannot_be_made_again_is_named_and_nothing_is_written(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("n", sa.BigInteger))
    _send(
        empty_engine,
        "CREATE TABLE t (n integer)",
        "CREATE VIEW v AS SELECT n FROM t",
        "GRANT SELECT ON v TO PUBLIC",
        "GRANT INSERT ON v TO PG_DATABASE_OWNER WITH GRANT OPTION",
        "GRANT SELECT ON v TO PG_DATABASE_OWNER",
    )
    told = "view public.v depends on column n on public.t, which changes.*with GRANT OPTION for a part"
    with pytest.raises(ModelError, match=told):
        autogenerate(empty_engine, metadata)


def test_cast_and_operator_are_recreated_around_the_functions_that_they_call(empty_engine: sa.Engine) -> None:
    def declared_(name: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("t", metadata, sa.Column("m", sa.Enum("sad", "glad", name="mood")))
        body: Any = {"language": "sql", "returns": "boolean", "volatility": "IMMUTABLE", "schema": "public"}
        ddl.attach(
            metadata,
            ddl.Function("is_glad", "SELECT true", arguments=f"{name} public.mood", **body),
            ddl.Function("alike", "SELECT true", arguments=f"{name} public.mood, other integer", **body),
            ddl.Cast("public.mood AS boolean", "WITH FUNCTION public.is_glad(public.mood)", schema="public"),
            ddl.Operator(
                "=~(public.mood, integer)",
                "(FUNCTION = public.alike, LEFTARG = public.mood, RIGHTARG = integer)",
                schema="public",
            ),
        )
        return metadata

    autogenerate(empty_engine, declared_("m")).upgrade(empty_engine)
    _send(empty_engine, "INSERT INTO t VALUES ('sad')")
    generated = autogenerate(empty_engine, declared_("mood_"))
    for _ in range(2):
        generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, declared_("mood_")).diffs == []
    for _ in range(2):
        generated.downgrade(empty_engine)
    assert autogenerate(empty_engine, declared_("m")).diffs == []
