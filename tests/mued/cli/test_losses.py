"""A rollback undoes what it shows, and asks for the rows and values that are lost."""

from __future__ import annotations

import dataclasses
import importlib
import shutil
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from commands import Run, data, token
from sqlalchemy.pool import NullPool
from undoing import DROP, TABLE, Do
from written import Written, heads, one, rows

from app_schema import database, dump, embedded, events
from app_schema.application import find
from app_schema.errors import ServerError
from app_schema.migrations import upgrade
from app_schema.migrations.lineage import Lineage
from app_schema.migrations.lock import Lock
from app_schema.migrations.session import MigrationSession
from app_schema.rollback import prepare
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=4)


def test_rollback_with_two_heads_undoes_what_it_shows(
    run: Run, empty_url: str, written: Written, do: Do
) -> None:
    written.add(TABLE.format("t"), DROP.format("t"))
    for name in ("a", "b"):
        written.add(TABLE.format(name), DROP.format(name), revision=f"r2_{name}")
        written.revisions.pop()
    written.upgrade(empty_url, "heads")
    do("INSERT INTO b VALUES (1), (2)")
    do("INSERT INTO a VALUES (1)")
    assert "more than one meaning" in run(empty_url, "rollback")
    both = data(run(empty_url, "rollback", "r1", "--json"))
    assert {each["revision"]: each["rows"] for each in both["losses"]} == {"r2_a": 1, "r2_b": 2}
    one_branch = data(run(empty_url, "rollback", "r2_b@-1", "--json"))
    assert [each["revision"] for each in one_branch["revisions"]] == ["r2_b"]
    said = run(empty_url, "rollback", "r2_b@-1", "--confirm", one_branch["token"])
    assert said.startswith("exit code 0")
    assert heads(empty_url) == ["r2_a"]


