"""Whatever way a statement takes, it is guarded, and it is the same to the byte."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from lineage import Alembic, catalog, stamp, statements
from written import Written, one, rows

from app_schema.catalog import diff
from app_schema.migrations.state import RunState
from app_schema.testing.databases import Databases

CONSTRUCTS = """
parent = sa.Table("parent", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), schema="public")
t = sa.Table(
    "t", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", sa.Text, comment="a's"),
    sa.UniqueConstraint("a", name="uq", comment="c"), sa.CheckConstraint("id > 0", name="ck"),
    sa.Index("ix", "id"), schema="public", comment="t's",
)
"""
UP = f"""{CONSTRUCTS}
from sqlalchemy import schema
uq, ck, ix = (next(x for x in (*t.constraints, *t.indexes) if x.name == name) for name in ("uq", "ck", "ix"))
op.execute(schema.CreateSchema("s"))
op.execute(schema.CreateSequence(sa.Sequence("n", cycle=True, data_type=sa.Integer, schema="public")))
op.execute(schema.CreateSequence(sa.Sequence("down", start=7, increment=-2, maxvalue=9, schema="public")))
op.execute(schema.CreateTable(parent))
op.execute(schema.DropTable(parent))
op.execute(schema.CreateTable(t))
op.execute(schema.SetTableComment(t))
op.execute(schema.SetColumnComment(t.c.a))
op.execute(schema.SetConstraintComment(uq))
op.execute(schema.CreateIndex(ix))
op.execute(schema.DropConstraint(ck))
op.execute(schema.AddConstraint(ck))
"""
DOWN = f"""{CONSTRUCTS}
from sqlalchemy import schema
op.execute(schema.DropIndex(next(iter(t.indexes))))
op.execute(schema.DropConstraintComment(next(x for x in t.constraints if x.name == "uq")))
op.execute(schema.DropColumnComment(t.c.a))
op.execute(schema.DropTableComment(t))
op.execute(schema.DropTable(t))
op.execute(schema.DropSequence(sa.Sequence("n", schema="public")))
op.execute(schema.DropSequence(sa.Sequence("down", schema="public")))
op.execute(schema.DropSchema("s"))
"""


@pytest.mark.parametrize("x", [(), ("autocommit=true",)], ids=["usual", "autocommit"])
def test_construct_of_sqlalchemy_in_execute_is_guarded(
    empty_url: str, tmp_path: Path, x: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    harmful = []
    monkeypatch.setattr(
        RunState, "does_not_converge", lambda self, committed: harmful.append((self.current.name, committed))
    )
    written = Written(tmp_path)
    written.add(UP, DOWN)
    written.upgrade(empty_url, x=x)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t VALUES (1, 'x')")
    for again in ("base", "r1"):
        before = catalog(empty_url)
        stamp(empty_url, "base" if again == "base" else "r1")
        written.upgrade(empty_url, x=x)
        assert diff(before, catalog(empty_url)) == []
    assert one(empty_url, "SELECT count(*) FROM public.t") == 1
    for _ in range(2):
        stamp(empty_url, "r1")
        written.downgrade(empty_url, x=x)
    assert [key for key in catalog(empty_url) if key.schema == "public" and key.table == "t"] == []
    assert harmful == []


def test_script_of_constructs_in_execute_can_be_run_twice(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add(UP, DOWN)
    script = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    with psycopg.connect(empty_url) as connection:
        for _ in range(2):
            for statement in statements(script):
                connection.execute(statement.encode())
        connection.commit()
    before = catalog(empty_url)
    stamp(empty_url, "base")
    written.upgrade(empty_url)
    assert diff(before, catalog(empty_url)) == []


TABS = r"""
op.create_table("t", sa.Column("a", sa.Text, server_default="x\ty", comment="c\td"), schema="public")
op.execute("INSERT INTO public.t VALUES ('a\tb'), ('  a\r\nb  '), ('100%:x\\ty')".replace(":x", "\\:x"))
op.execute(sa.insert(sa.table("t", sa.column("a", sa.Text), schema="public")).values(a="q\t'r'"))
op.bulk_insert(sa.table("t", sa.column("a", sa.Text), schema="public"), [{"a": "\tbulk\t"}])
op.run_once("k", "INSERT INTO public.t VALUES ('o\tnce')")
op.create_function("f", "BEGIN\n\tRETURN '\t';\nEND", returns="text", language="plpgsql", schema="public")
op.create_check_constraint("ck", "t", "a <> E'\\t' AND a <> '\t\t'", schema="public")
op.create_policy("p", "t", using="a <> '\t'", schema="public")
op.create_view("v", "SELECT '\t' AS x", schema="public")
op.execute(sa.DDL("COMMENT ON TABLE public.t IS 'of\ta DDL'"))
"""


def test_script_is_byte_for_byte_what_is_sent(empty_url: str, tmp_path: Path, databases: Databases) -> None:
    written = Written(tmp_path)
    written.add(TABS)
    written.upgrade(empty_url)
    script = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    other = databases.url(databases.create())
    with psycopg.connect(other) as connection:
        for statement in statements(script):
            connection.execute(statement.encode())
    query = "SELECT a FROM public.t ORDER BY a"
    assert rows(other, query) == rows(empty_url, query)
    assert ("a\tb",) in rows(other, query)
    assert diff(catalog(other), catalog(empty_url)) == []
    written.upgrade(other)
    stamp(other, "base")
    with psycopg.connect(other) as connection:
        connection.execute("TRUNCATE public.t")
    written.upgrade(other)  # each finds what the other made, and refuses nothing
    assert diff(catalog(other), catalog(empty_url)) == []
