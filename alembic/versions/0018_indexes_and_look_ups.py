"""Indexes that hold what a policy compares; look-ups whose operator is not leakproof; profiles of many people

Does: 8 create_index_concurrently, 1 create_statistics, 5 create_function, 1 replace_function, 1
replace_policy, 4 drop_index_concurrently.
Locks: ACCESS EXCLUSIVE on materials; SHARE UPDATE EXCLUSIVE on ai_dialogue_log, chat_messages, lesson_slots,
log_entries, messages, reservations, sessions, users.
Downgrade: loses no data.

Revision ID: 0018_indexes_and_look_ups
Revises: 0017_identity_in_a_setting
"""

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0018_indexes_and_look_ups"
down_revision = "0017_identity_in_a_setting"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index_concurrently(
        "ix_ai_dialogue_log_created_at_figures",
        "ai_dialogue_log",
        ["created_at"],
        unique=False,
        schema="public",
        postgresql_include=["user_id", "citation_rate", "latency_ms", "token_cost_jpy"],
    )
    op.create_index_concurrently(
        "ix_lesson_slots_mentor_id_start_time_end_time",
        "lesson_slots",
        ["mentor_id", "start_time", "end_time"],
        unique=False,
        schema="public",
    )
    op.create_index_concurrently(
        "ix_log_entries_user_id_public",
        "log_entries",
        ["user_id"],
        unique=False,
        schema="public",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index_concurrently(
        "ix_messages_receiver_id_unread_sender",
        "messages",
        ["receiver_id", sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_include=["sender_id"],
        postgresql_where=sa.text("NOT is_read"),
    )
    op.create_index_concurrently(
        "ix_reservations_mentor_id_revenue_amount",
        "reservations",
        ["mentor_id", sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_include=["amount", "student_id", "id"],
        postgresql_where=sa.text("status = 'completed' AND payment_status = 'completed'"),
    )
    op.create_index_concurrently(
        "ix_sessions_created_at",
        "sessions",
        [sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
    )
    op.create_index_concurrently(
        "ix_sessions_user_id_public",
        "sessions",
        ["user_id"],
        unique=False,
        schema="public",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index_concurrently(
        "ix_users_email_lower",
        "users",
        [sa.literal_column("lower(email)")],
        unique=False,
        schema="public",
    )
    op.create_statistics(
        "st_chat_messages_session_id_user_id",
        "CREATE STATISTICS public.st_chat_messages_session_id_user_id (dependencies) ON "
        "session_id, user_id FROM public.chat_messages",
        schema="public",
    )
    op.create_function(
        "public_profiles",
        "SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills\n"
        "  FROM public.users AS u\n"
        " CROSS JOIN (SELECT app.current_user_id() AS id, app.is_admin() AS is_admin) AS me\n"
        " WHERE u.id = ANY (people)\n"
        "   AND me.id IS NOT NULL\n"
        "   AND (   u.id = me.id\n"
        "        OR u.role = 'mentor'\n"
        "        OR me.is_admin\n"
        "        OR EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.user_id = u.id AND "
        "s.is_public)\n"
        "        OR EXISTS (SELECT 1 FROM public.log_entries AS l WHERE l.user_id = u.id AND "
        "l.is_public)\n"
        "        OR EXISTS (SELECT 1 FROM public.materials AS t WHERE t.creator_id = u.id "
        "AND t.is_public)\n"
        "        OR EXISTS (SELECT 1 FROM public.reservations AS r\n"
        "                    WHERE (r.student_id = me.id AND r.mentor_id = u.id)\n"
        "                       OR (r.mentor_id = me.id AND r.student_id = u.id))\n"
        "        OR EXISTS (SELECT 1 FROM public.messages AS m\n"
        "                    WHERE m.receiver_id = me.id AND m.sender_id = u.id))",
        returns="TABLE (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)",
        arguments="people uuid[]",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.replace_function(
        "public_profile",
        "SELECT p.id, p.name, p.role, p.profile_image_url, p.bio, p.skills\n"
        "  FROM app.public_profiles(ARRAY[person]) AS p",
        returns="TABLE (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)",
        arguments="person uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills\n"
                "  FROM public.users AS u\n"
                " CROSS JOIN (SELECT app.current_user_id() AS id) AS me\n"
                " WHERE u.id = person\n"
                "   AND me.id IS NOT NULL\n"
                "   AND (   u.id = me.id\n"
                "        OR u.role = 'mentor'\n"
                "        OR app.is_admin()\n"
                "        OR EXISTS (SELECT 1 FROM public.reservations AS r\n"
                "                    WHERE (r.student_id = me.id AND r.mentor_id = u.id)\n"
                "                       OR (r.mentor_id = me.id AND r.student_id = u.id))\n"
                "        OR EXISTS (SELECT 1 FROM public.messages AS m\n"
                "                    WHERE m.receiver_id = me.id AND m.sender_id = u.id)\n"
                "        OR EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.user_id = u.id "
                "AND s.is_public)\n"
                "        OR EXISTS (SELECT 1 FROM public.log_entries AS l WHERE l.user_id = u.id "
                "AND l.is_public)\n"
                "        OR EXISTS (SELECT 1 FROM public.materials AS t WHERE t.creator_id = "
                "u.id AND t.is_public))"
            ),
            "returns": "TABLE(id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)",
        },
        schema="app",
    )
    op.create_function(
        "my_overlapping_slots",
        "SELECT s.*\n"
        "  FROM public.lesson_slots AS s\n"
        " WHERE s.mentor_id = app.current_user_id()\n"
        "   AND s.status <> 'cancelled'\n"
        "   AND tstzrange(s.start_time, s.end_time) && tstzrange(p_start, p_end)",
        returns="SETOF public.lesson_slots",
        arguments="p_start timestamptz, p_end timestamptz",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "my_tagged_log_entries",
        "SELECT l.*\n"
        "  FROM public.log_entries AS l\n"
        " WHERE l.user_id = app.current_user_id()\n"
        "   AND l.tags @> p_tags\n"
        " ORDER BY l.created_at DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.log_entries",
        arguments="p_tags jsonb, p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "my_unread_messages",
        "SELECT m.*\n"
        "  FROM public.messages AS m\n"
        " WHERE m.receiver_id = app.current_user_id()\n"
        "   AND NOT m.is_read\n"
        " ORDER BY m.created_at DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.messages",
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "templates_of_focus",
        "SELECT t.*\n"
        "  FROM public.question_templates AS t\n"
        " WHERE t.focus = p_focus\n"
        "   AND t.enabled\n"
        "   AND app.current_user_id() IS NOT NULL\n"
        " ORDER BY t.priority DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.question_templates",
        arguments="p_focus public.focus_area, p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.replace_policy(
        "materials_app_user_select",
        "materials",
        for_="SELECT",
        to="app_user",
        using=(
            "CASE WHEN is_public THEN (SELECT app.current_user_id()) IS NOT NULL ELSE creator_id "
            "BETWEEN (SELECT app.first_visible_owner()) AND (SELECT app.last_visible_owner()) END"
        ),
        old={
            "using": (
                "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND "
                "(is_public OR ((creator_id >= ( SELECT app.first_visible_owner() AS "
                "first_visible_owner)) AND (creator_id <= ( SELECT app.last_visible_owner() AS "
                "last_visible_owner)))))"
            ),
        },
        schema="public",
    )
    op.drop_index_concurrently("ix_reservations_mentor_id_revenue", "reservations", schema="public")
    op.drop_index_concurrently("ix_messages_receiver_id_unread", "messages", schema="public")
    op.drop_index_concurrently("ix_lesson_slots_mentor_id_start_time", "lesson_slots", schema="public")
    op.drop_index_concurrently("ix_ai_dialogue_log_created_at", "ai_dialogue_log", schema="public")


def downgrade() -> None:
    op.create_index_concurrently(
        "ix_ai_dialogue_log_created_at", "ai_dialogue_log", ["created_at"], unique=False, schema="public"
    )
    op.create_index_concurrently(
        "ix_lesson_slots_mentor_id_start_time",
        "lesson_slots",
        ["mentor_id", "start_time"],
        unique=False,
        schema="public",
    )
    op.create_index_concurrently(
        "ix_messages_receiver_id_unread",
        "messages",
        ["receiver_id", sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_where=sa.text("NOT is_read"),
    )
    op.create_index_concurrently(
        "ix_reservations_mentor_id_revenue",
        "reservations",
        ["mentor_id", sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_where=sa.text("status = 'completed' AND payment_status = 'completed'"),
    )
    op.replace_policy(
        "materials_app_user_select",
        "materials",
        for_="SELECT",
        to="app_user",
        using=(
            "((( SELECT app.current_user_id() AS current_user_id) IS NOT NULL) AND (is_public OR "
            "((creator_id >= ( SELECT app.first_visible_owner() AS first_visible_owner)) AND "
            "(creator_id <= ( SELECT app.last_visible_owner() AS last_visible_owner)))))"
        ),
        old={
            "using": (
                "CASE WHEN is_public THEN (SELECT app.current_user_id()) IS NOT NULL ELSE "
                "creator_id BETWEEN (SELECT app.first_visible_owner()) AND (SELECT "
                "app.last_visible_owner()) END"
            ),
        },
        schema="public",
    )
    op.drop_function(
        "templates_of_focus",
        arguments="p_focus public.focus_area, p_limit integer",
        schema="app",
    )
    op.drop_function("my_unread_messages", arguments="p_limit integer", schema="app")
    op.drop_function("my_tagged_log_entries", arguments="p_tags jsonb, p_limit integer", schema="app")
    op.drop_function("my_overlapping_slots", arguments="p_start timestamptz, p_end timestamptz", schema="app")
    op.replace_function(
        "public_profile",
        "SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills\n"
        "  FROM public.users AS u\n"
        " CROSS JOIN (SELECT app.current_user_id() AS id) AS me\n"
        " WHERE u.id = person\n"
        "   AND me.id IS NOT NULL\n"
        "   AND (   u.id = me.id\n"
        "        OR u.role = 'mentor'\n"
        "        OR app.is_admin()\n"
        "        OR EXISTS (SELECT 1 FROM public.reservations AS r\n"
        "                    WHERE (r.student_id = me.id AND r.mentor_id = u.id)\n"
        "                       OR (r.mentor_id = me.id AND r.student_id = u.id))\n"
        "        OR EXISTS (SELECT 1 FROM public.messages AS m\n"
        "                    WHERE m.receiver_id = me.id AND m.sender_id = u.id)\n"
        "        OR EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.user_id = u.id AND "
        "s.is_public)\n"
        "        OR EXISTS (SELECT 1 FROM public.log_entries AS l WHERE l.user_id = u.id AND "
        "l.is_public)\n"
        "        OR EXISTS (SELECT 1 FROM public.materials AS t WHERE t.creator_id = u.id "
        "AND t.is_public))",
        returns="TABLE(id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)",
        arguments="person uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT p.id, p.name, p.role, p.profile_image_url, p.bio, p.skills\n"
                "  FROM app.public_profiles(ARRAY[person]) AS p"
            ),
            "returns": (
                "TABLE (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)"
            ),
        },
        schema="app",
    )
    op.drop_function("public_profiles", arguments="people uuid[]", schema="app")
    op.drop_statistics("st_chat_messages_session_id_user_id", schema="public")
    op.drop_index_concurrently("ix_users_email_lower", "users", schema="public")
    op.drop_index_concurrently("ix_sessions_user_id_public", "sessions", schema="public")
    op.drop_index_concurrently("ix_sessions_created_at", "sessions", schema="public")
    op.drop_index_concurrently("ix_reservations_mentor_id_revenue_amount", "reservations", schema="public")
    op.drop_index_concurrently("ix_messages_receiver_id_unread_sender", "messages", schema="public")
    op.drop_index_concurrently("ix_log_entries_user_id_public", "log_entries", schema="public")
    op.drop_index_concurrently(
        "ix_lesson_slots_mentor_id_start_time_end_time",
        "lesson_slots",
        schema="public",
    )
    op.drop_index_concurrently("ix_ai_dialogue_log_created_at_figures", "ai_dialogue_log", schema="public")
