"""Lineages that drop a column or table and create another under its name, a text of operations a revision."""

from __future__ import annotations

from collections.abc import Sequence

from written import TABLE

RECREATED: dict[str, Sequence[str]] = {
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
