"""The server executes a long queue while later statements are rendered; nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from written import Written, heads, leftovers, one, rows, table

from app_schema import database
from app_schema.migrations import pipeline, wire

APPLIED = """\
import time
import psycopg
with psycopg.connect({url!r}, autocommit=True) as other:
    for _ in range(200):
        if other.execute("SELECT to_regclass('public.{table}')").fetchone()[0]:
            break
        time.sleep(0.05)
    else:
        raise RuntimeError("the server has not begun")
"""
LONG = "x" * 300_000


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "AHEAD", 100)


def test_server_works_while_a_later_revision_is_rendered(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(APPLIED.format(url=empty_url, table="a") + table("b"))
    written.upgrade(empty_url)
    assert heads(empty_url) == ["r2"]


def test_error_of_an_earlier_revision_is_raised_with_its_line(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add(f"{table('b')}\nop.execute('SELECT 1/0')\n{table('c')}")
    # a revision that ignores its own errors does not hide that of another one
    written.add(
        "for n in range(9):\n    try: op.execute('SELECT 1')\n    except Exception: pass\n" + table("d")
    )
    with pytest.raises(CommandError, match=r"^r2\.py, line 12: division by zero \(SQLSTATE 22012\)$"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
    assert rows(empty_url, "SELECT relname FROM pg_class WHERE relname IN ('a', 'b', 'c', 'd')") == [("a",)]
    assert leftovers(empty_url) == 0


def test_error_in_python_takes_back_what_was_sent_of_its_revision(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add("\n".join([*(table(f"b{n}") for n in range(5)), "raise RuntimeError('no')"]))
    with pytest.raises(RuntimeError, match="no"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
    assert one(empty_url, "SELECT to_regclass('public.b0')") is None
    assert leftovers(empty_url) == 0


def test_revision_that_commits_or_asks_finds_what_was_sent(empty_url: str, written: Written) -> None:
    ask = "assert op.get_bind().execute(sa.text(\"SELECT to_regclass('public.{}')\")).scalar()"
    written.add(f"{table('a')}\n{ask.format('a')}\n{table('b')}")
    written.add(
        f"""
        {table("c")}
        op.create_index("ix", "c", ["id"], schema="public")
        with op.get_context().autocommit_block():
            op.create_index("iy", "c", ["id"], schema="public", postgresql_concurrently=True)
        {table("d")}
        {ask.format("d")}
        """
    )
    written.upgrade(empty_url)
    written.upgrade(empty_url)
    assert heads(empty_url) == ["r2"]
    assert one(empty_url, "SELECT count(*) FROM pg_index WHERE indrelid = 'c'::regclass AND indisvalid") == 2


def test_full_buffers_on_both_sides_block_nobody(
    empty_url: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "FULL", 1_000_000)
    # neither what is sent nor what is answered fits into the sockets
    written.add(
        f"for _ in range(30):\n    op.execute(\"SELECT '{LONG}' || repeat('y', 1000000)\")\n{table('a')}"
    )
    written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]


def test_what_later_revisions_need_is_checked_before_the_first_statement(
    empty_url: str, written: Written
) -> None:
    written.add("\n".join(table(f"a{n}") for n in range(3)))
    written.add("op.create_extension('no_such_extension')")
    with pytest.raises(CommandError, match="the extension no_such_extension is not available"):
        written.upgrade(empty_url)
    assert one(empty_url, "SELECT to_regclass('public.a0')") is None


def test_transaction_of_the_caller_stays_open_after_an_error(empty_url: str, written: Written) -> None:
    written.add("\n".join(table(f"a{n}") for n in range(5)))
    written.add("op.execute('SELECT 1/0')")
    config = written.config()
    with database.engine(empty_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE mine ()")
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match=r"r2\.py, line 11: division by zero"):
            command.upgrade(config, "head")
        connection.rollback()
        assert connection.scalar(sa.text("SELECT to_regclass('public.mine')")) is None


def test_lost_connection_ends_the_run_with_a_sentence(empty_url: str, written: Written) -> None:
    written.add(table("a"))
    written.add("op.execute('SELECT pg_terminate_backend(pg_backend_pid())')")
    for number in range(5):
        written.add(f"import time; time.sleep(0.1)\n{table(f'b{number}')}")
    with pytest.raises(CommandError, match=r"r2\.py, line 11: .*terminating connection"):
        written.upgrade(empty_url)
    assert heads(empty_url) == ["r1"]
