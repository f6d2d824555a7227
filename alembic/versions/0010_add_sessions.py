"""Four enums, sessions, session_analyses, interview_questions, interview_answers.

The key from interview_questions to question_templates follows in 0013, with that table.

Locks: the foreign key takes SHARE ROW EXCLUSIVE on users for a moment.

Downgrade: drops the four tables with all their rows.

Revision ID: 0010_add_sessions
Revises: 0009_add_log_entries
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0010_add_sessions"
down_revision = "0009_add_log_entries"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
TABLES = ("sessions", "session_analyses", "interview_questions", "interview_answers")
TOUCHED = ("sessions", "session_analyses", "interview_answers")


def upgrade() -> None:
    op.create_enum(
        "session_type",
        ["composition", "practice", "mix", "ear_training", "listening", "theory", "other"],
        schema="public",
    )
    op.create_enum("session_status", ["draft", "interviewing", "completed", "archived"], schema="public")
    op.create_enum(
        "focus_area", ["harmony", "melody", "rhythm", "mix", "emotion", "image", "structure"], schema="public"
    )
    op.create_enum("interview_depth", ["shallow", "medium", "deep"], schema="public")

    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Enum(name="session_type", schema="public", create_type=False), nullable=False),
        sa.Column(
            "status",
            sa.Enum(name="session_status", schema="public", create_type=False),
            server_default=sa.text("'draft'"),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("user_short_note", sa.Text(), nullable=False),
        sa.Column("daw_meta", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "ai_annotations", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("attachments", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("share_with_mentor", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name=op.f("ck_sessions_title_length")),
        sa.CheckConstraint(
            "char_length(user_short_note) >= 1", name=op.f("ck_sessions_user_short_note_length")
        ),
        sa.CheckConstraint("jsonb_typeof(daw_meta) = 'object'", name=op.f("ck_sessions_daw_meta_object")),
        sa.CheckConstraint(
            "jsonb_typeof(ai_annotations) = 'object'", name=op.f("ck_sessions_ai_annotations_object")
        ),
        sa.CheckConstraint("jsonb_typeof(attachments) = 'array'", name=op.f("ck_sessions_attachments_array")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"
        ),
        schema="public",
    )
    op.create_table(
        "session_analyses",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_data", postgresql.JSONB(), nullable=False),
        sa.Column("analysis_version", sa.Text(), server_default=sa.text("'mvp-1.0'"), nullable=False),
        sa.Column("confidence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_analyses")),
        sa.UniqueConstraint("session_id", name=op.f("uq_session_analyses_session_id")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 100", name=op.f("ck_session_analyses_confidence")),
        sa.CheckConstraint(
            "jsonb_typeof(analysis_data) = 'object'", name=op.f("ck_session_analyses_analysis_data_object")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["public.sessions.id"],
            name=op.f("fk_session_analyses_session_id_sessions"),
            ondelete="CASCADE",
        ),
        schema="public",
    )
    op.create_table(
        "interview_questions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("focus", sa.Enum(name="focus_area", schema="public", create_type=False), nullable=False),
        sa.Column(
            "depth", sa.Enum(name="interview_depth", schema="public", create_type=False), nullable=False
        ),
        sa.Column("order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("generated_by", sa.Text(), server_default=sa.text("'ai'"), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("rag_context", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_questions")),
        sa.UniqueConstraint("id", "session_id", name=op.f("uq_interview_questions_id_session_id")),
        sa.UniqueConstraint(
            "session_id",
            "order",
            name=op.f("uq_interview_questions_session_id_order"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("char_length(text) >= 5", name=op.f("ck_interview_questions_text_length")),
        sa.CheckConstraint('"order" >= 0', name=op.f("ck_interview_questions_order")),
        sa.CheckConstraint(
            "generated_by IN ('ai', 'template', 'custom')", name=op.f("ck_interview_questions_generated_by")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["public.sessions.id"],
            name=op.f("fk_interview_questions_session_id_sessions"),
            ondelete="CASCADE",
        ),
        schema="public",
    )
    op.create_table(
        "interview_answers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ai_insights", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_answers")),
        sa.UniqueConstraint("question_id", name=op.f("uq_interview_answers_question_id")),
        sa.CheckConstraint("char_length(text) >= 1", name=op.f("ck_interview_answers_text_length")),
        sa.CheckConstraint(
            "jsonb_typeof(ai_insights) = 'object'", name=op.f("ck_interview_answers_ai_insights_object")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["public.sessions.id"],
            name=op.f("fk_interview_answers_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id", "session_id"],
            ["public.interview_questions.id", "public.interview_questions.session_id"],
            name=op.f("fk_interview_answers_question_id_session_id_interview_questions"),
            ondelete="CASCADE",
        ),
        schema="public",
    )

    op.create_index(
        op.f("ix_sessions_user_id_created_at"),
        "sessions",
        ["user_id", sa.text("created_at DESC")],
        postgresql_include=["is_public", "share_with_mentor"],
        schema="public",
    )
    op.create_index(
        op.f("ix_sessions_created_at_public"),
        "sessions",
        [sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index(
        op.f("ix_interview_answers_session_id"), "interview_answers", ["session_id"], schema="public"
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

    for table in TABLES:
        op.create_grant(READ_WRITE, to="service_account", table=table, schema="public")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="public")

    op.drop_enum("interview_depth", schema="public")
    op.drop_enum("focus_area", schema="public")
    op.drop_enum("session_status", schema="public")
    op.drop_enum("session_type", schema="public")
