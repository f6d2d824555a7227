"""One migrator at a time, and locks on objects that are not waited for long."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from written import Written, heads, leftovers, one, rows, table

from app_schema.errors import LockedError
from app_schema.migrations import environment, upgrade, watch
from app_schema.migrations.lock import Lock
from app_schema.migrations.progress import COMMITTED
from app_schema.migrations.session import MigrationSession

pytestmark = pytest.mark.part(of=4)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.fixture
def key(empty_engine: sa.Engine) -> int:
    """The key of the migration lock."""
    with empty_engine.connect() as connection:
        return Lock(MigrationSession(connection, "alembic_version", "public")).key


def test_second_migrator_waits_and_says_who_holds_the_lock(
    empty_url: str, key: int, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    written.add(table("a"))
    with (
        psycopg.connect(empty_url, application_name="the other", autocommit=True) as holder,
        ThreadPoolExecutor(1) as pool,
    ):
        pid, user = holder.info.backend_pid, holder.info.user
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        waiting = pool.submit(written.upgrade, empty_url)
        said, deadline = "", time.monotonic() + 10
        while "waiting" not in said and time.monotonic() < deadline:
            time.sleep(0.05)
            said += capsys.readouterr().err
        holder.execute("SELECT pg_advisory_unlock(%s)", [key])
        waiting.result()
    said += capsys.readouterr().err
    assert said.count("waiting for the migration lock") == 1
    assert re.search(r"the migration lock is free after \d+\.\d s", said)
    assert f"held by pid {pid} (the other, {user}, connected since " in said
    assert heads(empty_url) == ["r1"]


def test_wait_is_bounded_and_changes_nothing(empty_url: str, key: int) -> None:
    with psycopg.connect(empty_url) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        holder.commit()
        with pytest.raises(LockedError, match=f"held by pid {holder.info.backend_pid} .*waited 0.2 s"):
            upgrade(empty_url, lock_wait="200ms")
    assert one(empty_url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


def test_waiter_holds_no_snapshot(empty_url: str, key: int, written: Written) -> None:
    written.add(table("a"))
    with (
        psycopg.connect(empty_url, autocommit=True) as holder,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("CREATE TABLE big (id int)")
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        waiting = pool.submit(written.upgrade, empty_url)
        time.sleep(0.3)
        holder.execute("SET statement_timeout = '10s'")
        holder.execute("CREATE INDEX CONCURRENTLY ON big (id)")
        holder.execute("SELECT pg_advisory_unlock(%s)", [key])
        waiting.result()


def test_threads_take_turns_and_the_losers_find_nothing_to_do(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        landed = list(pool.map(lambda _: upgrade(empty_url, "0001_stripe_customer"), range(4)))
    assert sorted(landed) == [[], [], [], ["0000_initial_schema", "0001_stripe_customer"]]
    assert leftovers(empty_url) == 0


def test_fence_refuses_when_the_lock_is_lost(empty_url: str, written: Written) -> None:
    written.add("op.execute('SELECT pg_advisory_unlock_all()')")
    written.add(table("a"))
    with pytest.raises(CommandError, match="the migration lock is lost"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]


def test_activity_shows_which_revision_runs(empty_url: str, written: Written) -> None:
    written.add(
        "op.execute('CREATE TABLE public.seen AS SELECT current_setting($$application_name$$) AS name')"
    )
    written.upgrade(empty_url)
    assert rows(empty_url, "SELECT name FROM public.seen") == [("app_schema: r1",)]


def test_revision_that_gets_no_lock_is_begun_again(
    empty_url: str, written: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(f"{table('b')}\nop.add_column('a', sa.Column('x', sa.Integer()), schema='public')")
    written.add(table("c"))
    with psycopg.connect(empty_url) as reader:
        reader.execute("SELECT FROM public.a")
        # the reader ends in the pause before the second try, however long the first one took
        monkeypatch.setattr(MigrationSession, "sleep", lambda _self, _seconds: reader.rollback())
        written.upgrade(empty_url, x=["lock_timeout=100ms"])
    assert "r2 did not get its locks and was rolled back" in capsys.readouterr().err
    assert heads(empty_url) == ["r3"]


def test_revision_of_a_transaction_that_begins_again_is_committed_once(
    empty_url: str, written: Written, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(table("b"))
    written.add("""
