"""Lineages that replace or drop objects which they created earlier, a text of operations a revision."""

from __future__ import annotations

from collections.abc import Sequence

from written import TABLE

REPLACED: dict[str, Sequence[str]] = {
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
}
