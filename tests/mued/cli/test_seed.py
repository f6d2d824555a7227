from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from commands import NOWHERE, Run, data
from syrupy.assertion import SnapshotAssertion

from app_schema.mued.seed.block import BLOCK
from app_schema.mued.seed.bulk import load

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def rows(url: str) -> dict[str, str]:
    """A digest of every table's rows, without the times of the seeding itself."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n"
            " ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('public', 'muednote_v3')"
        ).fetchall()
        query = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} AS t"
        return {
            table: str(connection.execute(query.format(table).encode()).fetchone()) for (table,) in tables
        }


def test_full_database_keeps_what_it_has(run: Run, full_url: str, snapshot: SnapshotAssertion) -> None:
    before = rows(full_url)
    assert run(full_url, "seed") == snapshot
    assert rows(full_url) == before


def test_what_is_missing_is_made_again(run: Run, full_url: str) -> None:
    with psycopg.connect(full_url) as connection:
        connection.execute("DELETE FROM public.chat_sessions")
        connection.execute("DELETE FROM public.reservations")
    made = {other["table"]: other["made"] for other in data(run(full_url, "seed", "--json"))["tables"]}
    assert {table: count for table, count in made.items() if count} == {
        "public.reservations": 6,
        "public.chat_sessions": 3,
        "public.chat_messages": 10,
        "public.session_tags": 3,
    }
    with psycopg.connect(full_url) as connection:
        seats = connection.execute(
            "SELECT sum(s.current_capacity), (SELECT count(*) FROM public.reservations AS r"
            " WHERE r.status <> 'cancelled') FROM public.lesson_slots AS s"
        ).fetchone()
    assert seats == (5, 5)


def test_migrated_database_gets_every_sample_row(run: Run, database_url: str) -> None:
    found = data(run(database_url, "seed", "--json"))["tables"]
    assert all(row["rows"] == row["made"] > 0 for row in found)
    assert len(found) == 27


def test_fresh_database_and_none_are_one_sentence(
    run: Run, states: dict[str, str], snapshot: SnapshotAssertion
) -> None:
    assert run(states["fresh"], "seed") == snapshot(name="fresh")
    assert run(NOWHERE, "seed") == snapshot(name="none")


@pytest.mark.parametrize(
    "foreign",
    [
        "INSERT INTO public.users (clerk_id, email) VALUES ('seedling', 's@example.com')",
        "INSERT INTO public.webhook_events (event_id, type, source) VALUES ('evt_1', 'x', 'stripe')",
        "INSERT INTO public.provenance (content_id, content_type) VALUES (gen_random_uuid(), 'material')",
    ],
)
def test_foreign_rows_are_refused_and_nothing_is_written(run: Run, database_url: str, foreign: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(foreign.encode())
    before = rows(database_url)
    said = run(database_url, "seed", "--rows", "1000")
    assert said.startswith("exit code 1\n--- stdout\n--- stderr\napp_schema: database DATABASE, ")
    assert "\nThe database holds rows that are not of the seed, in " in said
    assert rows(database_url) == before


def test_load_adds_whole_blocks_and_goes_on_where_it_stopped(database_url: str) -> None:
    told: list[int] = []
    with psycopg.connect(database_url) as connection:
        assert load(connection, 1, DAY) == BLOCK
        connection.execute("DELETE FROM public.users WHERE clerk_id = 'seed_load_0'")
        connection.commit()
        assert load(connection, 2 * BLOCK, DAY) == 2 * BLOCK
        assert load(connection, 3 * BLOCK - 1, DAY, told.append) == BLOCK
        assert load(connection, 3 * BLOCK, DAY) == 0
        assert told == [3 * BLOCK]
        counts = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE (c.message_count, c.last_message_at) ="
            " (SELECT count(*), max(m.created_at) FROM public.chat_messages AS m WHERE m.session_id = c.id))"
            " FROM public.chat_sessions AS c"
        ).fetchone()
        total = connection.execute(
            "SELECT "
            + " + ".join(
                f"(SELECT count(*) FROM {table})"
                for table in (
                    "public.users",
                    "public.sessions",
                    "public.log_entries",
                    "public.chat_sessions",
                    "public.chat_messages",
                    "public.ai_dialogue_log",
                    "muednote_v3.fragments",
                )
            )
        ).fetchone()
        trigger = connection.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'tr_chat_messages_count_inserted'"
        ).fetchone()
    assert counts == (60, 60)  # what the trigger would have counted
    assert total == (3 * BLOCK,)
    assert trigger == ("O",)


def test_negative_rows_are_refused(run: Run, states: dict[str, str]) -> None:
    said = run(states["full"], "seed", "--rows", "-1")
    assert said.startswith("exit code 2")
    assert "greater than or equal to 0" in said


def test_broken_database_is_one_sentence_and_nothing_is_written(
    run: Run, broken_url: str, snapshot: SnapshotAssertion
) -> None:
    before = rows(broken_url)
    assert run(broken_url, "seed") == snapshot
    assert rows(broken_url) == before
