"""Indexes of the core tables and of webhook_events.

Locks: CREATE INDEX takes SHARE on its table, which blocks writes (not reads) until the transaction ends.
Duplicates make the unique indexes fail: mend them first.

Downgrade: loses no rows; the unique rules over e-mail, running subscriptions and seats are gone.

Revision ID: 0004_core_indexes
Revises: 0003_core_checks_and_triggers
"""

# lint: ignore[require-concurrent-index-creation]: a founding revision, its header says what waits

import sqlalchemy as sa

from app_schema import op

revision = "0004_core_indexes"
down_revision = "0003_core_checks_and_triggers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("uq_users_email_lower"),
        "users",
        [sa.text("lower(email)")],
        unique=True,
        schema="public",
        postgresql_where=sa.text("position('@' in email) > 1"),
    )
    op.create_index(
        op.f("ix_subscriptions_user_id_created_at"),
        "subscriptions",
        ["user_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("uq_subscriptions_user_id_running"),
        "subscriptions",
        ["user_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("status IN ('active', 'past_due')"),
    )
    op.create_index(
        op.f("uq_subscriptions_stripe_subscription_id"),
        "subscriptions",
        ["stripe_subscription_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("stripe_subscription_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_subscriptions_stripe_customer_id"),
        "subscriptions",
        ["stripe_customer_id"],
        schema="public",
        postgresql_where=sa.text("stripe_customer_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_subscriptions_current_period_end_active"),
        "subscriptions",
        ["current_period_end"],
        schema="public",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        op.f("ix_lesson_slots_start_time_available"),
        "lesson_slots",
        ["start_time"],
        schema="public",
        postgresql_where=sa.text("status = 'available'"),
    )
    op.create_index(
        op.f("ix_lesson_slots_mentor_id_start_time"),
        "lesson_slots",
        ["mentor_id", "start_time"],
        schema="public",
    )
    op.create_index(
        op.f("ix_lesson_slots_recurring_id_start_time"),
        "lesson_slots",
        ["recurring_id", "start_time"],
        schema="public",
        postgresql_where=sa.text("recurring_id IS NOT NULL"),
    )
    op.create_index(
        op.f("uq_reservations_slot_id_student_id_active"),
        "reservations",
        ["slot_id", "student_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_index(
        op.f("ix_reservations_slot_id_mentor_id"), "reservations", ["slot_id", "mentor_id"], schema="public"
    )
    op.create_index(
        op.f("ix_reservations_student_id_created_at"),
        "reservations",
        ["student_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_reservations_mentor_id_created_at"),
        "reservations",
        ["mentor_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_reservations_mentor_id_revenue"),
        "reservations",
        ["mentor_id", sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("status = 'completed' AND payment_status = 'completed'"),
    )
    op.create_index(
        op.f("uq_reservations_stripe_payment_intent_id"),
        "reservations",
        ["stripe_payment_intent_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("stripe_payment_intent_id IS NOT NULL"),
    )
    op.create_index(
        op.f("uq_reservations_stripe_session_id"),
        "reservations",
        ["stripe_session_id"],
        unique=True,
        schema="public",
        postgresql_where=sa.text("stripe_session_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_materials_created_at_library"),
        "materials",
        [sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("is_public AND quality_status = 'approved'"),
    )
    op.create_index(
        op.f("ix_materials_creator_id_created_at"),
        "materials",
        ["creator_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_messages_receiver_id_unread"),
        "messages",
        ["receiver_id", sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("NOT is_read"),
    )
    op.create_index(
        op.f("ix_messages_receiver_id_created_at"),
        "messages",
        ["receiver_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_messages_sender_id_created_at"),
        "messages",
        ["sender_id", sa.text("created_at DESC")],
        schema="public",
    )
    op.create_index(
        op.f("ix_messages_reservation_id_created_at"),
        "messages",
        ["reservation_id", sa.text("created_at DESC")],
        schema="public",
        postgresql_where=sa.text("reservation_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_webhook_events_created_at_open"),
        "webhook_events",
        ["created_at"],
        schema="public",
        postgresql_where=sa.text("status <> 'processed'"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_webhook_events_created_at_open"), table_name="webhook_events", schema="public")
    op.drop_index(op.f("ix_messages_reservation_id_created_at"), table_name="messages", schema="public")
    op.drop_index(op.f("ix_messages_sender_id_created_at"), table_name="messages", schema="public")
    op.drop_index(op.f("ix_messages_receiver_id_created_at"), table_name="messages", schema="public")
    op.drop_index(op.f("ix_messages_receiver_id_unread"), table_name="messages", schema="public")
    op.drop_index(op.f("ix_materials_creator_id_created_at"), table_name="materials", schema="public")
    op.drop_index(op.f("ix_materials_created_at_library"), table_name="materials", schema="public")
    op.drop_index(op.f("uq_reservations_stripe_session_id"), table_name="reservations", schema="public")
    op.drop_index(
        op.f("uq_reservations_stripe_payment_intent_id"), table_name="reservations", schema="public"
    )
    op.drop_index(op.f("ix_reservations_mentor_id_revenue"), table_name="reservations", schema="public")
    op.drop_index(op.f("ix_reservations_mentor_id_created_at"), table_name="reservations", schema="public")
    op.drop_index(op.f("ix_reservations_student_id_created_at"), table_name="reservations", schema="public")
    op.drop_index(op.f("ix_reservations_slot_id_mentor_id"), table_name="reservations", schema="public")
    op.drop_index(
        op.f("uq_reservations_slot_id_student_id_active"), table_name="reservations", schema="public"
    )
    op.drop_index(op.f("ix_lesson_slots_recurring_id_start_time"), table_name="lesson_slots", schema="public")
    op.drop_index(op.f("ix_lesson_slots_mentor_id_start_time"), table_name="lesson_slots", schema="public")
    op.drop_index(op.f("ix_lesson_slots_start_time_available"), table_name="lesson_slots", schema="public")
    op.drop_index(
        op.f("ix_subscriptions_current_period_end_active"), table_name="subscriptions", schema="public"
    )
    op.drop_index(op.f("ix_subscriptions_stripe_customer_id"), table_name="subscriptions", schema="public")
    op.drop_index(
        op.f("uq_subscriptions_stripe_subscription_id"), table_name="subscriptions", schema="public"
    )
    op.drop_index(op.f("uq_subscriptions_user_id_running"), table_name="subscriptions", schema="public")
    op.drop_index(op.f("ix_subscriptions_user_id_created_at"), table_name="subscriptions", schema="public")
    op.drop_index(op.f("uq_users_email_lower"), table_name="users", schema="public")
