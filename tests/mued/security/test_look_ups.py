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
    "SELECT m.id FROM unnest(CAST(:threads AS uuid[])) AS t, app.my_reservation_messages(t, 1000) AS m": (
        "SELECT id FROM public.messages WHERE reservation_id = ANY (CAST(:threads AS uuid[]))"
    ),
    "SELECT concat((n.session).id, n.user_name, (n.analysis).id, total_questions, total_answers)"
    " FROM app.newest_sessions(1000) AS n": (
        "SELECT concat(d.id, d.user_name, a.id, total_questions, total_answers)"
        " FROM public.v_session_details AS d LEFT JOIN public.session_analyses AS a ON a.session_id = d.id"
    ),
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
