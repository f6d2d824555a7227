"""A lineage that changes what it created earlier can be run again from its base, at head and in between."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from histories import REPLACED
from histories_recreated import RECREATED
from histories_renamed import RENAMED
from lineage import Alembic, catalog, stamp, statements
from written import AUTOCOMMIT, TABLE, Written, one

from app_schema.catalog import diff

pytestmark = pytest.mark.part(of=6)

HISTORIES = REPLACED | RENAMED
ROWS = "SELECT coalesce(array_agg(to_jsonb(t) ORDER BY id)::text, '') FROM public.t"


def _written(path: Path, name: str) -> Written:
    written = Written(path)
    for up in (HISTORIES | RECREATED)[name]:
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


@pytest.mark.part(of=6)
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


def _changed_after_concurrently(path: Path) -> Written:
    """An index is renamed, dropped, or its column or table is."""
    written = Written(path)
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
    return written


def test_index_built_concurrently_is_left_to_a_later_revision(empty_url: str, tmp_path: Path) -> None:
    """Dropped, renamed, or its column or table is: nothing is built again under the old name."""
    written = _changed_after_concurrently(tmp_path)
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


def test_script_with_an_index_that_changes_after_concurrently_runs_twice(
    empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _changed_after_concurrently(tmp_path).add(
        'op.create_index_concurrently("stays", "s", ["c"], schema="public")'
    )
    text = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    built = [line for line in text.splitlines() if line.startswith("CREATE INDEX CONCURRENTLY")]
    assert len(built) == 1, "the one that stays as it is"
    assert "index ix is built without CONCURRENTLY in this script" in capsys.readouterr().err
    found = []
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for _ in range(2):
            for statement in statements(text):
                connection.execute(statement.encode())
            connection.execute("INSERT INTO public.s VALUES (1, 'x') ON CONFLICT DO NOTHING")
            found.append((catalog(empty_url), one(empty_url, "SELECT 'public.ix_new'::regclass::oid")))
    assert found[0] == found[1]


@pytest.mark.part(of=6)
@pytest.mark.parametrize("name", [*HISTORIES, *RECREATED])
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


@pytest.mark.parametrize("name", RECREATED)
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
