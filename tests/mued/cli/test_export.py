"""`app-schema export`: the rows of a person and no others, each once, and how many pages they cost."""

from __future__ import annotations

import json
import uuid
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from commands import Run

from app_schema import database
from app_schema.identity import acting_as
from app_schema.mued.application import APPLICATION
from app_schema.mued.export import export
from app_schema.mued.seed.bulk import load
from app_schema.mued.seed.sample import first_day

EVENT = """
INSERT INTO public.webhook_events (source, event_id, type, payload)
SELECT 'clerk', u.clerk_id, 'user.updated', jsonb_build_object('data', jsonb_build_object('id', u.clerk_id))
  FROM public.users AS u"""


def lines(said: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in said.partition("--- stdout\n")[2].partition("--- stderr")[0].splitlines()
    ]


def test_each_row_of_the_person_is_a_line_and_no_other_row(run: Run, full_url: str) -> None:
    with psycopg.connect(full_url) as writing:
        writing.execute(EVENT)
    said = run(full_url, "export", "seed_hana")
    assert said.startswith("exit code 0\n")
    assert said.endswith("rows of the person, 1 row of the service.\n")
    found = lines(said)
    service = [line for line in found if line["seen_by"] == "service"]
    assert [(line["table"], line["row"]["event_id"]) for line in service] == [
        ("public.webhook_events", "seed_hana")
    ]
    with (
        database.engine(full_url, poolclass=sa.NullPool).connect() as connection,
        acting_as(connection, "seed_hana"),
    ):
        for table, owned in (
            ("public.users", "id = app.current_user_id()"),
            ("public.sessions", "user_id = app.current_user_id()"),
            (
                "public.interview_answers",
                "session_id IN (SELECT id FROM public.sessions WHERE user_id = app.current_user_id())",
            ),
            ("public.chat_messages", "true"),
            ("public.messages", "true"),
            ("public.reservations", "true"),
            ("muednote_v3.fragment_tags", "true"),
        ):
            rows = (
                connection.exec_driver_sql(f"SELECT to_jsonb(t) FROM {table} AS t WHERE {owned}")
                .scalars()
                .all()
            )
            here = [line["row"] for line in found if line["table"] == table]
            assert rows
            assert sorted(map(json.dumps, here)) == sorted(map(json.dumps, rows)), table
    others = ("seed_ren@", "Yui Kato", "ren@example.com", "clara@example.com")
    assert [text for text in others if text in said] == []


def test_person_of_150_rows_costs_few_pages(database_url: str) -> None:
    engine = database.engine(database_url, poolclass=sa.NullPool)
    with psycopg.connect(database_url) as connection:
        with engine.connect() as reading:
            day = first_day(reading)
        load(connection, 10_000, day)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    pages = rows = 0

    def explain(connection: sa.Connection, _: object, statement: str, parameters: Any, *__: object) -> None:
        nonlocal pages, rows
        driver: Any = connection.connection.driver_connection
        if "to_jsonb(t)" in statement and driver.execute("SHOW role").fetchone() == ("app_user",):
            explained = driver.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            plan = explained.fetchone()[0][0]["Plan"]
            pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            rows += int(plan["Actual Rows"])

    sa.event.listen(engine, "before_cursor_execute", explain)
    with engine.connect() as exporting:
        found = list(export(exporting, "seed_load_3", APPLICATION.acting))
    assert len(found) == rows > 20
    assert pages <= 1000 * rows / 150


def test_events_of_others_are_not_found_by_a_text_in_place_of_an_address(run: Run, full_url: str) -> None:
    with psycopg.connect(full_url) as writing:
        writing.execute("UPDATE public.users SET email = 'jpy' WHERE clerk_id = 'seed_ren'")
        writing.execute(
            "INSERT INTO public.webhook_events (source, event_id, type, payload)"
            """ VALUES ('stripe', 'evt_a', 'invoice.paid', '{"currency": "jpy", "to": "yui@example.com"}')"""
        )
    assert "evt_a" not in run(full_url, "export", "seed_ren")
    assert "evt_a" in run(full_url, "export", "seed_yui")


def test_table_without_rights_is_the_services_or_refused_before_the_first_line(
    run: Run, full_url: str
) -> None:
    with psycopg.connect(full_url) as connection:
        connection.execute("CREATE TABLE public.badge (id int PRIMARY KEY, who uuid REFERENCES public.users)")
        connection.execute(
            "INSERT INTO public.badge SELECT 1, id FROM public.users WHERE clerk_id = 'seed_ren'"
        )
    (badge,) = (line for line in lines(run(full_url, "export", "seed_ren")) if "badge" in line["table"])
    assert badge["seen_by"] == "service"
    with psycopg.connect(full_url) as connection:
        connection.execute("REVOKE SELECT ON public.badge FROM service_account")
    said = run(full_url, "export", "seed_ren")
    assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
    assert "GRANT SELECT ON public.badge TO service_account;" in said


def test_other_transactions_do_not_show(full_url: str) -> None:
    with database.engine(full_url, poolclass=sa.NullPool).connect() as connection:
        exported = export(connection, "seed_ren", APPLICATION.acting)
        first = next(exported)
        with psycopg.connect(full_url) as other:
            other.execute("DELETE FROM public.log_entries")
        assert first.table == "public.users"
        assert "public.log_entries" in {line.table for line in exported}


def test_login_that_may_not_act_is_told_what_to_grant(run: Run, full_url: str) -> None:
    name = f"export_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(full_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'".encode())
        try:
            url = database.engine(full_url).url.set(drivername="postgresql", username=name, password=name)
            said = run(url.render_as_string(hide_password=False), "export", "seed_ren")
        finally:
            connection.execute(f"DROP ROLE {name}".encode())
    assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
    assert "The login may not act as service_account" in said


@pytest.mark.parametrize("name", ["seed_hana", "seed_kenji"])
def test_export_by_the_key_is_the_same(run: Run, full_url: str, name: str) -> None:
    with psycopg.connect(full_url) as connection:
        found = connection.execute("SELECT id FROM public.users WHERE clerk_id = %s", [name]).fetchone()
    assert found is not None
    assert run(full_url, "export", str(found[0])) == run(full_url, "export", name)
