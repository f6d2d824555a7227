"""`app-schema erase`: what goes, what stays without a name, and what stops it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from commands import Run, data

from app_schema import database
from app_schema.mued import erasure
from app_schema.mued.application import APPLICATION
from app_schema.mued.erasure import erase_person, prepare, remaining
from app_schema.testing.databases import Databases

pytestmark = pytest.mark.part(of=4)

PERSON = "SELECT id::text FROM public.users WHERE clerk_id = 'seed_ren'"


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def erase(run: Run, url: str, person: str) -> str:
    """The answer of the erasure with the token that the first one prints."""
    token = data(run(url, "erase", person, "--json"))["token"]
    return run(url, "erase", person, "--confirm", token)


def mentions(url: str, *texts: str) -> dict[str, int]:
    """The rows with one of the texts, by table."""
    query = (
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('public', 'muednote_v3')"
    )
    found: dict[str, int] = {}
    for (table,) in ask(url, query):
        pattern = "|".join(map(re.escape, texts)).replace("'", "''")
        ((rows,),) = ask(url, f"SELECT count(*) FROM {table} AS t WHERE t::text ~ '{pattern}'")
        found |= {str(table): int(str(rows))} if rows else {}
    return found


def digest(url: str) -> list[tuple[object, ...]]:
    tables = [
        "users",
        "reservations",
        "lesson_slots",
        "messages",
        "sessions",
        "log_entries",
        "webhook_events",
    ]
    return [
        row for table in tables for row in ask(url, f"SELECT t::text FROM public.{table} AS t ORDER BY 1")
    ]


def test_rows_go_only_with_the_token_and_money_stays_without_a_name(run: Run, full_url: str) -> None:
    ((person,),) = ask(full_url, PERSON)
    before = digest(full_url)
    money = ask(full_url, "SELECT sum(amount) FROM public.reservations WHERE payment_status = 'completed'")
    refused = run(full_url, "erase", "seed_ren")
    assert refused.startswith("exit code 1\n")
    assert "Refused: 1 row anonymised, 41 rows deleted: that would be lost" in refused
    assert run(full_url, "erase", "seed_ren", "--confirm", "000000000000").startswith("exit code 1\n")
    assert run(full_url, "erase", "seed_ren", "--dry-run").startswith("exit code 1\n")
    assert digest(full_url) == before
    said = erase(run, full_url, "seed_ren")
    assert said.startswith("exit code 0\n")
    assert set(mentions(full_url, "seed_ren", "ren@example.com", "Ren Tanaka")) == set()
    assert mentions(full_url, str(person)) == {"public.reservations": 1, "public.users": 1}
    assert ask(
        full_url, f"SELECT clerk_id, email, name, role, bio FROM public.users WHERE id = '{person}'"
    ) == [(f"erased {person}", "unknown", None, "student", None)]
    assert money == ask(
        full_url, "SELECT sum(amount) FROM public.reservations WHERE payment_status = 'completed'"
    )
    assert run(full_url, "erase", "seed_ren").startswith("exit code 2\n")
    again = run(full_url, "erase", str(person))
    assert again.startswith("exit code 0\n")
    assert "Nothing of this person is left to erase." in again


def test_mentor_leaves_paid_lessons_and_frees_the_rest(run: Run, full_url: str) -> None:
    execute(
        full_url,
        "UPDATE public.lesson_slots AS s SET metadata = '{\"room\": \"at Clara''s\"}' FROM public.users AS u"
        " WHERE s.mentor_id = u.id AND u.clerk_id = 'seed_clara'",
    )
    assert erase(run, full_url, "seed_clara").startswith("exit code 0\n")
    assert mentions(full_url, "seed_clara", "Clara") == {}
    rows = ask(
        full_url,
        "SELECT r.status, r.amount, s.status, u.role FROM public.reservations AS r"
        " JOIN public.lesson_slots AS s ON s.id = r.slot_id JOIN public.users AS u ON u.id = r.mentor_id"
        " WHERE u.clerk_id LIKE 'erased %'",
    )
    assert [(status, str(amount), slot, role) for status, amount, slot, role in rows] == [
        ("completed", "6000.00", "booked", "student")
    ]
    # the students are untouched: what is theirs alone is still there
    assert ask(full_url, "SELECT count(*) FROM public.users WHERE clerk_id IN ('seed_ren', 'seed_yui')") == [
        (2,)
    ]
    notes = "SELECT count(*) FROM public.log_entries WHERE user_id IN"
    assert ask(full_url, f"{notes} (SELECT id FROM public.users WHERE clerk_id = 'seed_yui')") != [(0,)]


def test_person_without_money_leaves_no_row(run: Run, full_url: str) -> None:
    execute(full_url, "UPDATE public.reservations SET amount = 0 WHERE cancel_reason IS NOT NULL")
    ((person,),) = ask(full_url, "SELECT id FROM public.users WHERE clerk_id = 'seed_yui'")
    assert erase(run, full_url, "seed_yui").startswith("exit code 0\n")
    assert mentions(full_url, str(person), "seed_yui", "Yui Kato") == {}
    seats = "SELECT current_capacity, (SELECT count(*) FROM public.reservations AS r WHERE r.slot_id = s.id"
    seats += " AND r.status <> 'cancelled') FROM public.lesson_slots AS s"
    assert all(taken == counted for taken, counted in ask(full_url, seats))


@pytest.mark.parametrize(
    ("person", "change", "sentence"),
    [
        ("seed_hana", "SELECT", "paid lesson that is neither held nor refunded"),
        (
            "seed_yui",
            "UPDATE public.subscriptions SET stripe_subscription_id = id::text WHERE status = 'active'",
            "plan that the payment provider still charges",
        ),
    ],
)
def test_what_is_owed_stops_the_erasure(
    run: Run, full_url: str, person: str, change: str, sentence: str
) -> None:
    execute(full_url, change)
    before = digest(full_url)
    said = erase(run, full_url, person)
    assert said.startswith("exit code 1\n")
    assert sentence in said
    assert digest(full_url) == before


def test_long_list_of_what_is_owed_is_cut(run: Run, full_url: str) -> None:
    execute(
        full_url,
        "ALTER TABLE public.subscriptions DISABLE TRIGGER USER",
        "DROP INDEX public.uq_subscriptions_user_id_running",
        "INSERT INTO public.subscriptions (user_id, plan, status, stripe_subscription_id)"
        " SELECT p.id::uuid, 'basic', 'active', 'sub_' || n"
        f" FROM generate_series(1, 7) AS n, ({PERSON}) AS p",
    )
    hindrances = data(run(full_url, "erase", "seed_ren", "--json"))["hindrances"]
    assert len(hindrances) == 1
    assert hindrances[0].count(",") == 4
    assert " and 2 more: plan that" in hindrances[0]


def test_token_fits_the_rows_that_were_shown(run: Run, full_url: str) -> None:
    token = data(run(full_url, "erase", "seed_ren", "--json"))["token"]
    assert data(run(full_url, "erase", "seed_ren", "--json"))["token"] == token
    execute(
        full_url,
        "INSERT INTO public.log_entries (user_id, type, content)"
        " SELECT id, 'practice', 'one more' FROM public.users WHERE clerk_id = 'seed_ren'",
    )
    said = run(full_url, "erase", "seed_ren", "--confirm", token)
    assert said.startswith("exit code 1\n")
    assert "The token does not fit" in said


def test_person_who_does_not_exist_is_one_sentence(run: Run, full_url: str) -> None:
    for person in ("nobody", "00000000-0000-0000-0000-000000000001", "' OR true --"):
        for command in ("erase", "export"):
            said = run(full_url, command, person)
            assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
            assert f"There is no person {person!r}" in said


def test_events_of_providers_are_emptied_and_stay_known(run: Run, full_url: str) -> None:
    execute(
        full_url,
        """INSERT INTO public.webhook_events (source, event_id, type, payload, error_message) VALUES
           ('clerk', 'evt_a', 'user.created', '{"data": {"emails": [{"to": "ren@example.com"}]}}', 'ren'),
           ('clerk', 'evt_b', 'user.created', '{"data": {"emails": [{"to": "siren@example.com"}]}}', 'not')
        """,
    )
    execute(
        full_url,
        """INSERT INTO public.webhook_events (source, event_id, type, payload) VALUES
           ('clerk', 'evt_c', 'user.updated', '["Ren@Example.COM"]'),
           ('clerk', 'evt_d', 'user.updated', '{"id": "SEED_REN"}')
        """,
    )
    erase(run, full_url, "seed_ren")
    query = "SELECT event_id, payload IS NULL, error_message, status::text FROM public.webhook_events"
    assert ask(full_url, f"{query} WHERE event_id LIKE 'evt%' ORDER BY 1") == [
        ("evt_a", True, None, "processed"),
        ("evt_b", False, "not", "processing"),
        ("evt_c", True, None, "processed"),
        ("evt_d", False, None, "processing"),
    ]


def test_table_that_no_model_declares_is_counted_too(run: Run, full_url: str) -> None:
    execute(
        full_url,
        'CREATE TABLE public."100% mine" (id int PRIMARY KEY, who uuid REFERENCES public.users)',
        f'INSERT INTO public."100% mine" SELECT 1, p.id::uuid FROM ({PERSON}) AS p',
    )
    steps = data(run(full_url, "erase", "seed_ren", "--json"))["steps"]
    assert {"table": 'public."100% mine"', "action": "deleted", "rows": 1} in steps
    assert erase(run, full_url, "seed_ren").startswith("exit code 0\n")
    assert ask(full_url, 'SELECT count(*) FROM public."100% mine"') == [(0,)]


def test_tables_that_refer_to_each_other_are_deleted_at_once(run: Run, full_url: str) -> None:
    execute(
        full_url,
        "CREATE TABLE public.hen (id int PRIMARY KEY, who uuid REFERENCES public.users, egg int NOT NULL)",
        "CREATE TABLE public.egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES public.hen)",
        "INSERT INTO public.hen SELECT n, p.id::uuid, n FROM generate_series(1, 3) AS n,"
        f" ({PERSON}) AS p; INSERT INTO public.egg SELECT n, n FROM generate_series(1, 3) AS n",
        "ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg ON DELETE RESTRICT",
    )
    assert erase(run, full_url, "seed_ren").startswith("exit code 0\n")
    assert ask(full_url, "SELECT count(*) FROM public.hen, public.egg") == [(0,)]


def test_id_of_two_people_is_refused(run: Run, full_url: str) -> None:
    ((person,),) = ask(full_url, PERSON)
    execute(full_url, f"UPDATE public.users SET clerk_id = '{person}' WHERE clerk_id = 'seed_yui'")
    for command in ("erase", "export"):
        said = run(full_url, command, str(person))
        assert said.startswith("exit code 2\n--- stdout\n--- stderr\n")
        assert "is users.clerk_id of one person and users.id of another" in said


def test_login_without_rights_is_one_sentence(run: Run, full_url: str, databases: Databases) -> None:
    name = f"{databases.prefix}_erase"
    execute(full_url, f"CREATE ROLE {name} LOGIN PASSWORD '{name}' IN ROLE app_user, service_account")
    try:
        before = digest(full_url)
        url = database.engine(full_url).url.set(drivername="postgresql", username=name, password=name)
        said = run(url.render_as_string(hide_password=False), "erase", "seed_ren", "--confirm", "0")
        assert said.startswith("exit code 2\n")
        assert "The login may not see or change all rows of the person" in said
        assert digest(full_url) == before
    finally:
        execute(full_url, f"DROP ROLE {name}")


def test_row_that_another_session_changes_stops_it(
    run: Run, full_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_WAIT", "100ms")
    with psycopg.connect(full_url) as other:
        other.execute("UPDATE public.reservations SET notes = 'being paid'")
        said = run(full_url, "erase", "seed_ren")
        other.rollback()
    assert said.startswith("exit code 2\n")
    assert "Another session is changing rows of this person" in said


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN OLD;", "terminating"),
        ("RETURN NULL;", "still there after DELETE"),
        ("RAISE 'kept by law';", "kept by law"),
    ],
)
def test_crash_in_the_middle_changes_nothing(run: Run, full_url: str, body: str, sentence: str) -> None:
    execute(
        full_url,
        f"CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        "CREATE TRIGGER stop BEFORE DELETE ON public.sessions FOR EACH ROW EXECUTE FUNCTION public.stop()",
    )
    before = digest(full_url)
    said = erase(run, full_url, "seed_ren")
    assert said.startswith("exit code 2\n")
    assert sentence in said
    assert "Traceback" not in said
    assert digest(full_url) == before


def test_what_is_written_meanwhile_waits_and_is_found(full_url: str) -> None:
    ((person,),) = ask(full_url, PERSON)
    note = f"INSERT INTO public.log_entries (user_id, type, content) VALUES ('{person}', 'practice', 'late')"
    engine = database.engine(full_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        prepared = prepare(connection, APPLICATION, "seed_ren")
        writer = threading.Thread(target=execute, args=(full_url, note))
        writer.start()
        waiting = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not ask(full_url, waiting):
            pass
        erase_person(connection, prepared)
        connection.commit()
        writer.join()
        later = remaining(connection, APPLICATION, prepared)
        assert later is not None
        assert [(step.table, len(step.keys)) for step in later.steps] == [("public.log_entries", 1)]
        erase_person(connection, later)
        connection.commit()
        assert remaining(connection, APPLICATION, prepared) is None


def test_token_is_the_same_in_every_process(full_url: str, tmp_path: Path) -> None:
    """Python gives a set of strings another order in each process."""
    tokens = set()
    for seed in ("1", "2", "3"):
        said = subprocess.run(
            [sys.executable, "-m", "app_schema", "erase", "seed_ren", "--json", "--url", full_url],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
        )
        tokens.add(json.loads(said.stdout)["token"])
    assert len(tokens) == 1