op.add_column('a', sa.Column('x', sa.Integer()), schema='public')
op.get_bind().execute(sa.text("SELECT"))
""")
    monkeypatch.setattr(environment, "DEFAULTS", {**environment.DEFAULTS, "transaction_per_migration": False})
    caplog.set_level("INFO", "alembic.runtime.migration")
    caplog.clear()  # Alembic may have set the level before
    with psycopg.connect(empty_url) as reader:
        reader.execute("SELECT FROM public.a")
        monkeypatch.setattr(MigrationSession, "sleep", lambda _self, _seconds: reader.rollback())
        written.upgrade(empty_url, x=["lock_timeout=100ms"])
    committed = [record.getMessage() for record in caplog.records if hasattr(record, COMMITTED)]
    assert [line.split(":")[0] for line in committed] == ["r2 applied (1 of 2)", "r3 applied (2 of 2)"]
    assert heads(empty_url) == ["r3"]


def test_tries_are_counted_for_each_revision_alone(
    empty_url: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.add(f"{table('a')}\n{table('b')}")
    written.upgrade(empty_url)
    for name in ("a", "b"):
        written.add(f"op.add_column({name!r}, sa.Column('x', sa.Integer()), schema='public')")
    with psycopg.connect(empty_url) as reader:
        reader.execute("SELECT FROM public.a")
        next_tables = iter(["b"])

        def sleep(_self: MigrationSession, _seconds: float) -> None:
            reader.rollback()
            for name in next_tables:
                reader.execute(f"SELECT FROM public.{name}".encode())
                break

        monkeypatch.setattr(MigrationSession, "sleep", sleep)
        written.upgrade(empty_url, x=["lock_timeout=100ms", "lock_tries=2"])
    assert list(next_tables) == []
    assert heads(empty_url) == ["r3"], "each failed once, and may try twice"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("INSERT INTO public.alembic_version VALUES ('foreign')", {"r1", "foreign"}),
        ("DELETE FROM public.alembic_version", set()),
        ("UPDATE public.alembic_version SET version_num = 'foreign'", {"foreign"}),
    ],
)
def test_fence_refuses_other_heads_than_those_it_left(
    empty_url: str, written: Written, change: str, found: set[str]
) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(f"with op.get_context().autocommit_block():\n    op.execute({change!r})", revision="r2")
    written.add(table("b"))
    with pytest.raises(CommandError, match="the version table was changed meanwhile"):
        written.upgrade(empty_url)
    assert one(empty_url, "SELECT to_regclass('public.b')") is None
    assert set(heads(empty_url)) - {"r2"} <= found


def test_fence_refuses_an_extra_head_that_another_session_stamped(empty_url: str, written: Written) -> None:
    """The stamp of the next revision would meet its one row, and say nothing of the other."""
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(
        f"""
        op.execute("SELECT 1")
        import psycopg
        with psycopg.connect({empty_url!r}, autocommit=True) as other:
            other.execute("INSERT INTO public.alembic_version VALUES ('foreign')")
        """
    )
    written.add(table("b"))
    with pytest.raises(CommandError, match="the version table was changed meanwhile"):
        written.upgrade(empty_url)
    assert one(empty_url, "SELECT to_regclass('public.b')") is None


def test_fence_refuses_where_a_head_is_missing(empty_url: str, written: Written) -> None:
    """The stamp of another branch is an INSERT, and would not miss it."""
    written.add(table("a"))
    written.upgrade(empty_url)
    written.revisions.clear()
    written.add(table("b"), revision="branch")
    acquire = Lock.acquire

    def late(self: Lock, wait: float) -> object:
        facts = acquire(self, wait)
        rows(empty_url, "DELETE FROM public.alembic_version RETURNING 1")
        return facts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lock, "acquire", late)
        with pytest.raises(CommandError, match="the version table was changed meanwhile"):
            written.upgrade(empty_url, "heads")
    assert one(empty_url, "SELECT to_regclass('public.b')") is None


def test_fence_refuses_what_the_waiting_did_not_see(empty_url: str, written: Written) -> None:
    """Another tool has stamped a head between our look under the lock and our first statement."""
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(table("b"))
    acquire = Lock.acquire

    def late(self: Lock, wait: float) -> object:
        facts = acquire(self, wait)
        with psycopg.connect(empty_url, autocommit=True) as other:
            other.execute("INSERT INTO public.alembic_version VALUES ('foreign')")
        return facts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lock, "acquire", late)
        with pytest.raises(CommandError, match="the version table was changed meanwhile"):
            written.upgrade(empty_url)
    assert set(heads(empty_url)) == {"r1", "foreign"}


def test_who_blocks_is_named_when_it_is_given_up(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add("op.add_column('a', sa.Column('x', sa.Integer()), schema='public')")
    with psycopg.connect(empty_url, application_name="a long report") as reader:
        reader.execute("SELECT 'the report' FROM public.a")
        with pytest.raises(CommandError) as caught:
            written.upgrade(empty_url, x=["lock_timeout=200ms", "lock_tries=2"])
        said = str(caught.value)
        assert said.startswith("r2.py, line 11: canceling statement due to lock timeout (SQLSTATE 55P03)")
        pid = reader.info.backend_pid
        assert f"blocked by pid {pid} (a long report, idle in transaction for 00:00:0" in said
        assert "SELECT 'the report' FROM public.a\ngiven up after 2 tries" in said
    assert heads(empty_url) == ["r1"]
    assert leftovers(empty_url) == 0


_LOOK = "op.get_bind().execute(sa.text('SELECT 1'))"
_UPDATE = "UPDATE public.a SET id = id * 2"


@pytest.mark.parametrize(
    ("look", "indent", "together"),
    [
        ("pass", "", False),
        ("pass", "    ", False),
        (_LOOK, "", False),
        (_LOOK, "    ", False),
        ("pass", "", True),
        (_LOOK, "", True),
    ],
)
def test_part_that_does_not_converge_is_not_begun_again(
    empty_url: str,
    written: Written,
    look: str,
    indent: str,
    together: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The COMMIT before the block is queued, or sent where the transaction was begun.

    :param indent: in the block, or after the block.
    :param together: in one transaction with an earlier revision, whose stamp the COMMIT confirms.
    """
    written.add(f"{table('a')}\nop.execute('INSERT INTO public.a VALUES (1)')")
    written.upgrade(empty_url)
    if together:
        written.add(table("b"))
        options = {**environment.DEFAULTS, "transaction_per_migration": False}
        monkeypatch.setattr(environment, "DEFAULTS", options)
    written.add(
        f"""
        op.execute("{_UPDATE}")
        {look}
        with op.get_context().autocommit_block():
            pass
        {indent}op.add_column("a", sa.Column("x", sa.Integer()), schema="public")
        """
    )
    refused_while_read(empty_url, written)


