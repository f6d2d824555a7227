"""Names that objects exchange or hand over: once, however often and from wherever the lineage runs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from lineage import Alembic, catalog, stamp, statements
from written import AUTOCOMMIT, TABLE, Written, one, rows

pytestmark = pytest.mark.part(of=6)

SWAPS = {
    "columns of one type": (
        "op.add_column('t', sa.Column('a2', sa.Text), schema='public')",
        "alter_column('t', '{old}', new_column_name='{new}', schema='public')",
        ("a", "z", "a2"),
    ),
    "columns of two types": (
        "pass",
        "alter_column('t', '{old}', new_column_name='{new}', schema='public')",
        ("a", "z", "b"),
    ),
    "indexes": (
        (
            "op.create_index('ia', 't', ['a'], schema='public')\n"
            "op.create_index('ib', 't', ['b'], schema='public')"
        ),
        "rename_index('{old}', '{new}', 't', schema='public')",
        ("ia", "iz", "ib"),
    ),
    "constraints": (
        (
            "op.create_check_constraint(op.f('ca'), 't', 'id > 0', schema='public')\n"
            "op.create_check_constraint(op.f('cb'), 't', 'id < 9', schema='public')"
        ),
        "rename_constraint('{old}', '{new}', 't', schema='public')",
        ("ca", "cz", "cb"),
    ),
    "labels": (
        "op.create_enum('mood', ('sad', 'ok'), schema='public')",
        "rename_enum_value('mood', '{old}', '{new}', schema='public')",
        ("sad", "tmp", "ok"),
    ),
}
"""The statement that creates an object, the one that renames it, and three names: the first and last are
exchanged."""


def _seen(url: str) -> tuple[object, object]:
    """The catalog without the table of the recorded keys, and the rows."""
    kept = {
        key: definition
        for key, definition in catalog(url).items()
        if "alembic_run_once" not in (key.table or key.name)
    }
    return kept, rows(url, "SELECT to_jsonb(t) FROM public.t")


@pytest.mark.part(of=4)
@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
@pytest.mark.parametrize("what", SWAPS)
def test_names_are_exchanged_once(empty_url: str, tmp_path: Path, what: str, x: tuple[str, ...]) -> None:
    create, rename, (first, free, last) = SWAPS[what]
    swap = "\n".join(
        f"op.{rename.format(old=old, new=new)}" for old, new in ((first, free), (last, first), (free, last))
    )
    written = Written(tmp_path)
    written.add(f"{textwrap.dedent(TABLE)}\n{create}", "op.drop_table('t', schema='public')")
    written.add(swap, swap)
    written.upgrade(empty_url, "r1", x=x)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, a, b) VALUES (1, 'x', 2)")
    before = _seen(empty_url)
    written.upgrade(empty_url, x=x)
    exchanged = _seen(empty_url)
    assert before != exchanged
    for start in ("base", "r1"):
        stamp(empty_url, start)
        written.upgrade(empty_url, x=x)
        assert _seen(empty_url) == exchanged
    for _ in range(2):
        written.downgrade(empty_url, "r1", x=x)
        assert _seen(empty_url) == before
        stamp(empty_url, "r2")
    stamp(empty_url, "r1")
    written.upgrade(empty_url, x=x)
    assert _seen(empty_url) == exchanged


def _carry_out(url: str, script: Sequence[str]) -> None:
    with psycopg.connect(url) as connection:
        for statement in script:
            connection.execute(statement.encode())


@pytest.mark.parametrize("what", ["enum", "table", "column"])
def test_exchange_over_several_revisions_is_refused_from_base_without_harm(
    empty_url: str, tmp_path: Path, what: str
) -> None:
    one_, other, call = {
        "enum": ("op.create_enum('m', ('a',), {})", "op.create_enum('n', ('b',), {})", "rename_enum({}, {})"),
        "table": (
            "op.create_table('m', sa.Column('x', sa.Text), {})",
            "op.create_table('n', sa.Column('x', sa.Text), {})",
            "rename_table({}, {})",
        ),
        "column": (
            "op.add_column('t', sa.Column('m', sa.Text), {})",
            "op.add_column('t', sa.Column('n', sa.Text), {})",
            "alter_column('t', {}, new_column_name={})",
        ),
    }[what]
    place = "schema='public'"
    written = Written(tmp_path)
    written.add("\n".join([textwrap.dedent(TABLE), one_.format(place), other.format(place)]))
    for names in (("m", "z"), ("n", "m"), ("z", "n")):
        written.add(f"op.{call.format(*map(repr, names))[:-1]}, {place})")
    for revision in written.revisions:
        written.upgrade(empty_url, revision)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, a) VALUES (1, 'x')")
        if what == "table":
            connection.execute("INSERT INTO public.n VALUES ('of m')")
        if what == "column":
            connection.execute("UPDATE public.t SET n = 'of m'")
    before = catalog(empty_url), rows(empty_url, "SELECT to_jsonb(t) FROM public.t")
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"different definition|does not tell"):
        written.upgrade(empty_url)
    assert (catalog(empty_url), rows(empty_url, "SELECT to_jsonb(t) FROM public.t")) == before


@pytest.mark.parametrize("what", ["columns of one type", "constraints"])
def test_exchange_that_is_not_recorded_is_refused(empty_url: str, tmp_path: Path, what: str) -> None:
    create, rename, (first, free, last) = SWAPS[what]
    written = Written(tmp_path)
    written.add(f"{textwrap.dedent(TABLE)}\n{create}")
    written.add(
        "\n".join(
            f"op.{rename.format(old=o, new=n)}" for o, n in ((first, free), (last, first), (free, last))
        )
    )
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, a) VALUES (1, 'x')")
        connection.execute("DROP TABLE public.alembic_run_once")
    before = _seen(empty_url)
    script = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    with pytest.raises(psycopg.Error, match=r"that is done|different definition"):
        _carry_out(empty_url, statements(script))
    refused = r"does not tell whether that is done, .*\nhint: .* stamp r2;|different definition"
    for x in ((), AUTOCOMMIT):
        stamp(empty_url, "base")
        with pytest.raises(CommandError, match=refused):
            written.upgrade(empty_url, x=x)
        assert _seen(empty_url) == before


HANDED_OVER = {
    "column": """
        op.add_column("t", sa.Column("a_new", sa.Text), schema="public")
        op.execute("UPDATE public.t SET a_new = 'new'")
        op.drop_column("t", "a", schema="public")
        op.alter_column("t", "a_new", new_column_name="a", schema="public")
    """,
    "table": """
        op.create_table("t_new", sa.Column("id", sa.Integer), sa.Column("a", sa.Text), schema="public")
        op.execute("INSERT INTO public.t_new SELECT id, 'new' FROM public.t")
        op.drop_table("t", schema="public")
        op.rename_table("t_new", "t", schema="public")
    """,
    "tables exchanged": """
        op.create_table("u", sa.Column("id", sa.Integer), sa.Column("a", sa.Text), schema="public")
        op.execute("INSERT INTO public.u VALUES (1, 'new')")
        op.rename_table("t", "spare", schema="public")
        op.rename_table("u", "t", schema="public")
        op.rename_table("spare", "u", schema="public")
    """,
}


@pytest.mark.parametrize("what", HANDED_OVER)
def test_values_of_what_took_the_place_stay(empty_url: str, tmp_path: Path, what: str) -> None:
    written = Written(tmp_path)
    written.add('op.create_table("t", sa.Column("id", sa.Integer), sa.Column("a", sa.Text), schema="public")')
    written.add(
        "op.execute(\"INSERT INTO public.t SELECT 1, 'old' WHERE NOT EXISTS (SELECT FROM public.t)\")"
    )
    written.add(HANDED_OVER[what])
    script = Alembic(empty_url, versions=tmp_path, alone=True)("upgrade", "head", sql=True)
    _carry_out(empty_url, statements(script))
    assert one(empty_url, "SELECT a FROM public.t") == "new"
    with psycopg.connect(empty_url) as connection:
        connection.execute("UPDATE public.t SET a = 'written since'")
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"does not tell whether that is done.*did not create public\.t"):
        written.upgrade(empty_url)
    stamp(empty_url, "r3")
    with pytest.raises(psycopg.Error, match="does not tell whether that is done"):
        _carry_out(empty_url, statements(script))
    assert one(empty_url, "SELECT a FROM public.t") == "written since"


@pytest.mark.parametrize("what", ["exchanged", "handed over"])
def test_names_are_not_passed_on_again_after_a_stamp(empty_url: str, tmp_path: Path, what: str) -> None:
    names = {"exchanged": (("a", "z"), ("a2", "a"), ("z", "a2")), "handed over": (("a2", "a"),)}[what]
    drop = "" if what == "exchanged" else 'op.drop_column("t", "a", schema="public")\n'
    add = 'op.add_column("t", sa.Column("a2", sa.Text), schema="public")'
    written = Written(tmp_path)
    written.add(f"{textwrap.dedent(TABLE)}\n{add * (what == 'exchanged')}")
    renames = (f"op.alter_column('t', '{o}', new_column_name='{n}', schema='public')" for o, n in names)
    written.add("\n".join([add * (what != "exchanged"), drop, *renames]))
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, a) VALUES (1, 'x')")
        connection.execute("DROP TABLE IF EXISTS public.alembic_run_once")  # as plain Alembic leaves it
    alembic = Alembic(empty_url, versions=tmp_path, alone=True)
    for below in ("r1", "base"):
        alembic("stamp", below)
        stamp(empty_url, "r1")
        with pytest.raises(CommandError, match="does not tell whether that is done"):
            written.upgrade(empty_url)
        assert one(empty_url, "SELECT a FROM public.t") == "x"
        alembic("stamp", "r2")
        written.upgrade(empty_url)
    alembic("stamp", "r1")
    with psycopg.connect(empty_url) as connection:  # as the hint says, where it is not done
        connection.execute("DELETE FROM public.alembic_run_once WHERE key = 'r2 upgrade: stamped away'")
    written.upgrade(empty_url)
    assert one(empty_url, "SELECT a FROM public.t") is None


def test_exchange_on_a_table_that_was_dropped_since_is_refused(empty_url: str, tmp_path: Path) -> None:
    create, rename, (first, free, last) = SWAPS["columns of one type"]
    written = Written(tmp_path)
    written.add(f"{textwrap.dedent(TABLE)}\n{create}")
    written.add(
        "\n".join(
            f"op.{rename.format(old=o, new=n)}" for o, n in ((first, free), (last, first), (free, last))
        )
    )
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("DROP TABLE public.t")
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"column a of public\.t is renamed to z and a2 to a: recorded"):
        written.upgrade(empty_url)


def test_dropped_column_whose_name_another_has_by_now_stays(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    written.add('op.add_column("t", sa.Column("n", sa.Text), schema="public")')
    written.add('op.drop_column("t", "a", schema="public")')
    written.add('op.alter_column("t", "n", new_column_name="a", schema="public")')
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, a) VALUES (1, 'kept')")
    stamp(empty_url, "r2")
    written.upgrade(empty_url, x=AUTOCOMMIT)
    assert one(empty_url, "SELECT a FROM public.t") == "kept"


def test_dropped_table_whose_name_another_has_by_now_stays(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add('op.create_table("s", sa.Column("a", sa.Text), schema="public")')
    written.add('op.create_table("s_new", sa.Column("a", sa.Text), schema="public")')
    written.add('op.drop_table("s", schema="public")')
    written.add('op.rename_table("s_new", "s", schema="public")')
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.s VALUES ('kept')")
    for x in ((), AUTOCOMMIT):
        stamp(empty_url, "r2")
        written.upgrade(empty_url, x=x)
        assert one(empty_url, "SELECT a FROM public.s") == "kept"


def test_columns_of_a_renamed_table_are_not_exchanged_twice(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    written.add(TABLE)
    written.add('op.rename_table("t", "s", schema="public")')
    names = (("a", "z"), ("b", "a"), ("z", "b"))
    written.add(
        "\n".join(f"op.alter_column('s', '{o}', new_column_name='{n}', schema='public')" for o, n in names)
    )
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.s (id, b) VALUES (1, 'x')")
        connection.execute("DROP TABLE public.alembic_run_once")
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"does not tell whether that is done|different definition"):
        written.upgrade(empty_url)
    assert one(empty_url, "SELECT b FROM public.s") == "x"


@pytest.mark.parametrize("x", [(), AUTOCOMMIT], ids=["usual", "autocommit"])
def test_what_was_created_in_the_place_of_another_stays(
    empty_url: str, tmp_path: Path, x: tuple[str, ...]
) -> None:
    """Renamed, created anew under the old name, the renamed one dropped: a second run moves nothing aside."""
    number = '"n", "AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1", schema="public"'
    written = Written(tmp_path)
    written.add(
        f"""
        op.create_table("t", sa.Column("id", sa.Integer), sa.Column("a", sa.Text), schema="public")
        op.create_table("u", sa.Column("x", sa.Text), schema="public")
        op.create_sequence({number})
        """
    )
    written.add(
        f"""
        op.alter_column("t", "a", new_column_name="a_old", schema="public")
        op.add_column("t", sa.Column("a", sa.Integer), schema="public")
        op.rename_table("u", "u_old", schema="public")
        op.create_table("u", sa.Column("y", sa.Integer), schema="public")
        op.rename_sequence("n", "n_old", schema="public")
        op.create_sequence({number})
        op.drop_sequence("n_old", schema="public")
        """
    )
    written.add(
        """
        op.drop_column("t", "a_old", schema="public")
        op.drop_table("u_old", schema="public")
        """
    )
    written.upgrade(empty_url, "r1", x=x)
    stamp(empty_url, "base")  # the definitions tell that nothing is moved aside yet
    with psycopg.connect(empty_url) as connection:
        connection.execute("DROP SEQUENCE public.n")  # a sequence of the same definition does not
    written.upgrade(empty_url, x=x)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t VALUES (1, 7); INSERT INTO public.u VALUES (8)")
        connection.execute("SELECT nextval('public.n'), nextval('public.n')")
    values = (
        "SELECT concat(t.id, t.a, u.y, n.last_value) FROM public.t, public.u, public.n "
        "WHERE to_regclass('public.u_old') IS NULL"
    )
    before = _seen(empty_url), one(empty_url, values)
    assert before[1] == "1782"
    for below in ("base", "r1", "r2"):
        stamp(empty_url, below)
        written.upgrade(empty_url, x=x)
        assert (_seen(empty_url), one(empty_url, values)) == before


def test_what_was_created_in_the_place_of_an_altered_column_stays(empty_url: str, tmp_path: Path) -> None:
    """Applied a revision a run, so that nothing is recorded: the second run refuses before it alters."""
    written = Written(tmp_path)
    written.add(TABLE + "    op.add_column('t', sa.Column('c', sa.Integer), schema='public')")
    written.add("op.alter_column('t', 'c', type_=sa.BigInteger(), schema='public')")
    written.add("op.alter_column('t', 'c', new_column_name='d', schema='public')")
    written.add("op.add_column('t', sa.Column('c', sa.Integer), schema='public')")
    written.add("op.drop_column('t', 'd', schema='public')")
    for revision in written.revisions:
        written.upgrade(empty_url, revision)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO public.t (id, c) VALUES (1, 9)")
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"r2.py.* this run did not create the table"):
        written.upgrade(empty_url)
    assert one(empty_url, "SELECT c FROM public.t") == 9
    assert one(empty_url, "SELECT pg_typeof(c)::text FROM public.t") == "integer"


def test_table_that_took_the_place_of_an_altered_one_stays(empty_url: str, tmp_path: Path) -> None:
    written = Written(tmp_path)
    for name, column in (("u", "x"), ("w", "y")):
        written.add(f"op.create_table('{name}', sa.Column('{column}', sa.Integer), schema='public')")
    written.add("op.add_column('u', sa.Column('k', sa.Integer), schema='public')")
    swap = (("u", "z"), ("w", "u"), ("z", "w"))
    written.add("\n".join(f"op.rename_table('{old}', '{new}', schema='public')" for old, new in swap))
    written.upgrade(empty_url)
    before = catalog(empty_url)
    stamp(empty_url, "base")
    with pytest.raises(CommandError, match=r"r3.py.* this run did not create public.u"):
        written.upgrade(empty_url)
    assert catalog(empty_url) == before
