"""Indexes of ai_dialogue_log and provenance.

rag_metrics_history and plugin_registry are served by their unique constraints.

Locks: CREATE INDEX takes SHARE on ai_dialogue_log and provenance, which blocks writes (not reads) until the
transaction ends.

Downgrade: loses no rows.

Revision ID: 0007_optimize_rag_indexes
Revises: 0006_add_rag_metrics
"""

# lint: ignore[require-concurrent-index-creation]: a founding revision, its header says what waits

import sqlalchemy as sa

from app_schema import op

revision = "0007_optimize_rag_indexes"
down_revision = "0006_add_rag_metrics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_ai_dialogue_log_user_id_created_at"),
        "ai_dialogue_log",
        ["user_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(op.f("ix_ai_dialogue_log_created_at"), "ai_dialogue_log", ["created_at"], schema="public")
    op.create_index(
        op.f("ix_provenance_created_at"), "provenance", [sa.text("created_at DESC")], schema="public"
    )
    op.create_index(
        op.f("ix_provenance_content_id_content_type"),
        "provenance",
        ["content_id", "content_type"],
        schema="public",
    )
    op.create_index(
        op.f("ix_provenance_expires_at"),
        "provenance",
        ["expires_at"],
        schema="public",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_provenance_acquired_by"),
        "provenance",
        ["acquired_by"],
        schema="public",
        postgresql_where=sa.text("acquired_by IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_provenance_acquired_by"), table_name="provenance", schema="public")
    op.drop_index(op.f("ix_provenance_expires_at"), table_name="provenance", schema="public")
    op.drop_index(op.f("ix_provenance_content_id_content_type"), table_name="provenance", schema="public")
    op.drop_index(op.f("ix_provenance_created_at"), table_name="provenance", schema="public")
    op.drop_index(op.f("ix_ai_dialogue_log_created_at"), table_name="ai_dialogue_log", schema="public")
    op.drop_index(
        op.f("ix_ai_dialogue_log_user_id_created_at"), table_name="ai_dialogue_log", schema="public"
    )
