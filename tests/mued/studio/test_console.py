"""The SQL console reads, as whom it says, and nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app_schema.application import find
from app_schema.studio import console, grid
from app_schema.studio.plan import PlanStep

Open = Callable[..., TestClient]
pytestmark = pytest.mark.part(of=2)

TOKEN = re.compile(r'name="csrftoken" value="([^"]+)"')
ACTING = find().acting
MANY = "SELECT * FROM users WHERE email = '' OR name LIKE '%' ORDER BY name -- a comment"


def test_a_query_is_answered_as_postgresql_prints_it(filled: sa.Engine) -> None:
    found = console.query(
        filled, "SELECT 1 AS a, NULL AS a, '' AS b, date 'infinity', '{}'::jsonb;\n ", None, ACTING
    )
    assert [name for name, _ in found.columns] == ["a", "a", "b", "date", "jsonb"]
    assert found.rows == [("1", None, "", "infinity", "{}")]
    assert not found.more
    assert console.query(filled, "VALUES (1), (2)", None, ACTING).rows == [("1",), ("2",)]
    odd = console.query(filled, "SELECT '[1]'::vector, 'practice'::session_type, 1", None, ACTING)
    assert [type_ for _, type_ in odd.columns] == ["vector", "session_type", "int4"]
    assert len(console.query(filled, MANY, None, ACTING).rows) == 2
    assert console.query(filled, "WITH u AS (TABLE users) SELECT FROM u", None, ACTING).rows == [(), ()]


def test_rows_and_values_are_limited(filled: sa.Engine) -> None:
    found = console.query(
        filled, "SELECT repeat('x', 100000), n FROM generate_series(1, 10000) AS n", None, ACTING
    )
    assert len(found.rows) == grid.ROWS
    assert found.more
    assert len(found.rows[0][0] or "") == grid.WIDTH + 1


def test_a_person_sees_what_row_security_shows(filled: sa.Engine) -> None:
    query = "SELECT DISTINCT left(title, 3) FROM sessions ORDER BY 1"
    assert console.query(filled, query, None, ACTING).rows == [("Ann",), ("Bob",)]
    assert console.query(filled, query, "bob", ACTING).rows == [("Bob",)]
    assert console.query(filled, "SELECT current_user", "bob", ACTING).rows == [("app_user",)]


def test_no_text_leaves_the_transaction_the_role_or_the_person(filled: sa.Engine) -> None:
    with filled.begin() as connection:
        for statement in (
            "CREATE TABLE touched (n int)",
            "GRANT ALL ON touched TO PUBLIC",
            """CREATE FUNCTION act() RETURNS int LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO touched VALUES (1); RETURN 1; END $$""",
            """CREATE FUNCTION pretend() RETURNS int LANGUAGE plpgsql STABLE AS
               $$ BEGIN INSERT INTO touched VALUES (1); RETURN 1; END $$""",
            """CREATE FUNCTION become() RETURNS text LANGUAGE sql STABLE AS
               $$ SELECT set_config('app.current_user_id', 'ann', true) $$""",
            """CREATE FUNCTION crosstab(text) RETURNS text LANGUAGE plpgsql STABLE AS
               $$ BEGIN RETURN (SELECT 1); END $$""",
            """CREATE FUNCTION act_on(int) RETURNS int LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO touched VALUES (1); RETURN 1; END $$""",
            """CREATE FUNCTION act_on(int, int) RETURNS int LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO touched VALUES (1); RETURN 1; END $$""",
            "CREATE AGGREGATE act_over(int) (SFUNC = act_on, STYPE = int)",
            "CREATE OPERATOR !! (RIGHTARG = int, FUNCTION = act_on)",
        ):
            connection.exec_driver_sql(statement)
    texts = """\
