"""Look-ups with the rights of their owner give each person what queries under row security give."""

from __future__ import annotations

import cast
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
    "SELECT id FROM app.public_profiles(CAST(:people AS uuid[]))": (
        "SELECT p.id FROM unnest(CAST(:people AS uuid[])) AS u, app.public_profile(u) AS p"
    ),
}


@pytest.mark.parametrize("look_up", LOOK_UPS)
def test_look_up_gives_what_the_policies_show(as_person: As, ids: dict[str, object], look_up: str) -> None:
    people = {"people": list(ids.values())}
    seen = set()
    for name in (*cast.PEOPLE, "nobody", None):
        with as_person(name) as session:
            found = set(session.scalars(sa.text(look_up), people))
            assert found == set(session.scalars(sa.text(LOOK_UPS[look_up]), people))
            assert name in cast.PEOPLE or not found
            seen |= found
    assert seen, "the cast has rows for it"
