"""Look-ups with the rights of their owner give each person what queries under row security give."""

from __future__ import annotations

import cast
import psycopg
import pytest
import sqlalchemy as sa
from logins import As

LOOK_UPS = {
    "SELECT id FROM app.my_unread_messages(1000)": (
        "SELECT id FROM public.messages WHERE receiver_id = app.current_user_id() AND NOT is_read"
    ),
    "SELECT id FROM app.my_tagged_log_entries('[]', 1000)": (
        "SELECT id FROM public.log_entries WHERE user_id = app.current_user_id()"
    ),
    "SELECT n FROM app.my_unread_count() AS n WHERE n > 0": (
        "SELECT count(*) FROM public.messages WHERE receiver_id = app.current_user_id() AND NOT is_read"
        " HAVING count(*) > 0"
    ),
    "SELECT concat(session_id, user_id, user_name) FROM app.newest_public_authors(1000)": (
        "SELECT concat(s.id, p.id, p.name) FROM public.sessions AS s, app.public_profile(s.user_id) AS p"
        " WHERE s.is_public"
    ),
    "SELECT id FROM app.my_overlapping_slots('-infinity', 'infinity')": (
        "SELECT id FROM public.lesson_slots WHERE mentor_id = app.current_user_id() AND status <> 'cancelled'"
    ),
    "SELECT t.id FROM unnest(enum_range(NULL::focus_area)) AS f, app.templates_of_focus(f, 1000) AS t": (
        "SELECT id FROM public.question_templates WHERE enabled"
    ),
    "SELECT (m.reservation).id FROM app.my_reservations(1000) AS m": (
        "SELECT id FROM public.reservations WHERE app.current_user_id() IN (student_id, mentor_id)"
    ),
    (
        "SELECT m.other_id FROM app.my_reservations(1000) AS m JOIN app.public_profile(m.other_id) AS p"
        " ON p.name IS NOT DISTINCT FROM m.other_name"
    ): (
        "SELECT unnest(ARRAY[student_id, mentor_id]) FROM public.reservations"
        " WHERE app.current_user_id() IN (student_id, mentor_id) EXCEPT SELECT app.current_user_id()"
    ),
    "SELECT (n.reservation).id FROM app.my_next_lessons(1000) AS n": (
        "SELECT r.id FROM public.reservations AS r JOIN public.lesson_slots AS s ON s.id = r.slot_id"
        " WHERE r.student_id = app.current_user_id() AND s.start_time >= now()"
    ),
    "SELECT concat_ws(' ', sessions, questions, answers) FROM app.my_session_counts() WHERE sessions > 0": (
        "SELECT concat_ws(' ', count(DISTINCT s.id), count(DISTINCT q.id), count(DISTINCT a.id))"
        " FROM public.sessions AS s"
        " LEFT JOIN public.interview_questions AS q ON q.session_id = s.id"
        " LEFT JOIN public.interview_answers AS a ON a.session_id = s.id"
        " WHERE s.user_id = app.current_user_id() HAVING count(*) > 0"
    ),
    "SELECT m.id FROM unnest(CAST(:threads AS uuid[])) AS t, app.my_reservation_messages(t, 1000) AS m": (
        "SELECT id FROM public.messages WHERE reservation_id = ANY (CAST(:threads AS uuid[]))"
    ),
    "SELECT concat((n.session).id, n.user_name, (n.analysis).id, total_questions, total_answers)"
    " FROM app.newest_sessions(1000) AS n": (
        "SELECT concat(d.id, d.user_name, a.id, total_questions, total_answers)"
        " FROM public.v_session_details AS d LEFT JOIN public.session_analyses AS a ON a.session_id = d.id"
    ),
    "SELECT id FROM app.newest_provenance(1000)": ("SELECT id FROM public.provenance WHERE app.is_admin()"),
    "SELECT id FROM app.public_profiles(CAST(:people AS uuid[]))": (
        "SELECT p.id FROM unnest(CAST(:people AS uuid[])) AS u, app.public_profile(u) AS p"
    ),
}


@pytest.mark.parametrize("look_up", LOOK_UPS)
def test_look_up_gives_what_the_policies_show(
    as_person: As, ids: dict[str, object], url: str, look_up: str
) -> None:
    with psycopg.connect(url) as connection:
        threads = connection.execute("SELECT array_agg(id) FROM public.reservations").fetchone()
    given = {"people": list(ids.values()), "threads": threads and threads[0]}
    seen = set()
    for name in (*cast.PEOPLE, "nobody", None):
        with as_person(name) as session:
            found = set(session.scalars(sa.text(look_up), given))
            assert found == set(session.scalars(sa.text(LOOK_UPS[look_up]), given))
            assert name in cast.PEOPLE or not found
            seen |= found
    assert seen, "the cast has rows for it"


def test_journal_by_tags_is_the_newest_with_all_of_them(database_url: str) -> None:
    """Found among the newest ten times as many, or, if they are fewer, by the index of tags."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO public.users (clerk_id, email) VALUES ('ann', 'a@x'), ('bob', 'b@x')")
        connection.execute(
            "INSERT INTO public.log_entries (user_id, type, content, tags, created_at)"
            """ SELECT u.id, 'practice', 'scales', CASE WHEN n < 10 THEN '["all", "old"]'::jsonb"""
            """ WHEN n % 15 = 0 THEN '["all", "rare"]' ELSE '["all"]' END, now() + n * interval '1 hour'"""
            " FROM public.users AS u, generate_series(1, 60) AS n"
        )
        connection.execute("SELECT set_config('app.current_user_id', 'ann', true)")
        for tags in ('["all"]', '["rare"]', '["old"]', '["old", "all"]', '["none"]', "[]"):
            for limit in (0, 1, 3, 5, 50, None):
                given = {"tags": tags, "limit": limit}
                found = connection.execute(
                    "SELECT id FROM app.my_tagged_log_entries(%(tags)s, %(limit)s)", given
                )
                expected = connection.execute(
                    "SELECT id FROM public.log_entries WHERE user_id = app.current_user_id()"
                    " AND tags @> %(tags)s ORDER BY created_at DESC LIMIT %(limit)s",
                    given,
                )
                assert found.fetchall() == expected.fetchall(), given
