"""Lineages that rename objects which they created earlier, a text of operations a revision."""

from __future__ import annotations

from collections.abc import Sequence

from written import TABLE

RENAMED: dict[str, Sequence[str]] = {
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
    "columns exchanged under what reads them": (
        TABLE,
        """
        op.create_index("ix", "t", ["a"], schema="public")
        op.create_index("both", "t", ["b", "a"], schema="public")
        op.create_check_constraint(op.f("ck"), "t", "a <> ''", schema="public")
        op.create_unique_constraint("uq", "t", ["id", "a"], schema="public")
        op.create_policy("p", "t", using="b > 0", schema="public")
        op.create_view("v", "SELECT a FROM public.t", schema="public")
        op.add_column("t", sa.Column("g", sa.Integer, sa.Computed("b + 1", persisted=True)), schema="public")
        """,
        """
        op.alter_column("t", "a", new_column_name="z", schema="public")
        op.alter_column("t", "b", new_column_name="a", schema="public")
        op.alter_column("t", "z", new_column_name="b", schema="public")
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
    op.alter_column("t", "b", new_column_name="d", schema="public")
        """,
        "pass",
    ),
    "a name that a new column gets": (
        TABLE,
        """
        op.create_index("ix", "t", ["a"], schema="public")
        op.rename_index("ix", "iz", "t", schema="public")
        op.create_index("iy", "t", ["b"], schema="public")
        """,
        """
        op.create_index("ix", "t", ["b", "a"], schema="public")
        """,
        """
        op.alter_column("t", "b", new_column_name="d", schema="public")
        op.add_column("t", sa.Column("b", sa.Text), schema="public")
        """,
    ),
    "altered, renamed, and another one of the name": (
        TABLE
        + """
    op.add_column("t", sa.Column("c", sa.Text), schema="public")
    op.add_column("t", sa.Column("e", sa.Integer), schema="public")
    op.create_table("u", sa.Column("x", sa.Integer), sa.Column("y", sa.Text), schema="public")
    op.execute("INSERT INTO public.u SELECT 1, 'kept' WHERE NOT EXISTS (SELECT FROM public.u)")
    op.create_enum("mood", ("sad", "ok"), schema="public")
        """,
        """
        op.alter_column("t", "c", type_=sa.String(9), server_default="d", schema="public")
        op.alter_column("t", "e", nullable=False, server_default="1", comment="a number", schema="public")
        op.add_column("u", sa.Column("z", sa.Text), schema="public")
        op.drop_column("u", "y", schema="public")
        op.alter_column("u", "x", type_=sa.BigInteger(), new_column_name="w", schema="public")
        op.create_index("ux", "u", ["w"], schema="public")
        op.create_policy("p", "u", using="true", schema="public")
        op.add_enum_value("mood", "glad", schema="public")
        """,
        """
        op.alter_column("t", "c", new_column_name="c_old", schema="public")
        op.alter_column("t", "e", new_column_name="e_old", schema="public")
        op.rename_table("u", "u_old", schema="public")
        op.rename_enum("mood", "mood_old", schema="public")
        """,
        """
        op.add_column("t", sa.Column("c", sa.Text), schema="public")
        op.add_column("t", sa.Column("e", sa.Text), schema="public")
        op.create_table("u", sa.Column("x", sa.Integer), sa.Column("y", sa.Text), schema="public")
        op.create_enum("mood", ("sad",), schema="public")
        """,
    ),
}