def test_part_of_the_connection_that_does_not_converge_is_not_begun_again(
    empty_url: str, written: Written
) -> None:
    """The connection of the revision has begun the transaction itself, after a block."""
    written.add(f"{table('a')}\nop.execute('INSERT INTO public.a VALUES (1)')")
    written.upgrade(empty_url)
    written.add(
        f"""
        with op.get_context().autocommit_block():
            pass
        op.get_bind().execute(sa.text("{_UPDATE}"))
        with op.get_context().autocommit_block():
            pass
        op.add_column("a", sa.Column("x", sa.Integer()), schema="public")
        """
    )
    refused_while_read(empty_url, written)


def refused_while_read(url: str, written: Written) -> None:
    """The upgrade fails for want of a lock, and the UPDATE has run once."""
    with psycopg.connect(url) as reader:
        reader.execute("LOCK TABLE public.a IN ROW EXCLUSIVE MODE")
        with pytest.raises(CommandError, match="not tried again"):
            written.upgrade(url, x=["lock_timeout=100ms"])
    assert rows(url, "SELECT id FROM public.a") == [(2,)]


@pytest.mark.parametrize(
    "build",
    [
        "op.create_index_concurrently('ix', 'a', ['id'], schema='public')",
        "with op.get_context().autocommit_block(): op.execute('CREATE INDEX CONCURRENTLY ix ON a (id)')",
    ],
    ids=["operation", "text"],
)
def test_lock_timeout_does_not_cut_a_concurrent_build(empty_url: str, written: Written, build: str) -> None:
    """The queued fence sets lock_timeout, so the queue is sent before the build switches lock_timeout off."""
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add(f"{build}\nop.execute('SELECT 1')")
    with psycopg.connect(empty_url) as writer:
        writer.execute("INSERT INTO public.a VALUES (1)")
        timer = threading.Timer(0.5, writer.rollback)
        timer.start()
        written.upgrade(empty_url, x=["lock_timeout=100ms", "lock_tries=1"])
        timer.join()
    assert one(empty_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.ix'::regclass")


def test_second_migrator_does_the_rest_when_the_first_dies(
    empty_url: str, empty_engine: sa.Engine, written: Written
) -> None:
    written.add(table("a"))
    written.add("op.execute('SELECT pg_sleep(30)')")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(written.upgrade, empty_url)
        deadline = time.monotonic() + 10
        find = (  # in this database: another worker's test may have a revision of this name
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'app_schema: r2' AND datname = current_database()"
        )
        while not (found := rows(empty_url, find)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rows(empty_url, f"SELECT pg_terminate_backend({found[0][0]})")
        with pytest.raises(CommandError, match="the connection was lost: terminating connection"):
            first.result()
    assert heads(empty_url) == ["r1"]
    written.add("pass")
    with empty_engine.connect() as connection:
        assert Lock(MigrationSession(connection, "alembic_version", "public")).acquire(1).heads == ("r1",)


def test_who_blocks_a_revision_is_told_once(
    empty_url: str, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add("op.add_column('a', sa.Column('x', sa.Integer()), schema='public')")
    with psycopg.connect(empty_url) as reader:
        reader.execute("SELECT FROM public.a")
        with pytest.raises(CommandError, match="given up after 3 tries"):
            written.upgrade(empty_url, x=["lock_timeout=200ms", "lock_tries=3"])
    said = capsys.readouterr().err
    assert said.count("did not get its locks") == said.count("blocked by pid") == 1


@pytest.mark.parametrize("reads", ["the version table", "an index that is built concurrently"])
def test_wait_without_a_limit_is_told_once(
    empty_url: str,
    written: Written,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    reads: str,
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.1)
    written.add(table("a"))
    written.upgrade(empty_url)
    written.add("op.create_index_concurrently('ix_a_id', 'a', ['id'], schema='public')")
    locked = "public.alembic_version" if reads == "the version table" else "public.a"
    with psycopg.connect(empty_url, application_name="the other") as holder, ThreadPoolExecutor(1) as pool:
        holder.execute(f"LOCK TABLE {locked}".encode())
        waiting = pool.submit(written.upgrade, empty_url, x=["lock_timeout=100ms"])
        said, deadline = "", time.monotonic() + 10
        while "waiting" not in said and time.monotonic() < deadline:
            time.sleep(0.02)
            said += capsys.readouterr().err
        holder.rollback()
        waiting.result()
        said += capsys.readouterr().err
    told = r"waiting for a lock\nblocked by pid \d+ \(the other, idle in transaction for "
    assert len(re.findall(told, said)) == said.count("waiting") == 1
    assert re.search(r"the lock is free after \d\.\d s", said)
    assert heads(empty_url) == ["r2"]
