"""Comments and column defaults of views, and comments on other objects, are declared."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate, operations_on
from roundtrip import round_trip, send

from app_schema import ModelError, ddl

pytestmark = pytest.mark.part(of=4)

TEXT = 'it\'s 100% \\ "said" :now'
QUERY = 'SELECT id, n AS "N. o", day FROM public.t'
COMMENTS = (
    ddl.Comment("view", "V.iew", TEXT, schema="public"),
    ddl.Comment("column", "N. o", TEXT, table="V.iew", schema="public"),
    ddl.Comment("materialized_view", "m", TEXT, schema="public"),
    ddl.Comment("column", "id", TEXT, table="m", schema="public"),
    ddl.Comment("function", "one(int)", TEXT, schema="public"),
    ddl.Comment("index", "ix", TEXT, table="t"),
    ddl.Comment("constraint", "ck", TEXT, table="t"),
    ddl.Comment("publication", "pub", TEXT),
    ddl.Comment("enum", "mood", TEXT, schema="public"),
    ddl.Comment("composite", "p'air", TEXT, schema="public"),
    ddl.Comment("column", "a b", TEXT, table="p'air", schema="public"),
)


def _metadata(*objects: ddl.DDLObject, query: str = QUERY, **options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("mood", sa.Enum("sad", "happy", name="mood")),
        sa.CheckConstraint("n > 0", name="ck"),
        sa.Index("ix", "day"),
    )
    ddl.attach(
        metadata,
        ddl.Function(
            "one", "SELECT 1", arguments="a integer", returns="int", language="sql", schema="public"
        ),
        ddl.View("V.iew", query, schema="public", **options),
        ddl.View("m", "SELECT id FROM public.t", materialized=True, schema="public"),
        ddl.Publication("pub", "TABLE public.t"),
        ddl.Composite("p'air", '("a b" integer)', schema="public"),
        *objects,
    )
    return metadata


def test_comments_are_created_by_create_all_and_by_a_revision(empty_engine: sa.Engine) -> None:
    declared = _metadata(*COMMENTS)
    created = round_trip(empty_engine, declared)
    created.upgrade(empty_engine)
    assert created.text.count("\\\\") == len(COMMENTS), created.text
    pruned = round_trip(empty_engine, _metadata(), prune=True)
    pruned.upgrade(empty_engine)
    assert pruned.text.count("\\\\") == len(COMMENTS), pruned.text
    alone = round_trip(empty_engine, declared, prune=True)
    assert alone.text.count("\\\\") == len(COMMENTS), alone.text
    send(empty_engine, "COMMENT ON VIEW \"V.iew\" IS 'other'", "COMMENT ON COLUMN \"V.iew\".id IS 'other'")
    round_trip(empty_engine, declared, prune=True)
    send(empty_engine, 'COMMENT ON VIEW "V.iew" IS NULL', 'COMMENT ON COLUMN "V.iew".id IS NULL')
    with empty_engine.begin() as connection:
        for _ in range(2):
            declared.create_all(connection)
    assert autogenerate(empty_engine, declared, prune=True).diffs == []
    # PostgreSQL drops the comments with the view
    round_trip(empty_engine, _metadata(*COMMENTS, query=QUERY.replace("id,", "id, 1 AS one,")))
    with empty_engine.begin() as connection:
        for _ in range(2):
            declared.drop_all(connection)


def test_defaults_of_view_columns_are_declared(empty_engine: sa.Engine) -> None:
    defaults = {"N. o": "7 % 4", "day": "'2026-01-01'::date"}
    send(empty_engine, "SELECT 1")
    declared = _metadata(defaults=defaults)
    generated = round_trip(empty_engine, declared)
    generated.upgrade(empty_engine)
    send(empty_engine, 'INSERT INTO "V.iew" (id) VALUES (1)')
    with empty_engine.connect() as connection:
        row = connection.execute(sa.text("SELECT n, day::text FROM t")).one()
        assert tuple(row) == (3, "2026-01-01")
    round_trip(empty_engine, _metadata(defaults={"N. o": "9"}), prune=True)
    round_trip(
        empty_engine, _metadata(query=QUERY.replace("id,", "id, 1 AS one,"), defaults={"day": "now()"})
    )
    send(empty_engine, 'ALTER VIEW "V.iew" ALTER COLUMN day DROP DEFAULT')
    with (
        pytest.raises(Exception, match="already exists with a different definition"),
        operations_on(empty_engine) as op,
    ):
        op.create_view("V.iew", QUERY, defaults=defaults, schema="public")
    with operations_on(empty_engine) as op:
        op.create_view("V.iew", QUERY, schema="public")  # says nothing of defaults
        for _ in range(2):
            op.replace_view("V.iew", QUERY, defaults=defaults, schema="public")
    assert autogenerate(empty_engine, declared).diffs == []


def test_comments_on_a_foreign_table_and_its_columns(empty_engine: sa.Engine) -> None:
    objects = (
        ddl.ForeignDataWrapper("far"),
        ddl.ForeignServer("there", "FOREIGN DATA WRAPPER far"),
        ddl.ForeignTable("F. t", "(a integer) SERVER there", schema="public"),
    )
    comments = (
        ddl.Comment("foreign_table", "F. t", TEXT, schema="public"),
        ddl.Comment("column", "a", TEXT, table="F. t", schema="public"),
        ddl.Comment("foreign_server", "there", TEXT),
    )
    bare, declared = sa.MetaData(), sa.MetaData()
    ddl.attach(bare, *objects)
    ddl.attach(declared, *objects, *comments)
    round_trip(empty_engine, declared).upgrade(empty_engine)
    for metadata in (bare, sa.MetaData()):
        pruned = round_trip(empty_engine, metadata, prune=True, managed_schemas={"public"})
        assert pruned.text.count("\\\\") == len(comments), pruned.text


def test_comment_that_differs_is_refused(empty_engine: sa.Engine) -> None:
    send(empty_engine, "CREATE VIEW v AS SELECT 1 AS n", "COMMENT ON COLUMN v.n IS 'old'")
    with (
        pytest.raises(Exception, match="comment on COLUMN v.n already exists with a different definition"),  # noqa: RUF043
        operations_on(empty_engine) as op,
    ):
        op.create_comment("column", "n", "new", table="v")
    with pytest.raises(Exception, match="does not exist"), operations_on(empty_engine) as op:
        op.create_comment("view", "absent", "new")
    with pytest.raises(ModelError, match="no comment on a nothing"):
        ddl.Comment("nothing", "n", "x")


def test_comment_comes_and_goes_with_a_new_body_of_its_function(empty_engine: sa.Engine) -> None:
    """CREATE OR REPLACE keeps the comment."""

    def declared(body: str, *comments: ddl.Comment) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("t", metadata, sa.Column("id", sa.Integer), ddl.Policy("p", using=f"id > {body[-1]}"))
        function = ddl.Function("f", body, returns="integer", language="sql", schema="public")
        ddl.attach(metadata, function, *comments)
        return metadata

    comments = (
        ddl.Comment("function", "f()", "it", schema="public"),
        ddl.Comment("policy", "p", "it", table="t"),
    )
    old, new = declared("SELECT 1", *comments), declared("SELECT 2")
    for one, other in ((old, new), (new, old)):
        with empty_engine.begin() as connection:
            one.create_all(connection)
        round_trip(empty_engine, other, prune=True)
        with empty_engine.begin() as connection:
            one.drop_all(connection)
