"""A revision is one transaction with its stamp, and many of them travel in one flight."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.util import CommandError
from lineage import Alembic
from written import Written, heads, leftovers, one, rows, table

from app_schema.migrations import retry, watch
from app_schema.url import parse

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from proxy import Proxy  # type: ignore[import-not-found,unused-ignore]  # a script, no package

ROOM = """
CREATE FUNCTION room() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()) > 100 THEN
    RAISE 'out of shared memory' USING ERRCODE = '53200',
      HINT = 'You might need to increase "max_locks_per_transaction".';
  END IF;
END $$"""


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look at who blocks: on a slow machine it would count as round trips."""
    monkeypatch.setattr(watch.Watch, "_run", lambda _self: None)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def _through(proxy: Proxy, url: str) -> str:
    there = parse(url).set(drivername="postgresql", host=proxy.host, port=proxy.port, query={})
    return there.render_as_string(hide_password=False)


def _target(url: str) -> str:
    with psycopg.connect(url) as connection:
        info = connection.info
        return (
            f"{info.host}/.s.PGSQL.{info.port}" if info.host.startswith("/") else f"{info.host}:{info.port}"
        )


def test_number_of_round_trips_does_not_grow(empty_url: str, server_url: str, written: Written) -> None:
    for number in range(25):
        written.add(table(f"t{number}"), f"op.drop_table('t{number}', schema='public')")
    with Proxy(_target(server_url)) as proxy:
        url = _through(proxy, empty_url)
        written.upgrade(url)
        first = proxy.counts().round_trips
        written.upgrade(url)
        again = proxy.counts().round_trips - first
        written.downgrade(url)
        down = proxy.counts().round_trips - first - again
    assert heads(empty_url) == []
    assert first <= 10
    assert again <= 8
    assert down <= 10


def test_whole_lineage_takes_ten_round_trips(empty_url: str, server_url: str) -> None:
    with Proxy(_target(server_url)) as proxy:
        Alembic(_through(proxy, empty_url))("upgrade", "head")
        assert proxy.counts().round_trips <= 10