def test_rollback_beside_an_upgrade_undoes_no_more_than_it_set_out_to(
    run: Run, empty_url: str, empty_engine: sa.Engine, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        written.add(TABLE.format(name), DROP.format(name))
    upgrade(empty_url, "r1")
    with empty_engine.connect() as connection:
        key = Lock(MigrationSession(connection, "alembic_version", "public")).key
    with psycopg.connect(empty_url, autocommit=True) as other:

        def advance(_: str) -> None:
            """The work of an upgrade that holds the lock while another one waits for it."""
            other.execute("CREATE TABLE IF NOT EXISTS b (id int)")
            other.execute("UPDATE alembic_version SET version_num = 'r2'")
            other.execute("SELECT pg_advisory_unlock(%s)", [key])

        other.execute("SELECT pg_advisory_lock(%s)", [key])
        monkeypatch.setattr(events, "say", advance)
        said = run(empty_url, "rollback", "base")
    assert said.startswith("exit code 1")
    assert "would also undo r2" in said
    assert heads(empty_url) == ["r2"]


def test_rows_that_row_security_hides_are_not_counted_as_none(
    run: Run, empty_url: str, written: Written, do: Do
) -> None:
    written.add("pass")
    written.add(TABLE.format("t"), DROP.format("t"))
    owner = "app_schema_owner_without_bypass"
    do(f"CREATE ROLE {owner} LOGIN")
    try:
        do(f"GRANT ALL ON SCHEMA public TO {owner}; GRANT CREATE ON DATABASE {_name(empty_url)} TO {owner}")
        url = empty_url.replace("postgres@", f"{owner}@", 1)
        written.upgrade(url)
        do("INSERT INTO t VALUES (1), (2); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        said = run(url, "rollback")
        assert said.startswith("exit code 2")
        assert "rows of public.t cannot be counted" in said
        assert "NO FORCE ROW LEVEL SECURITY" in said
        assert one(empty_url, "SELECT count(*) FROM t") == 2
        do("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")
        assert "2 rows would be lost" in run(url, "rollback")
        if _pg_dump(empty_url) is None:
            return
        do("ALTER TABLE t FORCE ROW LEVEL SECURITY")
        with pytest.raises(ServerError, match=r"pg_dump failed: query failed: ERROR: .*row-level security"):
            _dump(url)
    finally:
        do(f"DROP TABLE IF EXISTS t, alembic_version; DROP OWNED BY {owner}; DROP ROLE {owner}")


def _name(url: str) -> str:
    return str(sa.make_url(url).database)


def _dump(url: str) -> None:
    with database.connect(database.engine(url, poolclass=NullPool)) as connection:
        dump.dump(connection, ["public.t"], Path("there.dump"))


def _pg_dump(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        server = connection.info.server_version // 10000
    found = [shutil.which("pg_dump"), str(embedded.program("pg_dump"))]
    return next(
        (each for each in found if each and Path(each).exists() and dump._major(each) >= server), None
    )


def test_table_that_an_earlier_step_renames_is_counted(
    run: Run, empty_url: str, written: Written, do: Do
) -> None:
    written.add(
        "op.create_table('old', sa.Column('id', sa.Integer()), sa.Column('a', sa.Integer()))",
        "op.drop_column('old', 'a')\nop.drop_table('old')",
    )
    written.add(
        "op.alter_column('old', 'a', new_column_name='b')", "op.alter_column('old', 'b', new_column_name='a')"
    )
    written.add("op.rename_table('old', 'later')", "op.rename_table('later', 'old')")
    written.upgrade(empty_url)
    do("INSERT INTO later VALUES (1, 2)")
    losses = data(run(empty_url, "rollback", "base", "--json"))["losses"]
    assert [(each["table"], each["column"], each["rows"]) for each in losses] == [
        ("public.later", "b", 1),
        ("public.later", None, 1),
    ]


def test_generated_column_loses_nothing(run: Run, empty_url: str, written: Written, do: Do) -> None:
    written.add("op.create_table('t', sa.Column('n', sa.Integer()))", DROP.format("t"))
    written.add(
        "op.add_column('t', sa.Column('g', sa.Integer(), sa.Computed('n * 2', persisted=True)))",
        "op.drop_column('t', 'g')",
    )
    written.upgrade(empty_url)
    do("INSERT INTO t VALUES (1)")
    assert run(empty_url, "rollback").startswith("exit code 0")
    assert heads(empty_url) == ["r1"]


def test_handwritten_statement_of_a_downgrade_needs_the_token(
    run: Run, empty_url: str, written: Written
) -> None:
    written.add(TABLE.format("t"), DROP.format("t"))
    written.add("pass", "op.execute('DELETE FROM t')")
    written.add("pass", "op.undo_once('k', 'DELETE FROM t')")
    written.upgrade(empty_url)
    for left in ("r2", "r1"):
        refused = run(empty_url, "rollback")
        assert refused.startswith("exit code 1")
        assert "1 handwritten statement: only their author knows" in refused
        assert run(empty_url, "rollback", "--confirm", token(refused)).startswith("exit code 0")
        assert heads(empty_url) == [left]


def test_token_of_one_database_does_not_fit_its_copy(
    run: Run, empty_url: str, written: Written, do: Do, databases: Databases
) -> None:
    written.add(TABLE.format("t"), DROP.format("t"))
    written.upgrade(empty_url)
    do("INSERT INTO t VALUES (1)")
    refused = run(empty_url, "rollback", "base")
    with psycopg.connect(empty_url) as connection:
        connection.execute("SELECT 1")
    copy = databases.create()
    other = databases.url(copy)
    written.upgrade(other)
    with psycopg.connect(other) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    said = run(other, "rollback", "base", "--confirm", token(refused))
    assert said.startswith("exit code 1")
    assert "The token does not fit" in said
    assert rows(other, "SELECT id FROM t") == [(1,)]


NARROWS = "op.alter_column('t', 'n', type_=sa.{0}, existing_type=sa.{1})"


def test_values_that_a_type_cannot_hold_are_asked_for_in_both_directions(
    run: Run, empty_url: str, written: Written, do: Do
) -> None:
    wide, narrow = "Numeric(10, 3)", "Integer()"
    written.add(f"op.create_table('t', sa.Column('n', sa.{wide}))", DROP.format("t"))
    written.add(NARROWS.format(narrow, wide), NARROWS.format(wide, narrow))
    written.add(NARROWS.format(wide, narrow), NARROWS.format(narrow, wide))
    written.upgrade(empty_url, "r1")
    do("INSERT INTO t VALUES (1), (1.5), (2.25)")
    assert "-- loses 2 values of public.t.n (numeric(10,3) to INTEGER)" in run(empty_url, "plan", "r2")
    assert "loses 2 values of public.t.n" in run(empty_url, "status")
    for options in ((), ("-x", "autocommit=true")):
        refused = run(empty_url, "upgrade", "r2", *options)
        assert refused.startswith("exit code 1")
        assert "2 rows would be lost" in refused
        assert heads(empty_url) == ["r1"]
    assert run(empty_url, "upgrade", "r2", "--confirm", token(refused)).startswith("exit code 0")
    assert run(empty_url, "upgrade", "r3").startswith("exit code 0"), "widens"
    assert run(empty_url, "rollback").startswith("exit code 0"), "whole numbers fit"
    written.upgrade(empty_url)
    do("UPDATE t SET n = n + 0.5 WHERE n = 1")
    refused = run(empty_url, "rollback")
    assert refused.startswith("exit code 1")
    assert one(empty_url, "SELECT count(*) FROM t WHERE n = 1.5") == 1
    assert run(empty_url, "rollback", "--confirm", token(refused)).startswith("exit code 0")


def test_rows_are_counted_whatever_drops_them(run: Run, empty_url: str, written: Written, do: Do) -> None:
    """A batch, a construct in op.execute, a partition and a sequence are no calls of op.drop_table."""
    options = "AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1"
    written.add(
        f"""
        op.create_table("t", sa.Column("id", sa.Integer()), sa.Column("a", sa.Text()))
        op.create_table("u", sa.Column("id", sa.Integer()))
        op.create_table("p", sa.Column("id", sa.Integer()), postgresql_partition_by="RANGE (id)")
        op.create_partition("p1", "public.p", "FOR VALUES FROM (0) TO (10)")
        op.create_sequence("sq", "{options}")
        """,
    )
    written.add(
        "pass",
        """
        with op.batch_alter_table("t") as batch:
            batch.drop_column("a")
        op.execute(sa.schema.DropTable(sa.Table("u", sa.MetaData())))
        op.drop_partition("p1")
        op.drop_sequence("sq")
        """,
    )
    written.upgrade(empty_url)
    do("INSERT INTO t VALUES (1, 'x'), (2, NULL); INSERT INTO u VALUES (1); INSERT INTO p VALUES (1)")
    do("SELECT nextval('sq')")
    losses = data(run(empty_url, "rollback", "--json", "--dry-run"))["losses"]
    assert [(each["table"], each["column"], each["rows"]) for each in losses] == [
        ("public.t", "a", 1),
        ("public.u", None, 1),
        ("public.p1", None, 1),
        ("public.sq", None, 1),
    ]


def _module(patch: pytest.MonkeyPatch, place: Path, name: str, code: str) -> None:
    """A module of the project, outside of the folder of revisions."""
    folder = place / "own"
    folder.mkdir()
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    patch.syspath_prepend(str(folder))


def test_statement_behind_an_operation_of_the_project_needs_the_token(
    run: Run, empty_url: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
from alembic.operations import MigrateOperation, Operations

@Operations.register_operation("tidy")
class TidyOp(MigrateOperation):
    @classmethod
    def tidy(cls, operations):
        return operations.invoke(cls())

@Operations.implementation_for(TidyOp)
def tidy(operations, operation):
    operations.impl.execute("DELETE FROM t")
"""
    _module(monkeypatch, written.path, "tidying", code)
    importlib.import_module("tidying")
    written.add(TABLE.format("t"), DROP.format("t"))
    written.add("pass", "op.tidy()\nop.get_context().execute('DELETE FROM t')")
    written.upgrade(empty_url)
    assert data(run(empty_url, "rollback", "--json", "--dry-run"))["by_hand"] == 2


def test_upgrade_by_code_of_the_project_or_behind_a_query_is_asked_for(
    run: Run, empty_url: str, written: Written, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    _module(monkeypatch, written.path, "removing", f"def remove(op):\n    {DROP.format('t')}\n")
    written.add(TABLE.format("t"))
    written.add("op.get_bind().execute(sa.text('SELECT 1')).scalar_one()\nop.drop_column('t', 'id')")
    written.upgrade(empty_url, "r1")
    do("INSERT INTO t VALUES (1)")
    assert "r2 queries the database, so what it does after that" in run(empty_url, "upgrade")
    written.path.joinpath("r2.py").unlink()
    written.revisions.pop()
    written.add("from removing import remove\nremove(op)")
    for command in ("plan", "status"):
        assert "loses 1 rows of public.t (dropped)" in run(empty_url, command)
    assert "1 row would be lost" in run(empty_url, "upgrade")
    assert rows(empty_url, "SELECT id FROM t") == [(1,)]


def test_table_is_found_by_the_search_path_of_the_application(
    empty_url: str, written: Written, do: Do
) -> None:
    written.add(TABLE.format("t"), DROP.format("t"))
    do("CREATE SCHEMA shop; CREATE TABLE shop.t (id int); INSERT INTO shop.t VALUES (1)")
    app = dataclasses.replace(find(), search_path="shop")
    here = frozenset({"r1"})
    with database.connect(database.engine(empty_url, poolclass=NullPool)) as connection:
        steps = Lineage(app).steps(here, "base", "down")
        (lost,) = prepare(connection, app, here, steps).lost.rows
    assert (lost.table, lost.rows) == ("shop.t", 1)
