"""Lists whose plan does not depend on what PostgreSQL expects of a limit

Does: 2 replace_function.
Locks: no existing table.
Downgrade: loses no data.

Revision ID: 0024_lists_on_any_server
Revises: 0023_fewer_pages
"""

from __future__ import annotations

from app_schema import op

revision = "0024_lists_on_any_server"
down_revision = "0023_fewer_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.replace_function(
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
        "), taught AS MATERIALIZED (\n"
        "  SELECT s.id, s.start_time, s.end_time\n"
        "    FROM public.lesson_slots AS s\n"
        "   WHERE s.mentor_id = app.current_user_id()\n"
        "), timed AS (\n"
        "  SELECT m.*, s.start_time, s.end_time\n"
        "    FROM mine AS m\n"
        "    JOIN public.lesson_slots AS s ON s.id = m.slot_id AND s.mentor_id = m.other_id\n"
        "   WHERE NOT m.teaches\n"
        "  UNION ALL\n"
        "  SELECT m.*, s.start_time, s.end_time\n"
        "    FROM mine AS m\n"
        "    JOIN taught AS s ON s.id = m.slot_id\n"
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
        old={
            "body": (
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
                " ORDER BY t.created_at DESC"
            ),
            "returns": (
                "TABLE(reservation public.reservations, start_time timestamp with time zone, "
                "end_time timestamp with time zone, other_id uuid, other_name text)"
            ),
        },
        schema="app",
    )
    op.replace_function(
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
        "  JOIN public.users AS u ON u.id = n.user_id AND u.id = ANY (ARRAY(SELECT x.user_id "
        "FROM newest AS x))\n"
        "  LEFT JOIN public.session_analyses AS a\n"
        "    ON a.session_id = n.id AND a.session_id = ANY (ARRAY(SELECT x.id FROM newest AS x))\n"
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
        old={
            "body": (
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
                "       (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id "
                "= n.id),\n"
                "       (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = n.id)\n"
                "  FROM newest AS n\n"
                "  JOIN public.users AS u ON u.id = n.user_id\n"
                "  LEFT JOIN public.session_analyses AS a ON a.session_id = n.id\n"
                " ORDER BY n.created_at DESC"
            ),
            "returns": (
                "TABLE(session public.sessions, user_name text, analysis "
                "public.session_analyses, total_questions bigint, total_answers bigint)"
            ),
        },
        schema="app",
    )


def downgrade() -> None:
    op.replace_function(
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
            "TABLE(session public.sessions, user_name text, analysis public.session_analyses, "
            "total_questions bigint, total_answers bigint)"
        ),
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
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
                "       (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id "
                "= n.id),\n"
                "       (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = n.id)\n"
                "  FROM newest AS n\n"
                "  JOIN public.users AS u ON u.id = n.user_id AND u.id = ANY (ARRAY(SELECT "
                "x.user_id FROM newest AS x))\n"
                "  LEFT JOIN public.session_analyses AS a\n"
                "    ON a.session_id = n.id AND a.session_id = ANY (ARRAY(SELECT x.id FROM "
                "newest AS x))\n"
                " ORDER BY n.created_at DESC"
            ),
            "returns": (
                "TABLE (session public.sessions, user_name text, analysis "
                "public.session_analyses, total_questions bigint, total_answers bigint)"
            ),
        },
        schema="app",
    )
    op.replace_function(
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
            "TABLE(reservation public.reservations, start_time timestamp with time zone, "
            "end_time timestamp with time zone, other_id uuid, other_name text)"
        ),
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
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
                "), taught AS MATERIALIZED (\n"
                "  SELECT s.id, s.start_time, s.end_time\n"
                "    FROM public.lesson_slots AS s\n"
                "   WHERE s.mentor_id = app.current_user_id()\n"
                "), timed AS (\n"
                "  SELECT m.*, s.start_time, s.end_time\n"
                "    FROM mine AS m\n"
                "    JOIN public.lesson_slots AS s ON s.id = m.slot_id AND s.mentor_id = m.other_id\n"
                "   WHERE NOT m.teaches\n"
                "  UNION ALL\n"
                "  SELECT m.*, s.start_time, s.end_time\n"
                "    FROM mine AS m\n"
                "    JOIN taught AS s ON s.id = m.slot_id\n"
                "   WHERE m.teaches\n"
                ")\n"
                "SELECT t.reservation, t.start_time, t.end_time, t.other_id, u.name\n"
                "  FROM timed AS t\n"
                "  JOIN public.users AS u ON u.id = t.other_id\n"
                " ORDER BY t.created_at DESC"
            ),
            "returns": (
                "TABLE (reservation public.reservations, start_time timestamptz, end_time "
                "timestamptz, other_id uuid, other_name text)"
            ),
        },
        schema="app",
    )
