"""A person's next lessons and counts in one call, an admin's list of provenance

Does: 3 create_function.
Locks: no existing table.
Downgrade: loses no data.

Revision ID: 0025_lessons_and_counts
Revises: 0024_lists_on_any_server
"""

from __future__ import annotations

from app_schema import op

revision = "0025_lessons_and_counts"
down_revision = "0024_lists_on_any_server"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_function(
        "my_next_lessons",
        "WITH next AS MATERIALIZED (\n"
        "  SELECT r AS reservation, r.mentor_id, s.start_time, s.end_time\n"
        "    FROM public.reservations AS r\n"
        "    JOIN public.lesson_slots AS s ON s.id = r.slot_id\n"
        "   WHERE r.student_id = app.current_user_id()\n"
        "     AND s.start_time >= now()\n"
        "   ORDER BY s.start_time\n"
        "   LIMIT p_limit\n"
        ")\n"
        "SELECT n.reservation, n.start_time, n.end_time, u.name\n"
        "  FROM next AS n\n"
        "  JOIN public.users AS u\n"
        "    ON u.id = n.mentor_id AND u.id = ANY (ARRAY(SELECT x.mentor_id FROM next AS x))\n"
        " ORDER BY n.start_time",
        returns=(
            "TABLE (reservation public.reservations, start_time timestamptz, end_time "
            "timestamptz, mentor_name text)"
        ),
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "my_session_counts",
        "SELECT count(*), coalesce(sum(x.questions), 0)::bigint, coalesce(sum(x.answers), "
        "0)::bigint\n"
        "  FROM (\n"
        "    SELECT (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id "
        "= s.id)\n"
        "             AS questions,\n"
        "           (SELECT count(*) FROM public.interview_answers AS a WHERE a.session_id = s.id)\n"
        "             AS answers\n"
        "      FROM public.sessions AS s\n"
        "     WHERE s.user_id = app.current_user_id()\n"
        "  ) AS x",
        returns="TABLE (sessions bigint, questions bigint, answers bigint)",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "newest_provenance",
        "SELECT p.*\n"
        "  FROM public.provenance AS p\n"
        " WHERE (SELECT app.is_admin())\n"
        " ORDER BY p.created_at DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.provenance",
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )


def downgrade() -> None:
    op.drop_function(
        "newest_provenance",
        arguments="p_limit integer",
        schema="app",
    )
    op.drop_function("my_session_counts", schema="app")
    op.drop_function("my_next_lessons", arguments="p_limit integer", schema="app")