SELECT 1; DELETE FROM users
SELECT 1) AS a; DELETE FROM users; SELECT * FROM (SELECT 1
COMMIT
SET ROLE postgres
RESET ROLE
SET SESSION AUTHORIZATION DEFAULT
BEGIN READ WRITE
DO $$ BEGIN END $$
COPY users TO PROGRAM 'true'
COPY (SELECT 1) TO STDOUT
LOCK users
CALL p()
LISTEN x
EXPLAIN SELECT 1
DECLARE c CURSOR FOR SELECT 1
PREPARE p AS SELECT 1
SELECT * INTO copied FROM users
CREATE TABLE t AS SELECT 1
WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone
SELECT * FROM users FOR UPDATE
SELECT set_config('role', 'none', true)
SELECT set_config('app.current_user_id', 'ann', true)
SELECT pg_catalog.set_config('statement_timeout', '0', false)
SELECT U&"set\\005Fconfig"('transaction_read_only', 'off', true)
SELECT (SELECT set_config('role', 'none', true)) FROM users
SELECT 1 ORDER BY set_config('role', 'none', true)
SELECT 1 WHERE EXISTS (SELECT FROM set_config('role', 'none', true))
SELECT count(*) FILTER (WHERE set_config('role', 'none', true) = '') FROM users
VALUES (set_config('role', 'none', true))
SELECT 1) AS a, (SELECT set_config('role', 'none', true)
SELECT 1) AS a WHERE EXISTS (SELECT set_config('role', 'none', true)
SELECT query_to_xml('SELECT 1', true, true, '')
SELECT table_to_xml('pg_authid', true, true, '')
SELECT database_to_xml(true, true, '')
SELECT * FROM crosstab('SELECT 1')
SELECT pg_read_file('PG_VERSION')
SELECT * FROM pg_ls_dir('.')
SELECT lo_import('/etc/passwd')
SELECT pg_terminate_backend(pg_backend_pid())
SELECT pg_sleep(20)
SELECT pg_advisory_lock(1)
SELECT pg_notify('a', 'b')
SELECT nextval('s')
SELECT act()
SELECT pretend()
SELECT become()
SELECT !! 1
SELECT act_over(1)
SELECT act_over(1) OVER ()
SELECT * FROM pg_authid
SELECT * FROM pg_shadow
SELECT * FROM pg_user_mappings
SELECT 'open
SELECT /* open
SELECT $1
;
""".splitlines()
    for person in (None, "bob"):
        for text in texts:
            with pytest.raises((console.HarmfulQueryError, sa.exc.DBAPIError, psycopg.Error)):
                console.query(filled, text, person, ACTING)
            with pytest.raises((console.HarmfulQueryError, sa.exc.DBAPIError, psycopg.Error)):
                console.plan(filled, text, person, ACTING, analyze=True)
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 2
        assert connection.scalar(sa.text("SELECT count(*) FROM touched")) == 0
        assert connection.scalar(sa.text("SELECT current_setting('role')")) == "none"
        assert connection.scalar(sa.text("SHOW transaction_read_only")) == "off"


def test_a_login_that_reads_by_default_asks_and_a_missing_right_is_named(filled: sa.Engine) -> None:
    url = filled.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    reading = sa.create_engine(url)
    assert console.query(reading, "SELECT 1", None, ACTING).rows == [("1",)]
    reading.dispose()
    with filled.begin() as connection:
        connection.exec_driver_sql(f'REVOKE TEMPORARY ON DATABASE "{filled.url.database}" FROM PUBLIC')
    with pytest.raises(console.HarmfulQueryError, match="GRANT TEMPORARY ON DATABASE"):
        console.query(filled, "SELECT 1", "bob", ACTING)


def test_a_query_is_ended_in_time(filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "SETTINGS", "SET LOCAL statement_timeout = '100ms'")
    with pytest.raises((sa.exc.DBAPIError, psycopg.Error), match="statement timeout"):
        console.query(filled, "SELECT count(*) FROM generate_series(1, 1000000000)", None, ACTING)


def test_a_plan_is_a_tree_with_the_filter_of_row_security(filled: sa.Engine) -> None:
    def steps(step: PlanStep) -> list[PlanStep]:
        return [step, *(below for child in step.children for below in steps(child))]

    query = "SELECT * FROM sessions JOIN users ON users.id = user_id ORDER BY sessions.title"
    expected = steps(console.plan(filled, query, None, ACTING, analyze=False))
    assert expected[0].title == "Sort"
    assert {"Sort Key: sessions.title"} <= set(expected[0].details)
    assert any("on sessions" in step.title for step in expected)
    assert all("expected, cost" in step.rows for step in expected)
    measured = steps(console.plan(filled, query, "bob", ACTING, analyze=True))
    assert measured[0].rows.startswith("40 rows")
    filters = [detail for step in measured for detail in step.details]
    # PostgreSQL before 17 prints the result of an InitPlan as $0
    assert any(re.search(r"InitPlan|\$\d", detail) for detail in filters), (
        "the policy asks once who is asking"
    )


def test_the_page_shows_rows_refusals_and_what_was_asked_before(browse: Open) -> None:
    client = browse(write=True)
    token = TOKEN.search(client.get("/console").text)
    assert token is not None

    def ask(sql: str, do: str = "query") -> str:
        return html.unescape(client.post("/console", data={"sql": sql, "do": do, "csrftoken": token[1]}).text)

    assert "<bdi>80</bdi>" in ask("SELECT count(*) FROM sessions")
    assert client.post("/console", data={"sql": "SELECT 1", "do": "query"}).status_code == 403, "no token"
    refusal = ask("SELECT 1\nFROM nowhere")
    assert 'relation "nowhere" does not exist' in refusal
    assert "line 2 of the query" in refusal
    assert "changes nothing" in ask("DELETE FROM users")
    assert 'id="plan"' in ask("SELECT 1", "plan")
    client.post("/view-as/person", data={"person": "bob", "csrftoken": token[1]})
    page = ask("SELECT count(*) FROM sessions")
    assert "<bdi>40</bdi>" in page
    history = page.partition('id="history"')[2]
    assert history.index("count(*)") < history.index("DELETE FROM users") < history.index("nowhere")
    hostile = "SELECT '<script>alert(1)</script>' AS \"<script>alert(2)</script>\""
    answer = client.post("/console", data={"sql": hostile, "do": "query", "csrftoken": token[1]})
    assert "&lt;script&gt;alert(2)" in answer.text
    assert "<script>alert" not in answer.text
