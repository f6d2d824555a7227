"""The next run repairs the remains of an interrupted run."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from written import Written, rows, table

INDEXES = """
SELECT c.relname, i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
 WHERE i.indrelid = 'public.a'::regclass ORDER BY 1"""

CONSTRAINTS = {
    "check": ("CHECK (id > 0)", "op.create_check_constraint(op.f('c'), 'b', 'id > 0', schema='public')"),
    "foreign key": (
        "FOREIGN KEY (id) REFERENCES public.a (id)",
        """op.create_foreign_key(
            "c", "b", "a", ["id"], ["id"], source_schema="public", referent_schema="public")""",
    ),
}


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def test_invalid_index_and_leftovers_of_a_rebuild_are_replaced(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.a VALUES (1), (2)")
        for name in ("ix", "ix_ccnew", "ix_ccnew1", "other_ccnew"):
            connection.execute(f"CREATE INDEX {name} ON public.a (id)".encode())
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indrelid = 'public.a'::regclass")
    written.add("op.create_index_concurrently('ix', 'a', ['id'], schema='public')")
    written.upgrade(empty_url)
    assert rows(empty_url, INDEXES) == [("ix", True), ("other_ccnew", False)]


@pytest.mark.parametrize("kind", CONSTRAINTS)
def test_constraint_left_not_valid_is_validated(empty_url: str, written: Written, kind: str) -> None:
    written.add(
        table(
            "a", "sa.Column('id', sa.Integer(), nullable=False), sa.PrimaryKeyConstraint('id', name='pk_a')"
        )
    )
    written.add(table("b"))
    written.upgrade(empty_url)
    definition, call = CONSTRAINTS[kind]
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.b VALUES (-1)")
        connection.execute(f"ALTER TABLE public.b ADD CONSTRAINT c {definition} NOT VALID".encode())
    written.add(call)
    with pytest.raises(CommandError, match=r"^r3\.py, line \d+: .*violate"):
        written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("DELETE FROM public.b")
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT convalidated FROM pg_constraint WHERE conname = 'c'") == [(True,)]
