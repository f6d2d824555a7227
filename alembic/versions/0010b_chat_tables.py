"""Four enums, the five chat tables, the message counter.

Locks: the foreign keys take SHARE ROW EXCLUSIVE on users for a moment.

Downgrade: drops the five tables with all their rows.

Revision ID: 0010b_chat_tables
Revises: 0010_add_sessions
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0010b_chat_tables"
down_revision = "0010_add_sessions"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
TABLES = ("chat_sessions", "chat_messages", "user_ai_profiles", "user_ai_memories", "session_tags")
TOUCHED = ("chat_sessions", "user_ai_profiles", "user_ai_memories")

EMPTY_SEARCH_PATH = {"search_path": "''"}

COUNT_CHAT_MESSAGES = """\
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE public.chat_sessions AS c
       SET message_count = c.message_count + 1,
           last_message_at = greatest(c.last_message_at, NEW.created_at)
     WHERE c.id = NEW.session_id;
  ELSE
    UPDATE public.chat_sessions AS c
       SET message_count = greatest(c.message_count - 1, 0),
           last_message_at = (SELECT max(m.created_at) FROM public.chat_messages AS m WHERE m.session_id = OLD.session_id)
     WHERE c.id = OLD.session_id;
  END IF;
  RETURN NULL;
END"""  # noqa: E501 - the declared text, line for line


def upgrade() -> None:
    op.create_enum("chat_role", ["user", "assistant", "system"], schema="public")
    op.create_enum(
        "ai_profile_type",
        ["friendly_mentor", "professional_coach", "peer_learner", "strict_teacher", "creative_partner"],
        schema="public",
    )
    op.create_enum("response_length", ["concise", "standard", "detailed"], schema="public")
    op.create_enum("memory_type", ["preference", "pattern", "feedback", "knowledge"], schema="public")

    op.create_table(
        "chat_sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("summary", postgresql.JSONB(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("message_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_sessions")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_chat_sessions_id_user_id")),
        sa.CheckConstraint("message_count >= 0", name=op.f("ck_chat_sessions_message_count")),
        sa.CheckConstraint(
            "NOT (is_active AND archived_at IS NOT NULL)", name=op.f("ck_chat_sessions_archived")
        ),
        sa.CheckConstraint("jsonb_typeof(summary) = 'object'", name=op.f("ck_chat_sessions_summary_object")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_chat_sessions_user_id_users"), ondelete="CASCADE"
        ),
        schema="public",
    )
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Enum(name="chat_role", schema="public", create_type=False), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("processed_content", sa.Text(), nullable=True),
        sa.Column("parent_message_id", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
        sa.CheckConstraint("jsonb_typeof(tags) = 'array'", name=op.f("ck_chat_messages_tags_array")),
        sa.CheckConstraint(
            "jsonb_typeof(metadata) = 'object'", name=op.f("ck_chat_messages_metadata_object")
        ),
        sa.CheckConstraint("edited_at IS NULL OR is_edited", name=op.f("ck_chat_messages_edited")),
        sa.ForeignKeyConstraint(
            ["session_id", "user_id"],
            ["public.chat_sessions.id", "public.chat_sessions.user_id"],
            name=op.f("fk_chat_messages_session_id_user_id_chat_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_chat_messages_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_message_id"],
            ["public.chat_messages.id"],
            name=op.f("fk_chat_messages_parent_message_id_chat_messages"),
            ondelete="SET NULL",
        ),
        schema="public",
    )
    op.create_table(
        "user_ai_profiles",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "personality_preset",
            sa.Enum(name="ai_profile_type", schema="public", create_type=False),
            server_default=sa.text("'friendly_mentor'"),
            nullable=False,
        ),
        sa.Column(
            "response_length",
            sa.Enum(name="response_length", schema="public", create_type=False),
            server_default=sa.text("'standard'"),
            nullable=False,
        ),
        sa.Column("formality_level", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("question_frequency", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("suggestion_frequency", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("encouragement_level", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("custom_preferences", postgresql.JSONB(), nullable=True),
        sa.Column("total_interactions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_interaction_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_ai_profiles")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_ai_profiles_user_id")),
        sa.CheckConstraint(
            "formality_level BETWEEN 1 AND 5", name=op.f("ck_user_ai_profiles_formality_level")
        ),
        sa.CheckConstraint(
            "question_frequency BETWEEN 1 AND 5", name=op.f("ck_user_ai_profiles_question_frequency")
        ),
        sa.CheckConstraint(
            "suggestion_frequency BETWEEN 1 AND 5", name=op.f("ck_user_ai_profiles_suggestion_frequency")
        ),
        sa.CheckConstraint(
            "encouragement_level BETWEEN 1 AND 5", name=op.f("ck_user_ai_profiles_encouragement_level")
        ),
        sa.CheckConstraint("total_interactions >= 0", name=op.f("ck_user_ai_profiles_total_interactions")),
        sa.CheckConstraint(
            "jsonb_typeof(custom_preferences) = 'object'",
            name=op.f("ck_user_ai_profiles_custom_preferences_object"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["public.users.id"],
            name=op.f("fk_user_ai_profiles_user_id_users"),
            ondelete="CASCADE",
        ),
        schema="public",
    )
    op.create_table(
        "user_ai_memories",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "memory_type", sa.Enum(name="memory_type", schema="public", create_type=False), nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("confidence", sa.Numeric(3, 2), server_default=sa.text("0.50"), nullable=False),
        sa.Column("frequency", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("last_accessed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("source_session_id", sa.Uuid(), nullable=True),
        sa.Column("source_message_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_ai_memories")),
        sa.UniqueConstraint(
            "user_id", "memory_type", "key", name=op.f("uq_user_ai_memories_user_id_memory_type_key")
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_user_ai_memories_confidence")),
        sa.CheckConstraint("frequency > 0", name=op.f("ck_user_ai_memories_frequency")),
        sa.CheckConstraint("key <> ''", name=op.f("ck_user_ai_memories_key_set")),
        sa.CheckConstraint("jsonb_typeof(value) = 'object'", name=op.f("ck_user_ai_memories_value_object")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["public.users.id"],
            name=op.f("fk_user_ai_memories_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_session_id"],
            ["public.chat_sessions.id"],
            name=op.f("fk_user_ai_memories_source_session_id_chat_sessions"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_message_id"],
            ["public.chat_messages.id"],
            name=op.f("fk_user_ai_memories_source_message_id_chat_messages"),
            ondelete="SET NULL",
        ),
        schema="public",
    )
    op.create_table(
        "session_tags",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_tags")),
        sa.UniqueConstraint("session_id", "tag", name=op.f("uq_session_tags_session_id_tag")),
        sa.CheckConstraint("tag <> ''", name=op.f("ck_session_tags_tag_set")),
        sa.CheckConstraint("frequency > 0", name=op.f("ck_session_tags_frequency")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["public.chat_sessions.id"],
            name=op.f("fk_session_tags_session_id_chat_sessions"),
            ondelete="CASCADE",
        ),
        schema="public",
    )

    op.create_index(
        op.f("ix_chat_sessions_user_id_active_last_message"),
        "chat_sessions",
        ["user_id", "is_active", sa.text("last_message_at DESC NULLS LAST")],
        schema="public",
    )
    op.create_index(
        op.f("ix_chat_messages_session_id_created_at"),
        "chat_messages",
        ["session_id", sa.text("created_at DESC"), "id"],
        schema="public",
    )
    op.create_index(
        op.f("ix_chat_messages_user_id_created_at"),
        "chat_messages",
        ["user_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_chat_messages_parent_message_id"),
        "chat_messages",
        ["parent_message_id"],
        schema="public",
        postgresql_where=sa.text("parent_message_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_user_ai_memories_expires_at_active"),
        "user_ai_memories",
        ["expires_at"],
        schema="public",
        postgresql_where=sa.text("is_active AND expires_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_user_ai_memories_source_session_id"),
        "user_ai_memories",
        ["source_session_id"],
        schema="public",
        postgresql_where=sa.text("source_session_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_user_ai_memories_source_message_id"),
        "user_ai_memories",
        ["source_message_id"],
        schema="public",
        postgresql_where=sa.text("source_message_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_session_tags_tag"), "session_tags", ["tag"], schema="public")

    op.create_function(
        "count_chat_messages",
        COUNT_CHAT_MESSAGES,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )

    for table in TOUCHED:
        op.create_trigger(
            f"tr_{table}_touch",
            table,
            before="UPDATE",
            for_each="ROW",
            execute="app.touch_updated_at()",
            schema="public",
        )
    op.create_trigger(
        "tr_chat_messages_count",
        "chat_messages",
        after=["INSERT", "DELETE"],
        for_each="ROW",
        execute="app.count_chat_messages()",
        schema="public",
    )

    for table in TABLES:
        op.create_grant(READ_WRITE, to="service_account", table=table, schema="public")


def downgrade() -> None:
    # The tables go first: the trigger of chat_messages holds on to the function.
    for table in reversed(TABLES):
        op.drop_table(table, schema="public")

    op.drop_function("count_chat_messages", schema="app")

    op.drop_enum("memory_type", schema="public")
    op.drop_enum("response_length", schema="public")
    op.drop_enum("ai_profile_type", schema="public")
    op.drop_enum("chat_role", schema="public")
