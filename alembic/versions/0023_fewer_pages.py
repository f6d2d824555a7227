"""Fewer pages for a count, a list and a search by tags; one foreign key less for each chat message

Does: 2 create_index_concurrently, 1 replace_function, 2 create_function, 1 drop_constraint, 1
drop_index_concurrently.
Locks: ACCESS EXCLUSIVE on chat_messages, users; SHARE UPDATE EXCLUSIVE on messages, sessions.
Downgrade: loses no data.

Revision ID: 0023_fewer_pages
Revises: 0022_lists_in_one_call
"""
# lint: ignore[ban-drop-constraint]: the key to chat_sessions names the same person

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0023_fewer_pages"
down_revision = "0022_lists_in_one_call"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index_concurrently(
        "ix_messages_receiver_id_unread_count",
        "messages",
        ["receiver_id"],
        unique=False,
        schema="public",
        postgresql_where=sa.text("NOT is_read"),
    )
    op.create_index_concurrently(
        "ix_sessions_created_at_public_author",
        "sessions",
        [sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_include=["id", "user_id"],
        postgresql_where=sa.text("is_public"),
    )
    op.replace_function(
        "my_tagged_log_entries",
        "WITH newest AS MATERIALIZED (\n"
        "  SELECT l.*\n"
        "    FROM public.log_entries AS l\n"
        "   WHERE l.user_id = app.current_user_id()\n"
        "   ORDER BY l.created_at DESC\n"
        "   LIMIT 10::bigint * p_limit\n"
        "), tagged AS MATERIALIZED (\n"
        "  SELECT n.*\n"
        "    FROM newest AS n\n"
        "   WHERE n.tags @> p_tags\n"
        "   ORDER BY n.created_at DESC\n"
        "   LIMIT p_limit\n"
        "), enough AS MATERIALIZED (\n"
        "  SELECT coalesce((SELECT count(*) FROM tagged) = p_limit\n"
        "                  OR (SELECT count(*) FROM newest) < 10::bigint * p_limit, true) AS yes\n"
        "), by_tag AS MATERIALIZED (\n"
        "  SELECT l.*\n"
        "    FROM public.log_entries AS l\n"
        "   WHERE l.user_id = app.current_user_id()\n"
        "     AND l.tags @> p_tags\n"
        "     AND NOT (SELECT e.yes FROM enough AS e)\n"
        ")\n"
        "SELECT f.*\n"
        "  FROM (\n"
        "    SELECT t.* FROM tagged AS t WHERE (SELECT e.yes FROM enough AS e)\n"
        "    UNION ALL\n"
        "    SELECT b.* FROM by_tag AS b\n"
        "  ) AS f\n"
        " ORDER BY f.created_at DESC\n"
        " LIMIT p_limit",
        returns="SETOF public.log_entries",
        arguments="p_tags jsonb, p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        old={
            "body": (
                "SELECT l.*\n"
                "  FROM public.log_entries AS l\n"
                " WHERE l.user_id = app.current_user_id()\n"
                "   AND l.tags @> p_tags\n"
                " ORDER BY l.created_at DESC\n"
                " LIMIT p_limit"
            ),
        },
        schema="app",
    )
    op.create_function(
        "my_unread_count",
        "SELECT count(*)\n"
        "  FROM public.messages AS m\n"
        " WHERE m.receiver_id = app.current_user_id()\n"
        "   AND NOT m.is_read",
        returns="bigint",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "newest_public_authors",
        "WITH newest AS MATERIALIZED (\n"
        "  SELECT s.id, s.user_id, s.created_at\n"
        "    FROM public.sessions AS s\n"
        "   WHERE s.is_public\n"
        "     AND app.current_user_id() IS NOT NULL\n"
        "   ORDER BY s.created_at DESC\n"
        "   LIMIT p_limit\n"
        ")\n"
        "SELECT n.id, n.user_id, u.name\n"
        "  FROM newest AS n\n"
        "  JOIN (SELECT a.id, a.name FROM public.users AS a\n"
        "         WHERE a.id = ANY (ARRAY(SELECT x.user_id FROM newest AS x))) AS u ON u.id "
        "= n.user_id\n"
        " ORDER BY n.created_at DESC",
        returns="TABLE (session_id uuid, user_id uuid, user_name text)",
        arguments="p_limit integer",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["app_user", "service_account"],
        schema="app",
    )
    # (session_id, user_id) refers to the conversation, and its user_id to users
    op.drop_constraint("fk_chat_messages_user_id_users", "chat_messages", schema="public", type_="foreignkey")
    op.drop_index_concurrently("ix_sessions_created_at_public", "sessions", schema="public")


def downgrade() -> None:
    op.create_index_concurrently(
        "ix_sessions_created_at_public",
        "sessions",
        [sa.literal_column("created_at DESC")],
        unique=False,
        schema="public",
        postgresql_where=sa.text("is_public"),
    )
    op.create_foreign_key(
        "fk_chat_messages_user_id_users",
        "chat_messages",
        "users",
        ["user_id"],
        ["id"],
        source_schema="public",
        referent_schema="public",
        ondelete="CASCADE",
        postgresql_not_valid=True,
    )
    op.validate_constraint("fk_chat_messages_user_id_users", "chat_messages", schema="public")
    op.drop_function("newest_public_authors", arguments="p_limit integer", schema="app")
    op.drop_function("my_unread_count", schema="app")
    op.replace_function(
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
        old={
            "body": (
                "WITH newest AS MATERIALIZED (\n"
                "  SELECT l.*\n"
                "    FROM public.log_entries AS l\n"
                "   WHERE l.user_id = app.current_user_id()\n"
                "   ORDER BY l.created_at DESC\n"
                "   LIMIT 10::bigint * p_limit\n"
                "), tagged AS MATERIALIZED (\n"
                "  SELECT n.*\n"
                "    FROM newest AS n\n"
                "   WHERE n.tags @> p_tags\n"
                "   ORDER BY n.created_at DESC\n"
                "   LIMIT p_limit\n"
                "), enough AS MATERIALIZED (\n"
                "  SELECT coalesce((SELECT count(*) FROM tagged) = p_limit\n"
                "                  OR (SELECT count(*) FROM newest) < 10::bigint * p_limit, "
                "true) AS yes\n"
                "), by_tag AS MATERIALIZED (\n"
                "  SELECT l.*\n"
                "    FROM public.log_entries AS l\n"
                "   WHERE l.user_id = app.current_user_id()\n"
                "     AND l.tags @> p_tags\n"
                "     AND NOT (SELECT e.yes FROM enough AS e)\n"
                ")\n"
                "SELECT f.*\n"
                "  FROM (\n"
                "    SELECT t.* FROM tagged AS t WHERE (SELECT e.yes FROM enough AS e)\n"
                "    UNION ALL\n"
                "    SELECT b.* FROM by_tag AS b\n"
                "  ) AS f\n"
                " ORDER BY f.created_at DESC\n"
                " LIMIT p_limit"
            ),
        },
        schema="app",
    )
    op.drop_index_concurrently("ix_sessions_created_at_public_author", "sessions", schema="public")
    op.drop_index_concurrently("ix_messages_receiver_id_unread_count", "messages", schema="public")
