"""plpgsql_check finds nothing wrong with a trigger function on any table that it serves."""

from __future__ import annotations

import psycopg
import pytest

from app_schema.testing.databases import Databases

EVERY_USE = """
    SELECT DISTINCT f.oid::regprocedure::text, c.oid::regclass::text, f.oid, c.oid
      FROM pg_trigger AS t
      JOIN pg_proc AS f ON f.oid = t.tgfoid
      JOIN pg_class AS c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND f.pronamespace = 'app'::regnamespace
     ORDER BY 1, 2
"""
FINDINGS = """
    SELECT level || ': ' || message
      FROM plpgsql_check_function_tb(
             funcoid => %s, relid => %s, other_warnings => true, extra_warnings => true,
             performance_warnings => true, security_warnings => true, all_warnings => true)
"""


@pytest.fixture
def connection(databases: Databases, request: pytest.FixtureRequest) -> psycopg.Connection[tuple[str, ...]]:
    """To a migrated database that has the extension."""
    with databases.admin() as admin:
        there = "SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'"
        if admin.execute(there).fetchone() is None:
            pytest.skip("the server has no plpgsql_check; Debian: postgresql-15-plpgsql-check")
    connection = psycopg.connect(request.getfixturevalue("database_url"), autocommit=True)
    connection.execute("CREATE EXTENSION plpgsql_check")
    return connection


def test_trigger_functions_are_free_of_findings(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    with connection:
        uses = connection.execute(EVERY_USE).fetchall()
        assert len(uses) > 30
        found = {
            f"{function} on {table}: {finding}"
            for function, table, *oids in uses
            for (finding,) in connection.execute(FINDINGS, oids)
        }
    assert found == set()


def test_a_broken_function_is_found(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    with connection:
        connection.execute("""
            CREATE OR REPLACE FUNCTION app.touch_updated_at() RETURNS trigger LANGUAGE plpgsql
            SET search_path = '' AS $$ BEGIN NEW.no_such_column := now(); RETURN NEW; END $$""")
        oids = connection.execute("SELECT 'app.touch_updated_at'::regproc::oid, 'users'::regclass::oid")
        assert "no_such_column" in str(connection.execute(FINDINGS, oids.fetchone()).fetchall())
