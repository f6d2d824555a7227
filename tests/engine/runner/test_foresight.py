"""A column that a later statement of its revision changes: the revision can be run again, from any place."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.util import CommandError
from lineage import Alembic, catalog, stamp, statements
from written import Written, one, rows

from app_schema.catalog import diff
from app_schema.migrations.impl import guarded

pytestmark = pytest.mark.part(of=6)

BASE = "CREATE TABLE public.t (id int PRIMARY KEY, old text); INSERT INTO public.t VALUES (1, 'a'), (2, 'b')"
UPS = {
    "add, fill, set not null": """
        op.add_column("t", sa.Column("a", sa.Integer), schema="public")
        op.execute("UPDATE public.t SET a = 7 WHERE a IS NULL")
        op.alter_column("t", "a", nullable=False, schema="public")
    """,
    "add with a default, drop it": """
        op.add_column("t", sa.Column("a", sa.Integer, server_default="7", nullable=False), schema="public")
        op.alter_column("t", "a", server_default=None, schema="public")
    """,
    "add, fill by parameters, change twice": """
        op.add_column("t", sa.Column("a", sa.Integer), schema="public")
        t = sa.table("t", sa.column("a", sa.Integer), schema="public")
        op.execute(t.update().values(a=7).where(t.c.a.is_(None)))
        op.alter_column("t", "a", type_=sa.BigInteger(), existing_type=sa.Integer(), schema="public")
        op.alter_column(
            "t", "a", type_=sa.Text(), existing_type=sa.BigInteger(), nullable=False, schema="public"
        )
        op.alter_column("t", "a", server_default="x", schema="public")
    """,
    "create, then everything": """
        op.create_table(
            "new", sa.Column("a", sa.Integer), sa.Column("b", sa.Text), sa.Column("gone", sa.Text),
            sa.CheckConstraint("a > 0", name="ck"), schema="public",
        )
        op.execute("INSERT INTO public.new (a) SELECT 7 WHERE NOT EXISTS (SELECT FROM public.new)")
        op.alter_column("new", "a", nullable=False, server_default="5", schema="public")
        op.drop_constraint("ck", "new", schema="public")
        op.alter_column("new", "b", type_=sa.String(9), schema="public")
        op.alter_column("new", "b", new_column_name="c", schema="public")
        op.drop_column("new", "gone", schema="public")
    """,
    "drop, and add another of the name": """
        op.drop_column("t", "old", schema="public")
        op.add_column("t", sa.Column("old", sa.Integer, server_default="7"), schema="public")
        op.alter_column("t", "old", nullable=False, schema="public")
        op.create_index("ix", "t", ["old"], schema="public")
        op.create_view("v", "SELECT old FROM public.t", schema="public")
    """,
    "add, then a key": """
        op.create_table("new", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), schema="public")
        op.create_primary_key("pk", "new", ["a"], schema="public")
        op.drop_constraint("t_pkey", "t", schema="public")
        op.add_column("t", sa.Column("a", sa.Integer), schema="public")
        op.execute("UPDATE public.t SET a = id WHERE a IS NULL")
        op.create_table_constraint("t_pkey", "t", "PRIMARY KEY (a)", schema="public")
    """,
    "add, fill, rename, change": """
        op.add_column("t", sa.Column("a", sa.Integer, server_default="7"), schema="public")
        op.alter_column("t", "a", nullable=False, schema="public")
        op.alter_column("t", "a", new_column_name="b", schema="public")
        op.alter_column("t", "b", type_=sa.BigInteger(), existing_type=sa.Integer(), schema="public")
        op.alter_column("t", "old", type_=sa.String(9), nullable=False, schema="public")
        op.alter_column("t", "old", new_column_name="former", schema="public")
    """,
    "stated old default": """
        op.add_column("t", sa.Column("a", sa.Text, server_default="x"), schema="public")
        op.alter_column("t", "a", server_default=None, existing_server_default="x", schema="public")
        op.alter_column("t", "a", server_default="y", schema="public")
    """,
}
ROWS = "SELECT array_agg(to_jsonb(t) ORDER BY id)::text FROM public.t"


def _based(url: str, tmp_path: Path, up: str) -> Written:
    with psycopg.connect(url) as connection:
        connection.execute(BASE.encode())
    written = Written(tmp_path)
    written.add(up)
    return written


@pytest.mark.part(of=6)
@pytest.mark.parametrize("x", [(), ("autocommit=true",)], ids=["usual", "autocommit"])
@pytest.mark.parametrize("name", UPS)
def test_revision_runs_again(empty_url: str, tmp_path: Path, name: str, x: tuple[str, ...]) -> None:
    written = _based(empty_url, tmp_path, UPS[name])
    written.upgrade(empty_url, x=x)
    before = catalog(empty_url), one(empty_url, ROWS)
    for _ in range(2):
        stamp(empty_url, "base")
        with psycopg.connect(empty_url) as connection:
            connection.execute("UPDATE public.t SET id = id")  # what was written since stays
        written.upgrade(empty_url, x=x)
        assert diff(before[0], catalog(empty_url)) == []
        assert one(empty_url, ROWS) == before[1]


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", UPS)
def test_cut_anywhere_in_autocommit_is_mended_by_a_second_run(
    empty_url: str, tmp_path: Path, name: str
) -> None:
    body = UPS[name].strip("\n")
    places = [n for n, line in enumerate(body.splitlines()) if line.startswith("        op.")]
    written = _based(empty_url, tmp_path, body)
    written.upgrade(empty_url)
    expected = catalog(empty_url)
    for place in places[1:]:
        with psycopg.connect(empty_url) as connection:
            connection.execute(b"DROP TABLE IF EXISTS t, new, alembic_version CASCADE; " + BASE.encode())
        lines = body.splitlines()
        cut = Written(tmp_path / f"cut{place}")
        cut.path.mkdir()
        cut.add("\n".join([*lines[:place], "        raise RuntimeError('cut')", *lines[place:]]))
        with pytest.raises(RuntimeError, match="cut"):
            cut.upgrade(empty_url, x=("autocommit=true",))
        written.upgrade(empty_url, x=("autocommit=true",))
        assert diff(expected, catalog(empty_url)) == [], lines[place]


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", UPS)
def test_script_runs_twice(empty_url: str, tmp_path: Path, name: str) -> None:
    _based(empty_url, tmp_path, UPS[name])
    script = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    found = []
    with psycopg.connect(empty_url) as connection:
        for _ in range(2):
            for statement in statements(script):
                connection.execute(statement.encode())
            connection.commit()
            found.append((catalog(empty_url), rows(empty_url, ROWS)))
    assert diff(found[0][0], found[1][0]) == []
    assert found[0][1] == found[1][1]


def test_another_column_under_the_new_name_is_refused(empty_url: str, tmp_path: Path) -> None:
    written = _based(empty_url, tmp_path, UPS["add, fill, rename, change"])
    with psycopg.connect(empty_url) as connection:
        connection.execute("ALTER TABLE public.t ADD b text")
    with pytest.raises(CommandError, match=r"column a of public\.t already exists with a different"):
        written.upgrade(empty_url)


def test_what_the_revision_does_not_make_is_refused(empty_url: str, tmp_path: Path) -> None:
    written = _based(empty_url, tmp_path, UPS["add, fill, set not null"])
    with psycopg.connect(empty_url) as connection:
        connection.execute("ALTER TABLE public.t ADD a bigint NOT NULL DEFAULT 0")
    with pytest.raises(CommandError, match=r"column a of public\.t already exists with a different"):
        written.upgrade(empty_url)


def test_what_is_otherwise_for_a_while_is_so_on_the_first_run_too(empty_url: str, tmp_path: Path) -> None:
    up = """
        op.alter_column("t", "n", nullable=True, schema="public")
        op.alter_column("t", "n", server_default=None, schema="public")
        op.execute("INSERT INTO public.t (id, old) VALUES (3, 'c') ON CONFLICT DO NOTHING")
        op.execute("UPDATE public.t SET n = 9 WHERE n IS NULL")
        op.alter_column("t", "n", server_default="5", schema="public")
        op.alter_column("t", "n", nullable=False, schema="public")
    """
    written = Written(tmp_path)
    written.add('op.execute("' + BASE.replace("old text)", "old text, n int NOT NULL DEFAULT 5)") + '")')
    written.add(up)
    written.upgrade(empty_url)
    assert one(empty_url, "SELECT string_agg(n::text, ',' ORDER BY id) FROM public.t") == "5,5,9"


def test_what_one_context_has_sent_is_nothing_to_another() -> None:
    first, second = (
        guarded(MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True}))
        for _ in range(2)
    )
    assert first.impl.foresight is not second.impl.foresight  # type: ignore[attr-defined]
