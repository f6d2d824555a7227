"""Enums log_type and target_type, table log_entries.

Locks: the foreign key takes SHARE ROW EXCLUSIVE on users for a moment.

Downgrade: drops log_entries with all its rows.

Revision ID: 0009_add_log_entries
Revises: 0008b_validate_foreign_keys
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0009_add_log_entries"
down_revision = "0008b_validate_foreign_keys"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]


def upgrade() -> None:
    op.create_enum(
        "log_type",
        ["lesson", "practice", "creation", "reflection", "system", "ear_training", "structure_analysis"],
        schema="public",
    )
    op.create_enum(
        "target_type",
        ["lesson", "material", "ear_exercise", "form_exercise", "reservation", "user_creation"],
        schema="public",
    )

    op.create_table(
        "log_entries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Enum(name="log_type", schema="public", create_type=False), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column(
            "target_type", sa.Enum(name="target_type", schema="public", create_type=False), nullable=True
        ),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("ai_summary", postgresql.JSONB(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("difficulty", sa.Text(), nullable=True),
        sa.Column("emotion", sa.Text(), nullable=True),
        sa.Column("attachments", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("share_with_mentor", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
        sa.CheckConstraint(
            "difficulty IN ('easy', 'medium', 'hard', 'very_hard')", name=op.f("ck_log_entries_difficulty")
        ),
        sa.CheckConstraint("(target_id IS NULL) = (target_type IS NULL)", name=op.f("ck_log_entries_target")),
        sa.CheckConstraint("jsonb_typeof(tags) = 'array'", name=op.f("ck_log_entries_tags_array")),
        sa.CheckConstraint(
            "jsonb_typeof(attachments) = 'array'", name=op.f("ck_log_entries_attachments_array")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(ai_summary) = 'object'", name=op.f("ck_log_entries_ai_summary_object")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_log_entries_user_id_users"), ondelete="CASCADE"
        ),
        schema="public",
    )

    op.create_index(
        op.f("ix_log_entries_user_id_created_at"),
        "log_entries",
        ["user_id", sa.text("created_at DESC")],
        postgresql_include=["is_public", "share_with_mentor"],
        schema="public",
    )
    op.create_index(
        op.f("ix_log_entries_created_at_public"),
        "log_entries",
        [sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("is_public"),
    )
    op.create_index(
        op.f("ix_log_entries_target_type_target_id"),
        "log_entries",
        ["target_type", "target_id"],
        schema="public",
        postgresql_where=sa.text("target_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_log_entries_tags"),
        "log_entries",
        ["tags"],
        schema="public",
        postgresql_using="gin",
        postgresql_ops={"tags": "jsonb_path_ops"},
    )

    op.create_trigger(
        "tr_log_entries_touch",
        "log_entries",
        before="UPDATE",
        for_each="ROW",
        execute="app.touch_updated_at()",
        schema="public",
    )

    op.create_grant(READ_WRITE, to="service_account", table="log_entries", schema="public")


def downgrade() -> None:
    op.drop_table("log_entries", schema="public")

    op.drop_enum("target_type", schema="public")
    op.drop_enum("log_type", schema="public")
