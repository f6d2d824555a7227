"""Keys in the order of time where tables mostly grow

Does: 1 create_function, 9 alter_column.
Locks: ACCESS EXCLUSIVE on ai_dialogue_log, chat_messages, interview_answers, interview_questions,
log_entries, messages, session_analyses, sessions, webhook_events.
Downgrade: loses no data.

Revision ID: 0020_keys_in_the_order_of_time
Revises: 0019_counters_per_statement
"""

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0020_keys_in_the_order_of_time"
down_revision = "0019_counters_per_statement"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_function(
        "uuid_v7",
        "BEGIN\n"
        "  IF current_setting('server_version_num')::integer >= 180000 THEN\n"
        "    RETURN pg_catalog.uuidv7();\n"
        "  END IF;\n"
        "  RETURN encode(set_bit(set_bit(\n"
        "    overlay(uuid_send(gen_random_uuid())\n"
        "            PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * "
        "1000)::bigint) FROM 3)\n"
        "            FROM 1 FOR 6),\n"
        "    52, 1), 53, 1), 'hex')::uuid;\n"
        "END",
        returns="uuid",
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.alter_column("ai_dialogue_log", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("chat_messages", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("interview_answers", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("interview_questions", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("log_entries", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("messages", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("session_analyses", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("sessions", "id", schema="public", server_default=sa.text("app.uuid_v7()"))
    op.alter_column("webhook_events", "id", schema="public", server_default=sa.text("app.uuid_v7()"))


def downgrade() -> None:
    op.alter_column("webhook_events", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("sessions", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("session_analyses", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("messages", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("log_entries", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("interview_questions", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("interview_answers", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("chat_messages", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.alter_column("ai_dialogue_log", "id", schema="public", server_default=sa.text("gen_random_uuid()"))
    op.drop_function("uuid_v7", schema="app")
