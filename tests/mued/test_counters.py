"""Counters that a trigger keeps once a statement are right after a batch, and change no index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

PEOPLE = """
    INSERT INTO public.users (id, clerk_id, email) VALUES (gen_random_uuid(), 'user_ann', 'ann@example.com')
"""
CHATS = """
    INSERT INTO public.chat_sessions (id, user_id, title)
    SELECT md5('c' || n)::uuid, u.id, 'Chat ' || n FROM public.users AS u, generate_series(1, 3) AS n
"""
MESSAGES = """
    INSERT INTO public.chat_messages (session_id, user_id, role, content, created_at)
    SELECT c.id, c.user_id, 'user', 'hello', timestamptz '2025-01-01 10:00+00' + n * interval '1 minute'
      FROM public.chat_sessions AS c, generate_series(1, 5) AS n
"""
WRONG = """
    SELECT c.title, c.message_count, c.last_message_at, c.last_message_on, m.*
      FROM public.chat_sessions AS c CROSS JOIN LATERAL (
             SELECT count(*) AS count, max(created_at) AS newest FROM public.chat_messages AS m
              WHERE m.session_id = c.id) AS m
     WHERE (c.message_count, c.last_message_at, c.last_message_on)
           IS DISTINCT FROM (m.count, m.newest, (m.newest AT TIME ZONE 'UTC')::date)
"""
HOT = """
    SELECT pg_stat_get_xact_tuples_updated(c) - pg_stat_get_xact_tuples_hot_updated(c)
      FROM CAST('public.chat_sessions'::regclass AS oid) AS c
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database_url) as connection:
        for statement in (PEOPLE, CHATS, MESSAGES):
            connection.execute(statement)
        yield connection
        connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        MESSAGES,
        "DELETE FROM public.chat_messages WHERE created_at < timestamptz '2025-01-01 10:03+00'",
        "DELETE FROM public.chat_messages WHERE created_at > timestamptz '2025-01-01 10:03+00'",
        "DELETE FROM public.chat_messages",
        "DELETE FROM public.chat_sessions WHERE title = 'Chat 2'",
        "DELETE FROM public.chat_messages WHERE false",
    ],
)
def test_a_batch_is_counted(connection: psycopg.Connection[tuple[Any, ...]], statement: str) -> None:
    assert connection.execute("SELECT sum(message_count) FROM public.chat_sessions").fetchone() == (15,)
    connection.execute(statement.encode())
    assert connection.execute(WRONG.encode()).fetchall() == []


def test_copy_is_counted(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    found = connection.execute("SELECT id::text, user_id::text FROM public.chat_sessions").fetchall()
    into = "COPY public.chat_messages (session_id, user_id, role, content) FROM STDIN"
    with connection.cursor().copy(into) as copy:
        for chat, owner in found * 4:
            copy.write_row((chat, owner, "assistant", "a word"))
    assert connection.execute(WRONG.encode()).fetchall() == []


def test_a_message_writes_no_index_entry_of_its_chat(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    """The index holds the day of the newest message, not the time, and a page keeps room for new versions."""
    before = connection.execute(HOT.encode()).fetchone()
    for minute in range(20):
        connection.execute(
            "INSERT INTO public.chat_messages (session_id, user_id, role, content, created_at) "
            "SELECT id, user_id, 'user', 'hi', timestamptz '2025-01-01 11:00+00' + make_interval(mins => %s) "
            "FROM public.chat_sessions WHERE title = 'Chat 1'",
            [minute],
        )
    assert connection.execute(HOT.encode()).fetchone() == before


def test_templates_are_counted_and_queued_once_a_statement(
    connection: psycopg.Connection[tuple[Any, ...]],
) -> None:
    connection.execute(
        "INSERT INTO public.question_templates (id, focus, depth, template_text) "
        "SELECT md5('t' || n)::uuid, 'harmony', 'shallow', 'Which voice leads, ' || n "
        "FROM generate_series(1, 3) AS n"
    )
    connection.execute(
        "INSERT INTO public.sessions (id, user_id, type, title, user_short_note) "
        "SELECT md5('s')::uuid, id, 'practice', 'a title', 'a note' FROM public.users"
    )
    connection.execute(
        'INSERT INTO public.interview_questions (session_id, text, focus, depth, "order", template_id) '
        "SELECT md5('s')::uuid, 'a question', 'harmony', 'shallow', n, "
        "CASE WHEN n < 5 THEN md5('t' || 1 + n % 2)::uuid END FROM generate_series(0, 6) AS n"
    )
    used = connection.execute("SELECT usage_count FROM public.question_templates ORDER BY 1").fetchall()
    assert used == [(0,), (2,), (3,)]
    queued = connection.execute("SELECT status, source_type FROM public.rag_embeddings").fetchall()
    assert queued == [("pending", "template")] * 3
    connection.execute("DELETE FROM public.question_templates WHERE id <> md5('t1')::uuid")
    assert connection.execute("SELECT source_id = md5('t1')::uuid FROM public.rag_embeddings").fetchall() == [
        (True,)
    ]


def test_keys_are_in_the_order_of_time(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    made = connection.execute(
        "SELECT app.uuid_v7()::text FROM generate_series(1, 3) AS n, LATERAL pg_sleep(n * 0.002)"
    ).fetchall()
    assert made == sorted(made)
    assert {(key[14], key[19] in "89ab") for (key,) in made} == {("7", True)}
    ids = connection.execute("SELECT substr(id::text, 15, 1) FROM public.chat_messages").fetchall()
    assert set(ids) == {("7",)}


def test_message_belongs_to_the_owner_of_its_chat(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    connection.execute("INSERT INTO public.users (clerk_id, email) VALUES ('user_bob', 'bob@example.com')")
    connection.commit()
    for owner in ("gen_random_uuid()", "(SELECT id FROM public.users WHERE clerk_id = 'user_bob')"):
        message = (
            "INSERT INTO public.chat_messages (session_id, user_id, role, content)"
            f" SELECT id, {owner}, 'user', 'hello' FROM public.chat_sessions LIMIT 1"
        )
        with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
            connection.execute(message.encode())
    connection.execute("DELETE FROM public.users WHERE clerk_id = 'user_ann'")
    assert connection.execute("SELECT count(*) FROM public.chat_messages").fetchone() == (0,)
