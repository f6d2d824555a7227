"""Enum webhook_status, table webhook_events, the quality columns of materials.

Locks: ADD COLUMN takes ACCESS EXCLUSIVE on materials (no rewrite, no scan).

Downgrade: loses all webhook events and the quality data of all materials.

Revision ID: 0002_webhook_events_and_material_quality
Revises: 0001_stripe_customer
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0002_webhook_events_and_material_quality"
down_revision = "0001_stripe_customer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_enum("webhook_status", ["processing", "processed", "failed"], schema="public")

    op.create_table(
        "webhook_events",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "processed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("payload", postgresql.JSONB(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(name="webhook_status", schema="public", create_type=False),
            server_default=sa.text("'processing'"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_webhook_events_source_event_id")),
        sa.CheckConstraint("source IN ('stripe', 'clerk')", name=op.f("ck_webhook_events_source")),
        sa.CheckConstraint("attempts > 0", name=op.f("ck_webhook_events_attempts")),
        sa.CheckConstraint(
            "status <> 'processed' OR completed_at IS NOT NULL", name=op.f("ck_webhook_events_completed")
        ),
        schema="public",
    )

    op.add_column(
        "materials", sa.Column("playability_score", sa.Numeric(3, 1), nullable=True), schema="public"
    )
    op.add_column(
        "materials", sa.Column("learning_value_score", sa.Numeric(3, 1), nullable=True), schema="public"
    )
    op.add_column(
        "materials",
        sa.Column("quality_status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        schema="public",
    )
    op.add_column("materials", sa.Column("abc_analysis", postgresql.JSONB(), nullable=True), schema="public")


def downgrade() -> None:
    op.drop_column("materials", "abc_analysis", schema="public")
    op.drop_column("materials", "quality_status", schema="public")
    op.drop_column("materials", "learning_value_score", schema="public")
    op.drop_column("materials", "playability_score", schema="public")

    op.drop_table("webhook_events", schema="public")

    op.drop_enum("webhook_status", schema="public")
