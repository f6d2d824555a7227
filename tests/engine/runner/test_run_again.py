"""A lineage that changes what it created earlier can be run again from its base, at head and in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from lineage import Alembic, catalog, stamp, statements
from written import AUTOCOMMIT, TABLE, Written, one

from app_schema.catalog import diff

pytestmark = pytest.mark.part(of=4)

HISTORIES: dict[str, Sequence[str]] = {
    "objects replaced": (
        TABLE,
        """
        op.create_function("f", "SELECT 1", returns="int", language="sql", schema="public")
        op.create_view("v", "SELECT id FROM public.t", schema="public")
        op.create_policy("p", "t", using="true", schema="public")
        op.create_function(
            "touch", "BEGIN NEW.a := 'x'; RETURN NEW; END", returns="trigger", schema="public"
        )
        op.create_trigger("tr", "t", before=("insert",), execute="public.touch()", schema="public")
        """,
        """
        op.replace_function("f", "SELECT 2", returns="int", language="sql", schema="public")
        op.replace_view("v", "SELECT id, a FROM public.t", schema="public")
        op.replace_policy("p", "t", using="id > 0", schema="public")
        op.drop_trigger("tr", "t", schema="public")
        op.create_trigger("tr", "t", before=("insert", "update"), execute="public.touch()", schema="public")
        """,
        """
        op.replace_function("f", "SELECT 3", returns="int", language="sql", schema="public")
        op.drop_policy("p", "t", schema="public")
        """,
    ),
    "constraints and indexes made again": (
        TABLE,
        """
        op.create_table(
            "child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("t_id", sa.Integer),
            sa.CheckConstraint("t_id > 0", name=op.f("ck")),
            sa.ForeignKeyConstraint(["t_id"], ["public.t.id"], name="fk"), schema="public",
        )
        op.create_check_constraint(op.f("positive"), "t", "id > 0", schema="public")
        op.create_unique_constraint("uq", "t", ["a"], schema="public")
        op.create_index("ix", "t", ["a"], schema="public")
        """,
        """
        op.drop_constraint(op.f("ck"), "child", schema="public")
        op.create_check_constraint(op.f("ck"), "child", "t_id > -1", schema="public")
        op.drop_constraint("fk", "child", schema="public")
        op.create_foreign_key(
            "fk", "child", "t", ["t_id"], ["id"], source_schema="public", referent_schema="public",
            ondelete="CASCADE",
        )
        op.drop_constraint(op.f("positive"), "t", schema="public")
        op.create_check_constraint(op.f("positive"), "t", "id > -1", schema="public")
        op.drop_constraint("uq", "t", schema="public")
        op.create_unique_constraint("uq", "t", ["a", "b"], schema="public")
        op.drop_index("ix", "t", schema="public")
        op.create_index("ix", "t", ["a", "b"], schema="public")
        """,
    ),
    "columns": (
        TABLE,
        """
        op.add_column("t", sa.Column("c", sa.Integer, server_default="7"), schema="public")
        op.create_index("ix", "t", ["c"], schema="public")
        op.create_check_constraint(op.f("ck"), "t", "c > 0", schema="public")
        op.create_policy("p", "t", using="b IS NULL", schema="public")
        op.alter_column("t", "a", nullable=False, schema="public")
        """,
        """
        op.alter_column("t", "c", type_=sa.BigInteger(), existing_type=sa.Integer(), schema="public")
        op.alter_column("t", "b", new_column_name="d", schema="public")
        op.alter_column("t", "a", nullable=True, schema="public")
        """,
        """
        op.execute("INSERT INTO public.t (id) SELECT 3 WHERE NOT EXISTS (SELECT FROM public.t WHERE id = 3)")
        op.drop_column("t", "c", schema="public")
        """,
    ),
    "gone": (
        TABLE,
        """
        op.create_table("old", sa.Column("id", sa.Integer, primary_key=True), schema="public")
        op.create_index("ix_old", "old", ["id"], schema="public")
        op.create_view("v", "SELECT id, b FROM public.t", schema="public")
        op.create_function("f", "SELECT 1", returns="int", language="sql", schema="public")
        op.alter_column("t", "b", server_default=sa.text("public.f()"), schema="public")
        """,
        """
        op.create_foreign_key(
            "fk", "t", "old", ["b"], ["id"], source_schema="public", referent_schema="public",
        )
        """,
        """
        op.drop_constraint("fk", "t", schema="public")
        op.drop_table("old", schema="public")
        op.drop_view("v", schema="public")
        op.drop_column("t", "b", schema="public")
        op.drop_function("f", returns="int", schema="public")
        """,
    ),
    "enum": (
        """
        op.create_enum("mood", ("sad", "ok"), schema="public")
        op.create_table(
            "t", sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.dialects.postgresql.ENUM(name="mood", schema="public", create_type=False)),
            schema="public",
        )
        """,
        'op.add_enum_value("mood", "good", schema="public")',
        'op.rename_enum_value("mood", "ok", "fine", schema="public")',
        """
        op.replace_enum("mood", ("fine", "good"), schema="public")
        """,
    ),
    "renamed": (
        TABLE,
        """
        op.create_check_constraint(op.f("ck"), "t", "id > 0", schema="public")
        op.create_table_constraint("uq", "t", "UNIQUE (a)", schema="public")
        op.create_index("ix", "t", ["b"], schema="public")
        """,
        """
        op.rename_constraint("ck", "ck_2", "t", schema="public")
        op.rename_constraint("uq", "uq_2", "t", schema="public")
        op.rename_index("ix", "ix_2", "t", schema="public")
        """,
        'op.rename_index("ix_2", "ix_3", "t", schema="public")',
    ),
    "names taken again": (
        TABLE,
        """
        op.create_index("ix", "t", ["a"], schema="public")
        op.create_check_constraint(op.f("ck"), "t", "id > 0", schema="public")
        op.create_unique_constraint("uq", "t", ["id", "a"], schema="public")
        op.add_column("t", sa.Column("c", sa.Integer), schema="public")
        """,
        """
        op.rename_index("ix", "ix_old", "t", schema="public")
        op.create_index("ix", "t", ["id"], schema="public")
        op.rename_constraint("ck", "ck_2", "t", schema="public")
        op.drop_constraint("ck_2", "t", schema="public")
        op.create_check_constraint(op.f("ck_2"), "t", "id > -1", schema="public")
        op.drop_constraint("uq", "t", schema="public")
        op.create_index("uq", "t", ["id", "a"], unique=True, schema="public")
        op.alter_column("t", "b", new_column_name="b_old", schema="public")
        op.add_column("t", sa.Column("b", sa.Text), schema="public")
        op.alter_column("t", "c", new_column_name="d", schema="public")
        """,
        """
        op.alter_column("t", "d", type_=sa.BigInteger(), existing_type=sa.Integer(), schema="public")
        op.alter_column("t", "d", new_column_name="e", schema="public")
        """,
    ),
    "names passed on": (
        TABLE,
        """
        op.create_enum("mood", ("sad", "ok"), schema="public")
        op.create_index("ix", "t", ["a"], schema="public")
        """,
        """
        op.add_enum_value("mood", "good", schema="public")
        op.rename_enum_value("mood", "ok", "old", schema="public")
        op.rename_enum_value("mood", "good", "ok", schema="public")
        op.create_index("ix_new", "t", ["b"], schema="public")
        op.rename_index("ix", "ix_old", "t", schema="public")
        op.rename_index("ix_new", "ix", "t", schema="public")
        """,
    ),
    "table renamed": (
        TABLE,
        """
        op.create_table(
            "s", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Text), schema="public"
        )
        """,
        """
        op.create_index("ix_s", "s", ["x"], schema="public")
        op.add_column("s", sa.Column("y", sa.Integer), schema="public")
        """,
        """
        op.rename_table("s", "r", schema="public")
        op.add_column("r", sa.Column("z", sa.Integer), schema="public")
        """,
        """
        op.rename_table("r", "q", schema="public")
        op.alter_column("q", "x", nullable=False, schema="public")
        """,
    ),
    "views on views": (
        TABLE,
        """
        op.create_view("v", "SELECT id FROM public.t", schema="public")
        op.create_view("w", "SELECT id FROM public.v", schema="public")
        """,
        'op.replace_view("v", "SELECT id, a FROM public.t", schema="public")',
        """
        op.drop_view("w", schema="public")
        op.drop_view("v", schema="public")
        op.create_view("v", "SELECT a FROM public.t", schema="public")
        op.create_view("w", "SELECT a FROM public.v", schema="public")
        """,
    ),
    "types together": (
        TABLE,
        """
        op.alter_column_types(
            "t", {"a": sa.String(9), "b": sa.BigInteger()},
            existing={"a": sa.Text(), "b": sa.Integer()}, schema="public",
        )
        """,
        """
        op.alter_column("t", "a", type_=sa.Text(), existing_type=sa.String(9), schema="public")
        op.alter_column("t", "b", type_=sa.Numeric(), existing_type=sa.BigInteger(), schema="public")
        """,
    ),
    "protection": (
        TABLE,
        """
        op.create_grant(("SELECT", "INSERT"), to="pg_monitor", table="t", schema="public")
        op.enable_row_security("t", schema="public")
        op.create_table_comment("t", "first", schema="public")
        op.create_domain("positive", "int CHECK (VALUE > 0)", schema="public")
        """,
        """
        op.replace_grant("SELECT", to="pg_monitor", table="t", schema="public")
        op.disable_row_security("t", schema="public")
        op.create_table_comment("t", "second", existing_comment="first", schema="public")
        """,
    ),
    "in one revision": (
        TABLE,
        """
        op.create_function("f", "SELECT 1", returns="int", language="sql", schema="public")
        op.replace_function("f", "SELECT 2", returns="int", language="sql", schema="public")
        op.create_check_constraint(op.f("ck"), "t", "id > 0", schema="public")
        op.drop_constraint("ck", "t", schema="public")
        op.create_check_constraint(op.f("ck"), "t", "id > -1", schema="public")
        """,
    ),
    "table, enum and sequence renamed": (
        TABLE,
        """
        op.create_table(
            "s", sa.Column("id", sa.Integer, primary_key=True), sa.Column("up", sa.Integer),
            sa.Column("x", sa.Text), sa.ForeignKeyConstraint(["up"], ["public.s.id"], name="fk_up"),
            schema="public",
        )
        op.create_enum("mood", ("sad", "ok"), schema="public")
        op.create_sequence(
            "n", "AS smallint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1", schema="public"
        )
        """,
        """
        mood = sa.dialects.postgresql.ENUM(name="mood", schema="public", create_type=False)
        op.add_column("s", sa.Column("m", mood, server_default="ok"), schema="public")
        op.add_column(
            "s", sa.Column("n", sa.BigInteger, server_default=sa.text("nextval('public.n')")), schema="public"
        )
        op.create_table(
            "child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("s_id", sa.Integer),
            sa.Column("m", mood), sa.ForeignKeyConstraint(["s_id"], ["public.s.id"], name="fk"),
            schema="public",
        )
        op.create_foreign_key(
            "fk_t", "t", "s", ["b"], ["id"], source_schema="public", referent_schema="public"
        )
        op.create_view("v", "SELECT id, m FROM public.s", schema="public")
        op.create_policy("p", "child", using="EXISTS (SELECT FROM public.s WHERE m = 'ok')", schema="public")
        op.create_index("ix", "s", ["x"], postgresql_where=sa.text("m = 'ok'"), schema="public")
        op.create_check_constraint(op.f("ck"), "s", sa.text("m <> 'sad'"), schema="public")
        op.create_table_comment("s", "of s", schema="public")
        op.alter_column("s", "x", comment="of x", schema="public")
        op.create_grant("SELECT", to="pg_monitor", table="s", schema="public")
        op.enable_row_security("s", schema="public")
        op.alter_column("s", "x", nullable=False, schema="public")
        """,
        """
        op.rename_enum("mood", "feeling", schema="public")
        op.add_enum_value("feeling", "great", schema="public")
        op.rename_sequence("n", "n2", schema="public")
        """,
        'op.rename_table("s", "r", schema="public")',
        """
        op.rename_table("r", "q", schema="public")
        op.rename_sequence("n2", "n3", schema="public")
        op.rename_enum("feeling", "spirit", schema="public")
        op.alter_column("q", "x", server_default="y", schema="public")
        """,
    ),
    "indexes redefined": (
        TABLE,
        """
        op.create_table(
            "s", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Text), schema="public"
        )
        op.create_index("uq", "s", ["x"], unique=True, schema="public")
        op.create_index("ix", "s", ["x"], schema="public")
        op.create_index("iy", "s", ["x"], schema="public")
        """,
        """
        op.drop_index("uq", "s", schema="public")
        op.create_unique_constraint("uq", "s", ["x"], schema="public")
        op.drop_index("ix", "s", schema="public")
        op.create_index("ix", "s", ["x", "id"], schema="public")
        """,
        """
        op.rename_index("iy", "iz", "s", schema="public")
        op.rename_constraint("uq", "uq_s", "s", schema="public")
        """,
        'op.rename_table("s", "r", schema="public")',
    ),
    "indexes redefined concurrently": (
        TABLE,
        """
        op.create_index_concurrently("ix", "t", ["a"], schema="public")
        op.create_index_concurrently("iy", "t", ["a"], schema="public")
        """,
        """
        op.drop_index_concurrently("ix", "t", schema="public")
        op.create_index_concurrently("ix", "t", ["a", "b"], schema="public")
        op.drop_index("iy", "t", schema="public")
        op.create_index("iy", "t", ["a", "b"], schema="public")
        """,
    ),
    "names in a chain": (
        TABLE,
        """
        for name in ("one", "two", "three"):
            op.add_column("t", sa.Column(name, sa.Text), schema="public")
            op.create_index(f"i_{name}", "t", ["a"], schema="public")
            op.create_check_constraint(op.f(f"c_{name}"), "t", "id > 0", schema="public")
        """,
        """
        for old, new in (("three", "four"), ("two", "three"), ("one", "two")):
            op.alter_column("t", old, new_column_name=new, schema="public")
            op.rename_index(f"i_{old}", f"i_{new}", "t", schema="public")
            op.rename_constraint(f"c_{old}", f"c_{new}", "t", schema="public")
        """,
    ),
    "comments of what goes": (
        TABLE,
        'op.create_table("old", sa.Column("id", sa.Integer, primary_key=True), schema="public")',
        """
        op.create_table_comment("old", "of old", schema="public")
        op.alter_column("old", "id", comment="of id", schema="public")
        op.create_index("ix", "t", ["a"], schema="public")
        """,
        """
        op.comment_on("index", "ix", "of ix", schema="public")
        op.alter_column("t", "a", comment="of a", schema="public")
        """,
        """
        op.drop_table("old", schema="public")
        op.drop_index("ix", "t", schema="public")
        op.drop_column("t", "a", schema="public")
        """,
    ),
    "parts that go with their column": (
        TABLE,
        """
        op.create_index("ix", "t", ["b"], schema="public")
        op.create_index("iy", "t", ["b"], schema="public")
        op.create_table_constraint("ck", "t", "CHECK (b > 0) NOT VALID", schema="public")
        op.add_column("t", sa.Column("n", sa.BigInteger, sa.Identity()), schema="public")
        """,
        """
        op.comment_on("index", "ix", "of ix", schema="public")
        op.comment_on("constraint", "ck", "of ck", table="t", schema="public")
        op.validate_constraint("ck", "t", schema="public")
        op.alter_table("t", "CLUSTER ON ix", schema="public")
        op.rename_index("iy", "iz", "t", schema="public")
        op.advance_sequence("t", "n", schema="public")
        """,
        """
        op.drop_column("t", "b", schema="public")
        op.drop_column("t", "n", schema="public")
        """,
    ),
    "names taken by a rename": (
        TABLE,
        """
        op.create_index_concurrently("ix", "t", ["a"], schema="public")
        op.create_check_constraint(op.f("ck"), "t", "id > 0", schema="public")
        """,
        """
        op.create_index_concurrently("ix_new", "t", ["b"], schema="public")
        op.drop_index_concurrently("ix", "t", schema="public")
        op.rename_index("ix_new", "ix", "t", schema="public")
        op.create_check_constraint(op.f("ck_new"), "t", "id > -1", schema="public")
        op.drop_constraint("ck", "t", schema="public")
        op.rename_constraint("ck_new", "ck", "t", schema="public")
        """,
    ),
    "types without a stated old one": (
        """
        op.create_table("t", sa.Column("id", sa.Integer), sa.Column("a", sa.Text), schema="public")
        op.add_column("t", sa.Column("b", sa.Integer), schema="public")
        op.alter_column("t", "a", type_=sa.String(3), postgresql_using="left(a, 3)", schema="public")
        op.alter_column("t", "b", server_default="2", schema="public")
        """,
        """
        op.alter_column("t", "a", type_=sa.Text(), schema="public")
        op.alter_column("t", "a", server_default="quite long", schema="public")
        op.alter_column("t", "b", type_=sa.BigInteger(), existing_type=sa.Integer(), schema="public")
        """,
        """
        op.create_policy("p", "t", using="a <> ''", schema="public")
        op.alter_column("t", "b", type_=sa.Numeric(), existing_type=sa.BigInteger(), schema="public")
        """,
    ),
    "a name that a dropped column frees": (
        TABLE
        + """
    op.create_index("ix", "t", ["b"], schema="public")
    op.create_index("iz", "t", ["a"], schema="public")
    op.rename_index("ix", "iy", "t", schema="public")
        """,
        """
        op.drop_column("t", "a", schema="public")
        op.rename_index("iy", "iz", "t", schema="public")
        """,
    ),
    "renamed in its own revision": (
        TABLE
        + """
    op.create_index("ix", "t", ["b", "a"], schema="public")
    op.alter_column("t", "b", new_column_name="c", schema="public")
        """,
        "pass",
    ),
}
MADE_AGAIN: dict[str, Sequence[str]] = {
    "column": (
        TABLE,
        """
        op.add_column("t", sa.Column("c", sa.Integer), schema="public")
        op.create_index("ix", "t", ["c"], schema="public")
        op.create_check_constraint(op.f("ck"), "t", "c > 0", schema="public")
        """,
        'op.drop_column("t", "c", schema="public")',
        'op.add_column("t", sa.Column("c", sa.Text), schema="public")',
        "pass",
    ),
    "table": (
        TABLE,
        """
        op.create_table("again", sa.Column("x", sa.Integer), schema="public")
        op.create_index("ix", "again", ["x"], schema="public")
        """,
        'op.drop_table("again", schema="public")',
        'op.create_table("again", sa.Column("y", sa.Integer), schema="public")',
        """
        op.execute("INSERT INTO public.again SELECT 1 WHERE NOT EXISTS (SELECT FROM public.again)")
        """,
    ),
}
ROWS = "SELECT coalesce(array_agg(to_jsonb(t) ORDER BY id)::text, '') FROM public.t"


def _written(path: Path, name: str) -> Written:
    written = Written(path)
    for up in (HISTORIES | MADE_AGAIN)[name]:
        written.add(up)
    return written


def _filled(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO public.t (id) VALUES (1), (2)")
        for table, column, fill in (
            ("again", "y", "INSERT INTO public.again VALUES (9)"),
            ("t", "c", "UPDATE public.t SET c = 'v'"),
        ):
            there = "SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
            if connection.execute(there, [f"public.{table}", column]).fetchone() is not None:
                connection.execute(fill)


def _state(url: str) -> tuple[object, object]:
    again = one(url, "SELECT to_regclass('public.again') IS NOT NULL")
    return one(url, ROWS), one(url, "SELECT count(*) FROM public.again") if again else None


@pytest.mark.part(of=4)
@pytest.mark.parametrize("name", HISTORIES)
def test_lineage_runs_again_at_head(empty_url: str, tmp_path: Path, name: str) -> None:
    written = _written(tmp_path, name)
    written.upgrade(empty_url)
    _filled(empty_url)
    before = catalog(empty_url), _state(empty_url)
    for below, x in (("base", ()), ("base", AUTOCOMMIT), *((name, ()) for name in written.revisions[:-1])):
        stamp(empty_url, below)
        written.upgrade(empty_url, x=x)
        assert diff(before[0], catalog(empty_url)) == [], below
        assert _state(empty_url) == before[1]


def test_index_built_concurrently_is_left_to_a_later_revision(empty_url: str, tmp_path: Path) -> None:
    """Dropped, renamed, or its column or table is: nothing is built again under the old name."""
    written = Written(tmp_path)
    written.add(TABLE + '    op.create_table("old", sa.Column("x", sa.Integer), schema="public")')
    build = 'op.create_index_concurrently("{0}", "{1}", ["{2}"], schema="public")'
    indexes = (("ix", "t", "a"), ("iy", "t", "b"), ("iz", "t", "id"), ("iw", "old", "x"))
    written.add("\n".join(build.format(*index) for index in indexes))
    written.add(
        """
        op.rename_index("ix", "ix_new", "t", schema="public")
        op.alter_column("t", "a", new_column_name="c", schema="public")
        op.drop_column("t", "b", schema="public")
        op.drop_index_concurrently("iz", "t", schema="public")
        op.drop_table("old", schema="public")
        op.rename_table("t", "s", schema="public")
        """
    )
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.s VALUES (1, 'x')")
    before, place = catalog(empty_url), "SELECT 'public.ix_new'::regclass::oid"
    index = one(empty_url, place)
    for below, x in (("base", ()), ("base", AUTOCOMMIT), ("r1", ()), ("r2", ())):
        stamp(empty_url, below)
        written.upgrade(empty_url, x=x)
        assert diff(before, catalog(empty_url)) == [], below
        assert one(empty_url, place) == index


@pytest.mark.part(of=4)
@pytest.mark.parametrize("name", [*HISTORIES, *MADE_AGAIN])
def test_script_of_a_lineage_runs_twice(empty_url: str, tmp_path: Path, name: str) -> None:
    _written(tmp_path, name)
    script = statements(Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True))
    found = []
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for run in range(2):
            for statement in script:
                connection.execute(statement.encode())
            if run == 0:
                _filled(empty_url)
            found.append((catalog(empty_url), _state(empty_url)))
    assert diff(found[0][0], found[1][0]) == []
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("name", MADE_AGAIN)
def test_values_of_what_is_made_again_are_not_dropped(empty_url: str, tmp_path: Path, name: str) -> None:
    written = _written(tmp_path, name)
    written.upgrade(empty_url)
    _filled(empty_url)
    before = catalog(empty_url), _state(empty_url)
    for below, x in (("base", ()), ("base", AUTOCOMMIT), ("r2", ())):
        stamp(empty_url, below)
        with pytest.raises(
            CommandError,
            match=r"already has the definition of a later revision .* holds values\nhint: to drop these",
        ):
            written.upgrade(empty_url, x=x)
        assert diff(before[0], catalog(empty_url)) == [], below
        assert _state(empty_url) == before[1]
    stamp(empty_url, "r2")
    written.upgrade(empty_url, "r3")  # as the hint says, where the values are to go
    written.upgrade(empty_url)
    assert diff(before[0], catalog(empty_url)) == []
    assert _state(empty_url) != before[1]


def test_way_back_runs_again_at_base(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add(TABLE, 'op.drop_table("t", schema="public")')
    written.add(
        """
        op.create_view("v", "SELECT a FROM public.t", schema="public")
        op.create_policy("p", "t", using="b > 0", schema="public")
        """,
        """
        op.drop_policy("p", "t", schema="public")
        op.drop_view("v", schema="public")
        """,
    )
    written.add(
        """
        op.replace_view("v", "SELECT a, id FROM public.t", schema="public")
        op.replace_policy("p", "t", using="b > 1", schema="public")
        """,
        """
        op.replace_policy("p", "t", using="b > 0", schema="public")
        op.replace_view("v", "SELECT a FROM public.t", schema="public")
        op.alter_column("t", "b", nullable=True, schema="public")
        """,
    )
    empty = catalog(empty_url)
    written.upgrade(empty_url)
    for x in ((), AUTOCOMMIT):
        stamp(empty_url, "r3")
        written.downgrade(empty_url, x=x)
        assert diff(empty, catalog(empty_url)) == []


def test_revision_that_fails_for_its_rows_is_tried_once(
    empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    written.upgrade(empty_url)
    _filled(empty_url)
    written.add(
        """
        print("tried")
        op.create_check_constraint(op.f("ck"), "t", "id > 1", schema="public")
        """
    )
    written.add('op.create_index("ix", "t", ["a"], schema="public")')
    with pytest.raises(CommandError, match="23514"):
        written.upgrade(empty_url)
    assert capsys.readouterr().out == "tried\n"


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_first_run_is_refused_for_rows_though_the_constraint_is_dropped_later(
    empty_url: str, tmp_path: Path, x: tuple[str, ...]
) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    written.upgrade(empty_url)
    _filled(empty_url)
    written.add('op.create_check_constraint(op.f("ck"), "t", "id > 1", schema="public")')
    written.add('op.drop_constraint(op.f("ck"), "t", schema="public")')
    with pytest.raises(CommandError, match="23514"):
        written.upgrade(empty_url, x=x)
    assert one(empty_url, "SELECT version_num FROM public.alembic_version") == "r1"
    stamp(empty_url, "base")
    written.upgrade(empty_url, x=x)  # r1 finds its table: this is no first run


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_rows_of_the_run_itself_are_refused(empty_url: str, tmp_path: Path, x: tuple[str, ...]) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    written.add('op.rename_table("t", "s", schema="public")')
    written.add('op.execute("INSERT INTO public.s (id) VALUES (1), (2) ON CONFLICT DO NOTHING")')
    written.add('op.create_check_constraint(op.f("ck"), "s", "id > 1", schema="public")')
    written.add('op.drop_constraint(op.f("ck"), "s", schema="public")')
    with pytest.raises(CommandError, match=r"r4\.py.*23514"):
        written.upgrade(empty_url, x=x)
    assert one(empty_url, "SELECT version_num FROM public.alembic_version") == "r3"
    stamp(empty_url, "base")
    written.upgrade(empty_url, x=x)  # the rows may be of later revisions
    assert one(empty_url, "SELECT count(*) FROM public.s") == 2


def test_branches_and_their_merge_run_again(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add(TABLE + '    op.create_index("ix", "t", ["a"], schema="public")', revision="root")
    written.add(
        """
        op.add_column("t", sa.Column("x", sa.Integer), schema="public")
        op.create_check_constraint(op.f("ck"), "t", "x > 0", schema="public")
        """
    )
    written.add(
        """
        op.alter_column("t", "x", new_column_name="z", schema="public")
        op.drop_constraint(op.f("ck"), "t", schema="public")
        """
    )
    written.add(
        """
        op.add_column("t", sa.Column("y", sa.Integer), schema="public")
        op.create_index("iy", "t", ["y"], schema="public")
        """,
        after="root",
    )
    written.add(
        """
        op.drop_index("iy", "t", schema="public")
        op.create_index("iy", "t", ["y", "a"], schema="public")
        op.rename_index("ix", "iz", "t", schema="public")
        """
    )
    written.add('op.alter_column("t", "a", server_default="q", schema="public")', after=("r3", "r5"))
    written.add('op.rename_table("t", "w", schema="public")')
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.w (id, y, z) VALUES (1, 2, -3)")
    before = catalog(empty_url), one(empty_url, "SELECT to_jsonb(w) FROM public.w")
    for below, x in (("base", ()), ("base", AUTOCOMMIT), *((name, ()) for name in written.revisions[:-1])):
        stamp(empty_url, below)  # of one branch: the other one begins at its root
        written.upgrade(empty_url, x=x)
        assert diff(before[0], catalog(empty_url)) == [], below
        assert one(empty_url, "SELECT to_jsonb(w) FROM public.w") == before[1]


def test_what_no_revision_makes_is_refused(empty_url: str, tmp_path: Path) -> None:
    written = _written(tmp_path, "objects replaced")
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql SET search_path = '' "
            "AS 'SELECT 4'"
        )
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"function public\.f\(\) already exists with a different"):
        written.upgrade(empty_url)


def test_code_that_is_read_ahead_uses_nothing_up(
    empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    name = written.add(
        """
        print("once")
        for column in NAMES:
            op.add_column("t", sa.Column(column, sa.Integer), schema="public")
        op.alter_column("t", "b", nullable=False, schema="public")
        """
    )
    path = tmp_path / f"{name}.py"
    path.write_text(path.read_text(encoding="utf-8") + '\n\nNAMES = iter(("c", "d"))\n', encoding="utf-8")
    written.upgrade(empty_url)
    assert (
        one(empty_url, "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0") == 5
    )
    assert capsys.readouterr().out == "once\n"
