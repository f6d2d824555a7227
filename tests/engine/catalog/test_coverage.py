"""No catalog of PostgreSQL is silent: a column is compared, named where it is met, or left out on purpose."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from declaring import declaring

from app_schema.catalog.coverage import COVERAGE, queries, verdict
from app_schema.migrations.compare import log
from app_schema.migrations.drift import drift
from app_schema.project import Accepted

_COLUMNS = """\
SELECT c.relname, a.attname FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'"""
_GAPS = {
    "pg_attribute": "attislocal",
    "pg_proc": "protrftypes probin",
}
"""Attributes of objects that are compared which no query reads yet. The list may only become shorter."""
_MADE = """\
CREATE SCHEMA theirs;
CREATE PUBLICATION p FOR ALL TABLES;
CREATE COLLATION public.c (LOCALE = 'C');
CREATE COLLATION theirs.c (LOCALE = 'C');
CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.f();
CREATE FUNCTION theirs.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER theirs ON ddl_command_start EXECUTE FUNCTION theirs.f();
CREATE TYPE public.mood AS ENUM ('sad', 'happy');
CREATE CAST (public.mood AS integer) WITH INOUT;
CREATE TEXT SEARCH CONFIGURATION public.words (COPY = english);
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'secret');
CREATE OPERATOR FAMILY public.o USING btree;
CREATE TABLE public.t (a int PRIMARY KEY, m public.mood[]);
CREATE TYPE public.r AS RANGE (SUBTYPE = int4);
CREATE TYPE public.pair AS (a int, b int);
CREATE EXTENSION citext SCHEMA public"""


def test_every_column_of_every_catalog_has_its_place(empty_engine: sa.Engine) -> None:
    with empty_engine.connect() as connection:
        served = {(catalog, column) for catalog, column in connection.exec_driver_sql(_COLUMNS)}
    listed = Counter((name, column) for name, catalog in COVERAGE.items() for column in catalog.columns)
    assert sorted(served - listed.keys()) == [], "a catalog or column that coverage.py does not have"
    assert [column for column, times in listed.items() if times > 1] == []


def test_what_is_listed_as_compared_is_in_a_query() -> None:
    silent = {
        (name, column)
        for name, catalog in COVERAGE.items()
        for column in catalog.columns
        if verdict(name, column) == "not compared"
    }
    assert silent <= {(name, column) for name, words in _GAPS.items() for column in words.split()}


def test_what_is_named_has_the_reason_why_no_revision_writes_it() -> None:
    named = {
        name for name, catalog in COVERAGE.items() for c in catalog.columns if verdict(name, c) == "named"
    }
    assert named == {name for name, catalog in COVERAGE.items() if catalog.unwritten}
    assert "pg_seclabel" in named


def test_every_kind_is_of_a_catalog_that_is_listed() -> None:
    assert {query.catalog for query in queries()} <= COVERAGE.keys()
    parts = {catalog.part_of for catalog in COVERAGE.values() if catalog.part_of}
    assert parts <= COVERAGE.keys()


def test_object_of_a_kind_that_is_not_compared_is_named_once(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer, primary_key=True))
    with empty_engine.connect() as connection:
        user = connection.scalar(sa.text("SELECT current_user"))
        connection.exec_driver_sql(_MADE)
        connection.exec_driver_sql(
            f'ALTER DATABASE "{empty_engine.url.database}" SET work_mem = 4096;'
            f'ALTER ROLE "{user}" IN DATABASE "{empty_engine.url.database}" SET work_mem = 4096'
        )
        connection.commit()
        found = drift(connection, declaring(metadata))
    catalogs = {query.catalog for query in queries()}
    expected = {
        "publication p": "pg_publication",
        'collation public."c"': "pg_collation",
        "event trigger e": "pg_event_trigger",
        "cast (public.mood AS integer)": "pg_cast",
        "text search configuration public.words": "pg_ts_config",
        "foreign-data wrapper w": "pg_foreign_data_wrapper",
        "server s": "pg_foreign_server",
        f"user mapping {user} on server s": "pg_user_mapping",
        "operator family public.o USING btree": "pg_opfamily",
        "settings of the database": "",  # compared only if one is declared
        f"settings of the database for role {user}": "",
    }
    named = {label for label, catalog in expected.items() if catalog not in catalogs}
    assert len(found.uncompared) == len(named)
    assert {label.replace('"', "") for label in found.uncompared} == {
        other.replace('"', "") for other in named
    }
    said: list[str] = []
    monkeypatch.setattr(log, "warning", lambda text, *given: said.append(text % given))
    accepted = [Accepted("publication *", "ours to keep")]
    assert autogenerate(empty_engine, metadata, accepted=accepted).diffs != []
    rest = [label for label in found.uncompared if not label.startswith("publication")]
    assert [line for line in said if "not compared" in line] == [f"{item}: not compared" for item in rest]


def test_attributes_that_are_not_compared_are_named(empty_engine: sa.Engine) -> None:
    """Of the sequence of an identity, of an owner, of other roles, and of the database itself."""
    database, metadata = empty_engine.url.database, sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer, sa.Identity()), sa.Column("b", sa.Integer))
    with empty_engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY, b int); CREATE SCHEMA theirs; "
            "CREATE FUNCTION theirs.f() RETURNS int RETURN 1; CREATE INDEX i ON t (b); "
            "CREATE EXTENSION citext"
        )
        before = drift(connection, declaring(metadata)).uncompared
        connection.exec_driver_sql(
            "ALTER SEQUENCE t_a_seq RENAME TO own; ALTER SEQUENCE own SET UNLOGGED; "
            "REVOKE TRUNCATE ON t FROM CURRENT_USER; REVOKE USAGE ON SCHEMA public FROM pg_database_owner; "
            "REVOKE EXECUTE ON FUNCTION theirs.f FROM CURRENT_USER; "
            "ALTER INDEX i DEPENDS ON EXTENSION citext; "
            "ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor GRANT SELECT ON TABLES TO PUBLIC; "
            f'ALTER DATABASE "{database}" CONNECTION LIMIT 7; COMMENT ON DATABASE "{database}" IS \'ours\''
            "; COMMENT ON EXTENSION citext IS 'mine'"
        )
        found = drift(connection, declaring(metadata)).uncompared
    assert before == []
    assert found == [
        "DEPENDS ON EXTENSION of index public.i",
        "UNLOGGED of the sequence of identity column public.t.a",
        "comment on extension citext",
        "comment on the database",
        "connection limit of the database",
        "default privileges of role pg_monitor",
        "name of the sequence of identity column public.t.a",
        "privileges revoked from the owner of schema public",
        "privileges revoked from the owner of table public.t",
    ]
