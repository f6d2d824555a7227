"""Lists of the signed-in person in one call

Does: 1 create_index_concurrently, 3 create_function.
Locks: SHARE UPDATE EXCLUSIVE on lesson_slots.
Downgrade: loses no data.

Revision ID: 0022_lists_in_one_call
Revises: 0021_vectors_in_the_row
"""

from __future__ import annotations

from app_schema import op

revision = "0022_lists_in_one_call"
down_revision = "0021_vectors_in_the_row"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index_concurrently(
        "ix_lesson_slots_mentor_id_times",
        "lesson_slots",
        ["mentor_id"],
        unique=False,
        schema="public",
        postgresql_include=["id", "start_time", "end_time"],
    )
    op.create_function(
        "my_reservation_messages",
        "SELECT m.*\n"
        "  FROM public.messages AS m\n"
        " WHERE m.reservation_id = p_reservation\n"
        "   AND CASE WHEN m.sender_id = app.current_user_id() THEN true\n"
        "            ELSE m.receiver_id = app.current_user_id() END\n"
        " ORDER BY m.created_at DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.messages",
        arguments="p_reservation uuid, p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "my_reservations",
        "WITH mine AS MATERIALIZED (\n"
        "  SELECT *\n"
        "    FROM (\n"
        "      (SELECT r AS reservation, r.slot_id, false AS teaches, r.mentor_id AS "
        "other_id, r.created_at\n"
        "         FROM public.reservations AS r\n"
        "        WHERE r.student_id = app.current_user_id()\n"
        "        ORDER BY r.created_at DESC\n"
        "        LIMIT p_limit)\n"
        "      UNION ALL\n"
        "      (SELECT r, r.slot_id, true, r.student_id, r.created_at\n"
        "         FROM public.reservations AS r\n"
        "        WHERE r.mentor_id = app.current_user_id()\n"
        "        ORDER BY r.created_at DESC\n"
        "        LIMIT p_limit)\n"
        "    ) AS newest\n"
        "   ORDER BY newest.created_at DESC\n"
        "   LIMIT p_limit\n"
        "), timed AS (\n"
        "  SELECT m.*, s.start_time, s.end_time\n"
        "    FROM mine AS m\n"
        "    JOIN public.lesson_slots AS s ON s.id = m.slot_id AND s.mentor_id = m.other_id\n"
        "   WHERE NOT m.teaches\n"
        "  UNION ALL\n"
        "  SELECT m.*, s.start_time, s.end_time\n"
        "    FROM mine AS m\n"
        "    JOIN public.lesson_slots AS s ON s.id = m.slot_id AND s.mentor_id = "
        "app.current_user_id()\n"
        "   WHERE m.teaches\n"
        ")\n"
        "SELECT t.reservation, t.start_time, t.end_time, t.other_id, u.name\n"
        "  FROM timed AS t\n"
        "  JOIN public.users AS u ON u.id = t.other_id\n"
        " ORDER BY t.created_at DESC",
        returns=(
            "TABLE (reservation public.reservations, start_time timestamptz, end_time "
            "timestamptz, other_id uuid, other_name text)"
        ),
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "newest_sessions",
        "WITH newest AS MATERIALIZED (\n"
        "  SELECT *\n"
        "    FROM (\n"
        "      (SELECT s AS session, s.id, s.user_id, s.created_at\n"
        "         FROM public.sessions AS s\n"
        "        WHERE s.user_id = app.current_user_id()\n"
        "        ORDER BY s.created_at DESC\n"
        "        LIMIT p_limit)\n"
        "      UNION ALL\n"
        "      (SELECT s, s.id, s.user_id, s.created_at\n"
        "         FROM public.sessions AS s\n"
        "        WHERE s.is_public AND s.user_id <> app.current_user_id()\n"
        "        ORDER BY s.created_at DESC\n"
        "        LIMIT p_limit)\n"
        "      UNION ALL\n"
        "      (SELECT shared.*\n"
        "         FROM app.my_students() AS student\n"
        "        CROSS JOIN LATERAL (\n"
        "          SELECT s, s.id, s.user_id, s.created_at\n"
        "            FROM public.sessions AS s\n"
        "           WHERE s.user_id = student AND s.share_with_mentor AND NOT s.is_public\n"
        "           ORDER BY s.created_at DESC\n"
        "           LIMIT p_limit) AS shared)\n"
        "    ) AS visible\n"
        "   ORDER BY visible.created_at DESC\n"
        "   LIMIT p_limit\n"
        ")\n"
        "SELECT n.session, u.name, a,\n"
        "       (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = n.id),\n"
        "       (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = n.id)\n"
        "  FROM newest AS n\n"
        "  JOIN public.users AS u ON u.id = n.user_id\n"
        "  LEFT JOIN public.session_analyses AS a ON a.session_id = n.id\n"
        " ORDER BY n.created_at DESC",
        returns=(
            "TABLE (session public.sessions, user_name text, analysis public.session_analyses, "
            "total_questions bigint, total_answers bigint)"
        ),
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )


def downgrade() -> None:
    op.drop_function("newest_sessions", arguments="p_limit integer", schema="app")
    op.drop_function("my_reservations", arguments="p_limit integer", schema="app")
    op.drop_function("my_reservation_messages", arguments="p_reservation uuid, p_limit integer", schema="app")
    op.drop_index_concurrently("ix_lesson_slots_mentor_id_times", "lesson_slots", schema="public")
