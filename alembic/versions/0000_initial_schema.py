"""Extensions, schema app, the six core tables with their keys, the touch function.

Locks: none, everything is new.

Downgrade: drops the six core tables with all their rows. PostgreSQL refuses to drop an extension that
objects outside this package still use.

Revision ID: 0000_initial_schema
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0000_initial_schema"
down_revision = None
branch_labels = None
depends_on = None

EMPTY_SEARCH_PATH = {"search_path": "''"}

TOUCH_UPDATED_AT = """\
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END"""


def upgrade() -> None:
    op.create_extension("vector", version="0.8", schema="public")
    op.create_extension("pg_trgm", schema="public")
    op.create_extension("btree_gist", schema="public")
    op.create_schema("app")

    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("clerk_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default=sa.text("'student'"), nullable=False),
        sa.Column("profile_image_url", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("skills", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("clerk_id", name=op.f("uq_users_clerk_id")),
        schema="public",
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("stripe_subscription_id", sa.Text(), nullable=True),
        sa.Column("stripe_customer_id", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), server_default=sa.text("'freemium'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("current_period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ai_materials_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reservations_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["public.users.id"], name=op.f("fk_subscriptions_user_id_users"), ondelete="CASCADE"
        ),
        schema="public",
    )
    op.create_table(
        "lesson_slots",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.Column("max_capacity", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("current_capacity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'available'"), nullable=False),
        sa.Column("tags", postgresql.JSONB(), nullable=True),
        sa.Column("recurring_id", sa.Uuid(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_slots")),
        sa.UniqueConstraint("id", "mentor_id", name=op.f("uq_lesson_slots_id_mentor_id")),
        sa.ForeignKeyConstraint(
            ["mentor_id"],
            ["public.users.id"],
            name=op.f("fk_lesson_slots_mentor_id_users"),
            ondelete="RESTRICT",
        ),
        schema="public",
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("payment_status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("stripe_session_id", sa.Text(), nullable=True),
        sa.Column("stripe_payment_intent_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.ForeignKeyConstraint(
            ["slot_id", "mentor_id"],
            ["public.lesson_slots.id", "public.lesson_slots.mentor_id"],
            name=op.f("fk_reservations_slot_id_mentor_id_lesson_slots"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["public.users.id"],
            name=op.f("fk_reservations_student_id_users"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["mentor_id"],
            ["public.users.id"],
            name=op.f("fk_reservations_mentor_id_users"),
            ondelete="RESTRICT",
        ),
        schema="public",
    )
    op.create_table(
        "materials",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), nullable=True),
        sa.Column("difficulty", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("view_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials")),
        sa.ForeignKeyConstraint(
            ["creator_id"],
            ["public.users.id"],
            name=op.f("fk_materials_creator_id_users"),
            ondelete="RESTRICT",
        ),
        schema="public",
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=True),
        sa.Column("is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["public.reservations.id"],
            name=op.f("fk_messages_reservation_id_reservations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["public.users.id"], name=op.f("fk_messages_sender_id_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"],
            ["public.users.id"],
            name=op.f("fk_messages_receiver_id_users"),
            ondelete="RESTRICT",
        ),
        schema="public",
    )

    op.create_function(
        "touch_updated_at",
        TOUCH_UPDATED_AT,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="INVOKER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )


def downgrade() -> None:
    op.drop_function("touch_updated_at", schema="app")

    op.drop_table("messages", schema="public")
    op.drop_table("materials", schema="public")
    op.drop_table("reservations", schema="public")
    op.drop_table("lesson_slots", schema="public")
    op.drop_table("subscriptions", schema="public")
    op.drop_table("users", schema="public")

    op.drop_schema("app")
    op.drop_extension("btree_gist")
    op.drop_extension("pg_trgm")
    op.drop_extension("vector")
