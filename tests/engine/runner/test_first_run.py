"""A first run carries out each statement, whatever later revisions do to its object."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.ddl import base as ops
from alembic.util import CommandError
from sqlalchemy import String
from written import AUTOCOMMIT, TABLE, Written, one, rows

from app_schema import database
from app_schema.ddl import Guarded
from app_schema.ddl.guard import Guard
from app_schema.ddl.twin import Side
from app_schema.migrations import alter_type
from app_schema.migrations.foresight import ahead, column, reading
from app_schema.migrations.session import MigrationSession

FIRST: dict[str, Sequence[str]] = {
    "filled, dropped, created anew": (
        TABLE,
        """
        op.add_column("t", sa.Column("c", sa.Integer), schema="public")
        op.execute("INSERT INTO public.t (id, c) VALUES (1, 7)")
        """,
        'op.drop_column("t", "c", schema="public")',
        'op.add_column("t", sa.Column("c", sa.Integer), schema="public")',
    ),
    "names swapped": (
        TABLE,
        """
        op.execute("INSERT INTO public.t (id, a) VALUES (1, 'x')")
        op.alter_column("t", "a", new_column_name="spare", schema="public")
        """,
        'op.alter_column("t", "b", new_column_name="a", schema="public")',
        'op.alter_column("t", "spare", new_column_name="b", schema="public")',
    ),
}


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
@pytest.mark.parametrize("name", FIRST)
def test_first_run_does_what_is_written(
    empty_url: str, tmp_path: Path, name: str, x: tuple[str, ...]
) -> None:
    written = Written(tmp_path)
    for up in FIRST[name]:
        written.add(up)
    written.upgrade(empty_url, x=x)
    row = {"filled, dropped, created anew": (1, None, None, None), "names swapped": (1, "x", None)}[name]
    assert rows(empty_url, "SELECT * FROM public.t") == [row]


FIRST_ALL = (
    TABLE,
    """
    op.execute("INSERT INTO public.t (id, a, b) VALUES (1, 'x', 1)")
    op.create_enum("mood", ("sad", "ok"), schema="public")
    op.create_index("ix", "t", ["a"], schema="public")
    op.create_index("iy", "t", ["b"], schema="public")
    op.add_column("t", sa.Column("c", sa.Integer), schema="public")
    op.execute("UPDATE public.t SET c = 5")
    op.create_table("again", sa.Column("y", sa.Integer), schema="public")
    op.execute("INSERT INTO public.again VALUES (7)")
    """,
    """
    op.add_column("t", sa.Column("a_new", sa.Integer), schema="public")
    op.execute("UPDATE public.t SET a_new = length(a)")
    op.drop_column("t", "a", schema="public")
    op.alter_column("t", "a_new", new_column_name="a", schema="public")
    op.drop_column("t", "c", schema="public")
    op.drop_table("again", schema="public")
    """,
    """
    op.add_enum_value("mood", "good", schema="public")
    op.rename_enum_value("mood", "ok", "old", schema="public")
    op.rename_enum_value("mood", "good", "ok", schema="public")
    op.create_index("ix", "t", ["b"], schema="public")
    op.rename_index("ix", "tmp", "t", schema="public")
    op.rename_index("iy", "ix", "t", schema="public")
    op.rename_index("tmp", "iy", "t", schema="public")
    """,
    """
    op.add_column("t", sa.Column("c", sa.Integer), schema="public")
    op.create_table("again", sa.Column("y", sa.Integer), schema="public")
    """,
)
"""Names that pass from one object to another, and values of what is dropped and made again."""


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_first_run_carries_out_each_statement(empty_url: str, tmp_path: Path, x: tuple[str, ...]) -> None:
    written = Written(tmp_path)
    for up in FIRST_ALL:
        written.add(up)
    written.upgrade(empty_url, x=x)
    assert one(empty_url, "SELECT to_jsonb(t) FROM public.t") == {"id": 1, "a": 1, "b": 1, "c": None}
    assert one(empty_url, "SELECT count(*) FROM public.again") == 0
    assert one(empty_url, "SELECT enum_range(NULL::public.mood)::text") == "{sad,old,ok}"
    assert one(empty_url, "SELECT count(*) FROM pg_indexes WHERE indexname IN ('ix', 'iy')") == 2


@pytest.mark.parametrize("made", ["CREATE TABLE public.s (v text)", "CREATE TABLE public.t (id int, s text)"])
def test_what_another_made_is_not_dropped(empty_url: str, tmp_path: Path, made: str) -> None:
    written = Written(tmp_path)
    written.add('op.create_table("t", sa.Column("id", sa.Integer), schema="public")')
    written.add(
        """
        op.create_table("s", sa.Column("x", sa.Integer), schema="public")
        op.add_column("t", sa.Column("s", sa.Integer), schema="public")
        """
    )
    written.add('op.drop_table("s", schema="public")\nop.drop_column("t", "s", schema="public")')
    with psycopg.connect(empty_url) as connection:
        connection.execute(made.encode())
    with pytest.raises(CommandError, match=r"^r2\.py, line .* already exists with a different definition"):
        written.upgrade(empty_url)


FIRST_NAMES = (
    TABLE,
    """
    op.execute("INSERT INTO public.t (id, a, b) VALUES (1, 'x', 2)")
    op.create_enum("mood", ("sad", "ok", "good"), schema="public")
    op.create_table("s", sa.Column("x", sa.Integer), schema="public")
    op.execute("INSERT INTO public.s VALUES (7)")
    op.create_table("u", sa.Column("x", sa.Integer), schema="public")
    op.create_index("ix", "t", ["b"], schema="public")
    op.create_index("iy", "t", ["b"], schema="public")
    """,
    """
    op.add_column("t", sa.Column("c", sa.Integer), schema="public")
    op.execute("UPDATE public.t SET c = 3")
    op.create_index("iz", "t", ["b"], schema="public")
    op.create_table("s_new", sa.Column("x", sa.Integer), schema="public")
    op.execute("INSERT INTO public.s_new SELECT x + 1 FROM public.s")
    op.drop_table("s", schema="public")
    op.rename_table("s_new", "s", schema="public")
    """,
    """
    for old, new in (("a", "spare"), ("b", "a"), ("c", "b"), ("spare", "c")):
        op.alter_column("t", old, new_column_name=new, schema="public")
    for old, new in (("ix", "spare"), ("iy", "ix"), ("iz", "iy"), ("spare", "iz")):
        op.rename_index(old, new, "t", schema="public")
    for old, new in (("sad", "spare"), ("ok", "sad"), ("good", "ok"), ("spare", "good")):
        op.rename_enum_value("mood", old, new, schema="public")
    """,
    'op.rename_table("s", "spare", schema="public")',
    'op.rename_table("u", "s", schema="public")',
    'op.rename_table("spare", "u", schema="public")',
)
"""Names that go round, and a table that takes the place of another one."""


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_first_run_passes_names_on(empty_url: str, tmp_path: Path, x: tuple[str, ...]) -> None:
    written = Written(tmp_path)
    for up in FIRST_NAMES:
        written.add(up)
    written.upgrade(empty_url, x=x)
    assert one(empty_url, "SELECT to_jsonb(t) FROM public.t") == {"id": 1, "a": 2, "b": 3, "c": "x"}
    assert one(empty_url, "SELECT enum_range(NULL::public.mood)::text") == "{good,sad,ok}"
    assert rows(empty_url, "SELECT 's', x FROM public.s UNION ALL SELECT 'u', x FROM public.u") == [("u", 8)]
    assert one(empty_url, "SELECT count(*) FROM pg_indexes WHERE indexname IN ('ix', 'iy', 'iz')") == 3


def test_altered_column_is_read_once() -> None:
    """Planning the query of a default takes longer than the ALTER TABLE."""
    guard = Guard(
        "column c of t", "0", "SELECT 'DEFAULT 1'", Side(value="''"), absent=None, different=("SELECT",)
    )
    assert guard.render().count("EXECUTE definition INTO found") == 1


def test_type_is_known_without_a_twin(empty_url: str) -> None:
    types = [*alter_type._PRINTS, "VARCHAR(30)", "NUMERIC(12, 2)"]
    columns = ", ".join(f"c{number} {type_}" for number, type_ in enumerate(types))
    with psycopg.connect(empty_url) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE known ({columns})")
        found = connection.execute(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'known'::regclass AND attnum > 0 ORDER BY attnum"
        ).fetchall()
    assert [(alter_type._printed(type_),) for type_ in types] == found
    unknown = [
        '"MOOD"',
        'VARCHAR COLLATE "C"',
        "mood",
        "NUMERIC(10)",
        "TIMESTAMP(3) WITH TIME ZONE",
        "INTEGER[]",
    ]
    assert [alter_type._printed(type_) for type_ in unknown] == [""] * len(unknown)
    alter = ops.ColumnType("t", "c", String(30), existing_type=String(20))
    statement = alter_type.column_type(alter)
    assert isinstance(statement, Guarded)
    assert "pg_temp" not in statement.sql()


def test_constructs_ahead_are_read_once_each(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(tmp_path)
    read: list[Any] = []
    count = 12
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TYPE another AS ENUM ()")
    written.add(TABLE)
    for size in range(count):
        written.add(f'op.alter_column("t", "a", type_=sa.String({30 + size}), schema="public")')
    monkeypatch.setattr(column, "_target", partial(_noting, read, column._target))
    written.upgrade(empty_url)
    assert 0 < len(read) <= 4 * count, "as read ahead, and as run; not once for each pair of statements"


def test_nothing_is_read_ahead_for_an_empty_database(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(tmp_path)
    read: list[Any] = []
    written.add(TABLE)
    written.add(
        """
        op.execute("INSERT INTO public.t (id, a) VALUES (1, '7') ON CONFLICT DO NOTHING")
        op.alter_column("t", "a", type_=sa.Integer(), postgresql_using="a::integer + 1", schema="public")
        """
    )
    written.add('op.alter_column("t", "a", type_=sa.Text(), schema="public")')
    written.add('op.drop_column("t", "b", schema="public")')
    written.add('op.add_column("t", sa.Column("b", sa.Integer()), schema="public")')
    monkeypatch.setattr(ahead, "collected", partial(_noting, read, reading.collected))
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT a, b FROM public.t") == [("8", None)]
    assert not read
    # of what a run has left, the next one knows the later revisions
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("DELETE FROM public.alembic_version; UPDATE public.t SET b = 5")
    with pytest.raises(
        CommandError, match=r"column b of public\.t already has the definition of a later revision"
    ):
        written.upgrade(empty_url)
    assert read


def test_database_is_empty_without_what_a_revision_may_have_made(empty_url: str) -> None:
    made = {
        "TABLE x ()": "TABLE",
        "VIEW x AS SELECT 1": "VIEW",
        "SEQUENCE x": "SEQUENCE",
        "TYPE x AS ENUM ()": "TYPE",
        "TYPE x AS ()": "TYPE",
        "DOMAIN x AS text": "DOMAIN",
        "FUNCTION x() RETURNS int RETURN 1": "FUNCTION",
    }
    with database.engine(empty_url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CREATE EXTENSION vector")
        for what, kind in made.items():
            assert MigrationSession(connection, "alembic_version", None).facts().empty
            connection.exec_driver_sql(f"CREATE {what}")
            assert not MigrationSession(connection, "alembic_version", None).facts().empty, what
            connection.exec_driver_sql(f"DROP {kind} x")
    connection.engine.dispose()


def _noting(read: list[Any], target: Callable[..., Any], *read_: Any) -> Any:
    read.append(read_)
    return target(*read_)


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_object_of_handwritten_sql_is_compared_in_an_empty_database(
    empty_url: str, tmp_path: Path, x: tuple[str, ...]
) -> None:
    written = Written(tmp_path)
    written.add(
        """
        op.execute("CREATE TABLE IF NOT EXISTS public.t (id integer CONSTRAINT t_pkey PRIMARY KEY, a text)")
        op.execute("CREATE INDEX IF NOT EXISTS ix ON public.t (a)")
        key = sa.Column("id", sa.Integer, nullable=False)
        op.create_table("t", key, sa.Column("a", sa.Text), schema="public")
        op.add_column("t", sa.Column("a", sa.Text), schema="public")
        op.create_index("ix", "t", ["a"], schema="public")
        op.create_primary_key("t_pkey", "t", ["id"], schema="public")
        op.execute("CREATE TYPE public.mood AS ENUM ('low')")
        op.create_enum("mood", ["low"], schema="public")
        op.execute("CREATE POLICY p ON public.t USING (a IS NULL)")
        op.create_policy("p", "t", using="a IS NULL", schema="public")
        op.execute("CREATE TRIGGER tr BEFORE UPDATE ON public.t "
                   "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")
        op.create_trigger("tr", "t", before="UPDATE", execute="suppress_redundant_updates_trigger()",
                          schema="public")
        """
    )
    written.upgrade(empty_url, "r1", x=x)
    written.add(
        """
        op.execute("CREATE TABLE IF NOT EXISTS public.u (id integer, a text)")
        op.create_table("u", sa.Column("id", sa.Integer), sa.Column("a", sa.Integer), schema="public")
        """
    )
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("DROP TABLE public.t, public.alembic_version")
        connection.execute("DROP TYPE public.mood")
    with pytest.raises(
        CommandError, match=r"(?s)table public\.u already exists with a different definition.*found"
    ):
        written.upgrade(empty_url, x=x)


def test_creation_in_an_empty_database_compares_nothing(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(tmp_path)
    written.add(
        """
        op.create_table("t", sa.Column("a", sa.Text), sa.Column("b", sa.Integer), schema="public")
        op.add_column("t", sa.Column("c", sa.Integer), schema="public")
        op.create_index("ix", "t", ["a"], schema="public")
        op.create_check_constraint("ck", "t", "b > 0", schema="public")
        op.create_enum("mood", ["low"], schema="public")
        op.create_policy("p", "t", using="b > 0", schema="public")
        op.create_trigger("tr", "t", before="UPDATE", execute="suppress_redundant_updates_trigger()",
                          schema="public")
        """
    )
    compared: list[Any] = []
    monkeypatch.setattr(Guard, "render", partial(_noting, compared, Guard.render))
    written.upgrade(empty_url)
    assert not compared


def test_upgrade_imports_what_it_needs(empty_url: str, tmp_path: Path) -> None:
    """The snapshot of the catalog and the comparison serve autogenerate."""
    written = Written(tmp_path)
    written.add(TABLE)
    lines = (
        "import sys",
        "from alembic.config import main",
        f"main(['-c', {str(written.ini())!r}, 'upgrade', 'head'])",
        "unneeded = ('app_schema.catalog', 'app_schema.migrations.compare.sides', 'app_schema.mued.models')",
        "print([name for name in unneeded if name in sys.modules])",
    )
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DATABASE_URL": empty_url},
    )
    assert said.stdout == "[]\n"
