"""A migration counts and writes every row, or PostgreSQL raises and the message says what to do."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from autogen import autogenerate
from declaring import declaring
from written import Written, one

from app_schema import database
from app_schema import url as urls
from app_schema.migrations.once import once
from app_schema.overview import overview
from app_schema.target import Target

FILL = """
CREATE TABLE public.t (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO public.t VALUES (1, 0), (2, 0);
ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT CREATE ON SCHEMA public TO {role};
GRANT CREATE ON DATABASE {database} TO {role};
ALTER TABLE public.t OWNER TO {role}"""
_FUNCTION = "op.{}_function('f', {!r}, returns='bigint', language='sql', schema='public')"
REMEDY = r"ALTER ROLE \.\.\. BYPASSRLS"


@pytest.fixture
def bound_url(empty_url: str) -> Iterator[str]:
    """The URL of a role that owns public.t; the two rows are hidden from it."""
    role = f"owner_{secrets.token_hex(4)}"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN CREATEDB".encode())
        connection.execute(FILL.format(role=role, database=connection.info.dbname).encode())
        bound = urls.parse(empty_url).set(drivername="postgresql", username=role)
        yield bound.render_as_string(hide_password=False)
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.mark.parametrize(
    "statement",
    ["op.run_once('k', {!r})", "op.execute({!r})", "op.get_bind().exec_driver_sql({!r})"],
)
@pytest.mark.parametrize("x", [(), ("autocommit=true",)], ids=["transaction", "autocommit"])
def test_statement_that_would_miss_hidden_rows_is_refused(
    bound_url: str, tmp_path: Path, statement: str, x: tuple[str, ...]
) -> None:
    written = Written(tmp_path)
    written.add(statement.format("UPDATE public.t SET n = 1"))
    with pytest.raises(CommandError, match=REMEDY):
        written.upgrade(bound_url, x=x)


def test_run_once_of_a_script_is_refused_in_a_session_of_its_own(bound_url: str) -> None:
    with psycopg.connect(bound_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(once("k", "UPDATE public.t SET n = 1").encode())


def test_run_once_meets_every_row_where_nothing_is_hidden(
    empty_url: str, bound_url: str, tmp_path: Path
) -> None:
    assert bound_url
    written = Written(tmp_path)
    written.add("op.run_once('k', 'UPDATE public.t SET n = 1')")
    written.upgrade(empty_url)  # as a superuser
    assert one(empty_url, "SELECT sum(n) FROM public.t") == 2


def test_counts_say_nothing_of_hidden_rows(bound_url: str) -> None:
    target = Target(urls.parse(bound_url), "a test")
    with database.connect(database.pin(database.engine(bound_url, poolclass=sa.NullPool))) as connection:
        (table,) = [
            row for row in overview(connection, target, declaring(sa.MetaData())).tables if row.name == "t"
        ]
    assert table.rows is None


def test_table_with_hidden_rows_is_taken_for_filled(bound_url: str) -> None:
    metadata = sa.MetaData()
    columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer, nullable=False)
    table = sa.Table("t", metadata, *columns, schema="public")
    sa.Index("ix_t_n", table.c.n)
    engine = database.engine(bound_url, poolclass=sa.NullPool)
    assert "create_index_concurrently" in autogenerate(engine, metadata).text


def test_function_of_sql_is_created_and_replaced_where_rows_are_hidden(
    bound_url: str, tmp_path: Path
) -> None:
    """PostgreSQL applies row security to the body of a new function, and reads no row."""
    written = Written(tmp_path)
    written.add(_FUNCTION.format("create", "SELECT count(*) FROM public.t"))
    written.add(_FUNCTION.format("replace", "SELECT count(*) + 1 FROM public.t"))
    written.upgrade(bound_url)
    written.downgrade(bound_url)
    written.upgrade(bound_url)
    assert one(bound_url, "SELECT public.f()") == 1  # the function sees no row
    written.add("op.execute('UPDATE public.t SET n = 1')")
    with pytest.raises(CommandError, match=REMEDY):
        written.upgrade(bound_url)


_HANDWRITTEN = """
CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.t; SELECT 1';
COMMENT ON FUNCTION public.f() IS 'read; and write'
"""
_ATOMIC = "CREATE OR REPLACE PROCEDURE public.p() BEGIN ATOMIC UPDATE public.t SET n = 2; END"


@pytest.mark.parametrize("way", ["op.execute({!r})", "op.get_bind().exec_driver_sql({!r})"])
@pytest.mark.parametrize("x", [(), ("autocommit=true",)], ids=["transaction", "autocommit"])
def test_handwritten_function_of_sql_is_created_where_rows_are_hidden(
    bound_url: str, tmp_path: Path, way: str, x: tuple[str, ...]
) -> None:
    written = Written(tmp_path)
    written.add(f"{way.format(_HANDWRITTEN)}\n{way.format(_ATOMIC)}")
    written.upgrade(bound_url, x=x)
    assert one(bound_url, "SELECT public.f()") == 1
    sql = "CREATE OR REPLACE FUNCTION public.f() RETURNS bigint LANGUAGE sql AS 'SELECT 2'; {}"
    for reads in ("UPDATE public.t SET n = 1", "CREATE TABLE copied AS SELECT * FROM public.t"):
        written.add(f"{way.format(_ATOMIC)}\n{way.format(reads)}", revision=f"r2_{len(reads)}", after="r1")
        written.add(way.format(sql.format(reads)), revision=f"r3_{len(reads)}", after="r1")
        for revision in (f"r2_{len(reads)}", f"r3_{len(reads)}"):
            with pytest.raises(CommandError, match=REMEDY):
                written.upgrade(bound_url, revision, x=x)


def test_member_of_the_owner_without_inherit_is_told_to_act_as_the_owner(
    bound_url: str, empty_url: str, tmp_path: Path
) -> None:
    written, bound = Written(tmp_path), urls.parse(bound_url)
    written.add("op.add_column('t', sa.Column('a', sa.Text()), schema='public')")
    written.upgrade(bound_url)
    written.add("op.add_column('t', sa.Column('b', sa.Text()), schema='public')", "op.drop_column('t', 'b')")
    member = f"member_{secrets.token_hex(4)}"
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE ROLE {member} LOGIN NOINHERIT; GRANT {bound.username} TO {member}".encode()
        )
    try:
        url = bound.set(username=member)
        with pytest.raises(CommandError, match=r"permission denied.*\n.*options=-crole%3DOWNER"):
            written.upgrade(url.render_as_string(hide_password=False))
        acting = url.update_query_dict({"options": f"-crole={bound.username}"})
        written.upgrade(acting.render_as_string(hide_password=False))
        written.downgrade(acting.render_as_string(hide_password=False), "r1")
    finally:
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute(f"DROP ROLE {member}".encode())
