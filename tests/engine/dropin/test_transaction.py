"""``begin_transaction()`` of an env.py is one transaction, which ends with the block."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from alembic.util import CommandError
from foreign_project import FIRST, TABLE, Foreign

from app_schema.url import parse

pytestmark = pytest.mark.part(of=4)

ENV = """\
import sqlalchemy as sa
from app_schema.migrations import context

with sa.create_engine({url!r}, poolclass=sa.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        {before}
        context.run_migrations()
        {after}
"""
DEFERRED = """\
op.execute("CREATE TABLE u (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    op.execute("INSERT INTO u VALUES (7)")"""


@pytest.mark.parametrize("before", ["", "context.execute('SELECT 1')"], ids=["alone", "with a statement"])
@pytest.mark.parametrize(
    ("second", "after", "said"),
    [
        ("op.execute('SELECT 1 / 0')", "", "0002.py, line 8: division by zero"),
        (DEFERRED, "", "violates foreign key constraint"),
        ("pass", "len(7)", "has no len"),
        ("pass", "context.execute('SELECT 1 / 0')", "division by zero"),
    ],
    ids=["a revision", "the commit", "code of env.py", "a statement of env.py"],
)
def test_what_fails_undoes_all_revisions(
    foreign: Foreign, before: str, second: str, after: str, said: str
) -> None:
    url = parse(foreign.url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    (foreign.directory / "env.py").write_text(ENV.format(url=url, before=before, after=after))
    foreign.revision(TABLE)
    text = FIRST.format(up=second).replace('"0001", None', '"0002", "0001"')
    (foreign.directory / "versions" / "0002.py").write_text(text)
    with pytest.raises(Exception, match=said) as caught:
        foreign.run("upgrade", "head")
    assert isinstance(caught.value, CommandError) == (not after)
    assert foreign.one("SELECT to_regclass('t'), to_regclass('alembic_version')") == (None, None)
    for _ in range(200):  # a backend ends a moment after its client has closed the connection
        others = foreign.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        if others == (1,):
            break
        time.sleep(0.05)
    assert others == (1,)


OWN = """\
import sqlalchemy as sa
from app_schema.migrations import context

with sa.create_engine({url!r}, poolclass=sa.NullPool).connect() as connection, connection.begin():
    {before}
    context.configure(connection=connection)
    context.run_migrations()
"""
ASYNC = """\
import asyncio
import sqlalchemy as sa
from app_schema.migrations import context
from sqlalchemy.ext.asyncio import create_async_engine

def run(connection):
    {before}
    context.configure(connection=connection)
    context.run_migrations()

async def main():
    async with create_async_engine({url!r}, poolclass=sa.NullPool).begin() as connection:
        await connection.run_sync(run)

asyncio.run(main())
"""
CHANGED = """op.add_column("t", sa.Column("n", sa.Integer(), server_default="7"))"""


def _written(foreign: Foreign, env: str, before: str, *second: str) -> None:
    url = parse(foreign.url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    (foreign.directory / "env.py").write_text(env.format(url=url, before=before, after=""))
    foreign.revision(TABLE)
    for number, up in enumerate(second, 2):
        text = FIRST.format(up=up).replace('"0001", None', f'"000{number}", "000{number - 1}"')
        (foreign.directory / "versions" / f"000{number}.py").write_text(text)


@pytest.mark.parametrize("env", [OWN, ENV, ASYNC], ids=["of a connection", "begin_transaction", "async"])
def test_revisions_in_a_transaction_of_the_caller_s_are_tried_again(foreign: Foreign, env: str) -> None:
    _written(foreign, env, "connection.exec_driver_sql('CREATE TABLE mine (id int)')", CHANGED)
    foreign.one("CREATE TABLE t (id serial PRIMARY KEY)")
    foreign.one("INSERT INTO t VALUES (1), (2)")
    with psycopg.connect(foreign.url) as reader:
        reader.execute("SELECT FROM t").fetchall()  # whose lock ALTER TABLE waits for
        ends = threading.Timer(0.5, reader.commit)
        ends.start()
        foreign.run("upgrade", "head", x=("lock_timeout=50ms",))
        ends.join()
    assert foreign.one("SELECT count(n), to_regclass('mine')::text FROM t") == (2, "mine")
    assert foreign.one("SELECT version_num FROM alembic_version") == ("0002",)


def test_revisions_in_a_transaction_of_the_caller_s_are_given_up(foreign: Foreign) -> None:
    _written(foreign, OWN, "connection.exec_driver_sql('CREATE TABLE mine (id int)')", CHANGED)
    foreign.one("CREATE TABLE t (id serial PRIMARY KEY)")
    with psycopg.connect(foreign.url) as reader:
        reader.execute("SELECT FROM t").fetchall()
        with pytest.raises(CommandError, match="given up after 2 tries"):
            foreign.run("upgrade", "head", x=("lock_timeout=20ms", "lock_tries=2"))
    assert foreign.one("SELECT to_regclass('mine')") == (None,)


def test_snapshot_of_the_caller_s_transaction_cannot_be_tried_again(foreign: Foreign) -> None:
    before = f"""connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.exec_driver_sql("SELECT FROM t")
    import psycopg
    with psycopg.connect({foreign.url!r}) as other:
        other.execute("UPDATE t SET id = 3")"""
    _written(foreign, OWN, before, "op.execute('UPDATE t SET id = id + 10')")
    foreign.one("CREATE TABLE t (id serial PRIMARY KEY)")
    foreign.one("INSERT INTO t VALUES (1)")
    said = "(?s)0002.py, line 8: could not serialize.*not tried again: the transaction is the caller.s"
    with pytest.raises(CommandError, match=said):
        foreign.run("upgrade", "head")
    assert foreign.one("SELECT id FROM t") == (3,)


def test_second_run_in_a_transaction_of_the_caller_s_knows_the_later_revisions(foreign: Foreign) -> None:
    changed = "op.alter_column('t', 'id', type_=sa.BigInteger())"
    _written(
        foreign, OWN, "connection.exec_driver_sql('SELECT 1')", CHANGED, changed, "op.drop_column('t', 'n')"
    )
    foreign.run("upgrade", "head")
    foreign.one("INSERT INTO t VALUES (5000000000)")
    foreign.one("DELETE FROM alembic_version")
    foreign.run("upgrade", "head")
    assert foreign.one("SELECT id, (SELECT version_num FROM alembic_version) FROM t") == (5000000000, "0004")