def test_error_names_its_statement_and_what_came_before_has_landed(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(f"{table('b')}\nop.execute('SELECT 1/0')\n{table('c')}")
    written.add(table("d"))
    with pytest.raises(CommandError, match=r"^r2\.py, line 12: division by zero \(SQLSTATE 22012\)$"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
    assert rows(empty_url, "SELECT relname FROM pg_class WHERE relname IN ('a', 'b', 'c', 'd')") == [("a",)]
    assert leftovers(empty_url) == 0


def test_error_on_the_connection_of_a_revision_has_its_line(empty_url: str, written: Written) -> None:
    written.add("op.get_bind().execute(sa.text('SELECT 1/0'))")
    with pytest.raises(CommandError, match=r"^r1\.py, line 11: division by zero \(SQLSTATE 22012\)$"):
        written.upgrade(empty_url)
    with pytest.raises(CommandError, match=r"^r1\.py, line 11: division by zero \(SQLSTATE 22012\)$"):
        written.upgrade(empty_url, x=["autocommit=true"])
    assert leftovers(empty_url) == 0


def test_error_is_that_of_its_revision_whoever_asks_for_the_answer(empty_url: str, written: Written) -> None:
    written.add("op.execute('SELECT 1/0')")
    written.add("op.get_bind()")
    with pytest.raises(CommandError, match=r"^r1\.py, line 11: division by zero \(SQLSTATE 22012\)$"):
        written.upgrade(empty_url)


def test_error_in_python_leaves_what_came_before(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(f"{table('b')}\nraise RuntimeError('no')")
    with pytest.raises(RuntimeError, match="no"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
    assert one(empty_url, "SELECT to_regclass('public.b')") is None
    assert leftovers(empty_url) == 0


def test_connection_of_a_revision_sees_what_it_did_before(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(
        f"""
        {table("b")}
        bind = op.get_bind()
        bind.execute(sa.text("INSERT INTO public.a SELECT count(*) FROM public.b"))
        op.execute("INSERT INTO public.a VALUES (7)")
        with bind.connection.cursor() as cursor:
            cursor.execute("INSERT INTO public.a SELECT max(id) + 1 FROM public.a")
        op.bulk_insert(sa.table("a", sa.column("id"), schema="public"), [{{"id": 20}}, {{"id": 21}}])
        """
    )
    written.add("op.execute('INSERT INTO public.a SELECT max(id) + 1 FROM public.a')")
    written.upgrade(empty_url)
    assert [value for (value,) in rows(empty_url, "SELECT id FROM public.a")] == [0, 7, 8, 20, 21, 22]


def test_connection_of_the_context_sees_what_was_kept_back(empty_url: str, written: Written) -> None:
    written.add(
        f"""
        connection = op.get_context().connection
        {table("a")}
        connection.execute(sa.text("INSERT INTO public.a VALUES (1)"))
        """
    )
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT id FROM public.a") == [(1,)]


def test_autocommit_block_comes_in_its_place(empty_url: str, written: Written) -> None:
    written.add("op.create_enum('mood', ['ok'], schema='public')")
    written.add(
        """
        op.create_table("a", sa.Column("id", sa.Integer()), schema="public")
        op.add_enum_value("mood", "sad", schema="public")
        op.execute("INSERT INTO public.a SELECT 1 WHERE 'sad'::public.mood IS NOT NULL")
        op.create_index_concurrently("ix_a_id", "a", ["id"], schema="public")
        """
    )
    written.add("op.execute('INSERT INTO public.a VALUES (2)')")
    written.upgrade(empty_url)
    assert heads(empty_url) == ["r3"]
    assert rows(empty_url, "SELECT id FROM public.a") == [(1,), (2,)]
    assert one(empty_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.ix_a_id'::regclass")


def test_several_statements_in_one_string_still_work(empty_url: str, written: Written) -> None:
    written.add("op.execute('CREATE TABLE public.a (id int); INSERT INTO public.a VALUES (1);')")
    written.add("op.execute(\"UPDATE public.a SET id = 5 WHERE 'a%%' LIKE '%%' AND id % 2 = 1\")")
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT id FROM public.a") == [(5,)]


def test_timeouts_of_the_database_do_not_cut_a_statement(empty_url: str, written: Written) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET statement_timeout = '50ms'".encode())
    written.add("op.execute('SELECT pg_sleep(0.2)')")
    written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]


def test_revision_too_big_for_the_lock_table_is_split(
    empty_url: str, written: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PART", 8)
    with psycopg.connect(empty_url) as connection:  # a server with a small lock table
        connection.execute(ROOM)
        connection.execute("CREATE EVENT TRIGGER room ON ddl_command_end EXECUTE FUNCTION room()")
    written.add(
        "for n in range(40):\n    op.create_table(f't{n}', sa.Column('id', sa.Integer(),"
        " sa.Identity(), nullable=False), sa.PrimaryKeyConstraint('id', name=f'pk_t{n}'), schema='public')"
    )
    written.upgrade(empty_url)
    assert one(empty_url, "SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]+$'") == 40
    assert "in parts of 8 statements" in capsys.readouterr().err


def test_revision_goes_with_its_stamp(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(f"{table('b')}\nop.execute(\"UPDATE public.alembic_version SET version_num = 'other'\")")
    with pytest.raises(CommandError, match="the version table was changed meanwhile"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
    assert one(empty_url, "SELECT to_regclass('public.b')") is None


def test_convention_names_what_a_revision_names_in_short(empty_url: str, written: Written) -> None:
    written.add(f"{table('a')}\nop.create_check_constraint('positive', 'a', 'id > 0', schema='public')")
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT conname FROM pg_constraint WHERE conname LIKE '%positive'") == [
        ("ck_a_positive",)
    ]


def test_version_table_that_alembic_made_gets_room(empty_url: str, written: Written) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("INSERT INTO public.alembic_version VALUES ('r1')")
    written.add(table("a"))
    name = written.add(table("b"), revision="r2_with_a_name_of_more_than_32_characters")
    written.add(table("c"))
    written.upgrade(empty_url)
    written.downgrade(empty_url, name)
    assert heads(empty_url) == [name]


def test_stamp_and_purge(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(table("b"))
    written.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = 'gone'")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", empty_url)
        command.stamp(written.config(), "r1", purge=True)
    assert heads(empty_url) == ["r1"]
