"""Counters once a statement; conversations and other changing rows are updated in their page

Does: 11 alter_table, 1 add_column, 1 create_index_concurrently, 1 drop_trigger, 4 replace_function, 2
create_trigger, 5 replace_trigger, 1 drop_index_concurrently.
Locks: ACCESS EXCLUSIVE on ai_dialogue_log, chat_messages, chat_sessions, interview_questions, log_entries,
materials, messages, question_templates, reservations, sessions, subscriptions, user_ai_memories, users.
Rewrites: the table of chat_sessions.last_message_on, under its lock, since each row gets a value of its own;
large tables take their time.
Downgrade: loses no data.

Revision ID: 0019_counters_per_statement
Revises: 0018_indexes_and_look_ups
"""

# lint: ignore[adding-field-with-default]: the header says what is rewritten

from __future__ import annotations

import sqlalchemy as sa

from app_schema import op

revision = "0019_counters_per_statement"
down_revision = "0018_indexes_and_look_ups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_table("ai_dialogue_log", "SET (autovacuum_vacuum_insert_scale_factor=0.05)", schema="public")
    op.alter_table("chat_messages", "SET (autovacuum_vacuum_insert_scale_factor=0.05)", schema="public")
    op.alter_table("chat_sessions", "SET (fillfactor=70)", schema="public")
    op.alter_table("log_entries", "SET (autovacuum_vacuum_insert_scale_factor=0.05)", schema="public")
    op.alter_table("materials", "SET (fillfactor=85)", schema="public")
    op.alter_table("messages", "SET (autovacuum_vacuum_insert_scale_factor=0.05)", schema="public")
    op.alter_table("question_templates", "SET (fillfactor=85)", schema="public")
    op.alter_table("reservations", "SET (fillfactor=85)", schema="public")
    op.alter_table("subscriptions", "SET (fillfactor=85)", schema="public")
    op.alter_table("user_ai_memories", "SET (fillfactor=85)", schema="public")
    op.alter_table("users", "SET (fillfactor=85)", schema="public")
    op.add_column(
        "chat_sessions",
        sa.Column(
            "last_message_on",
            sa.Date(),
            sa.Computed("(last_message_at AT TIME ZONE 'UTC')::date", persisted=True),
            nullable=True,
        ),
        schema="public",
    )
    op.create_index_concurrently(
        "ix_chat_sessions_user_id_active_pinned_day",
        "chat_sessions",
        [
            "user_id",
            "is_active",
            sa.literal_column("is_pinned DESC"),
            sa.literal_column("last_message_on DESC NULLS LAST"),
        ],
        unique=False,
        schema="public",
    )
    # From here to the last operation but one is one transaction: each message is counted once.
    op.drop_trigger("tr_chat_messages_count", "chat_messages", schema="public")
    op.replace_function(
        "count_chat_messages",
        "DECLARE\n"
        "  chat record;\n"
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        "    FOR chat IN SELECT m.session_id AS id, count(*) AS messages, max(m.created_at) "
        "AS newest\n"
        "                  FROM inserted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP\n"
        "      UPDATE public.chat_sessions AS c\n"
        "         SET message_count = c.message_count + chat.messages,\n"
        "             last_message_at = greatest(c.last_message_at, chat.newest)\n"
        "       WHERE c.id = chat.id;\n"
        "    END LOOP;\n"
        "  ELSE\n"
        "    FOR chat IN SELECT m.session_id AS id, count(*) AS messages, max(m.created_at) "
        "AS newest\n"
        "                  FROM deleted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP\n"
        "      UPDATE public.chat_sessions AS c\n"
        "         SET message_count = greatest(c.message_count - chat.messages, 0),\n"
        "             last_message_at = CASE\n"
        "               WHEN chat.newest < c.last_message_at THEN c.last_message_at\n"
        "               ELSE (SELECT max(m.created_at) FROM public.chat_messages AS m\n"
        "                      WHERE m.session_id = chat.id)\n"
        "             END\n"
        "       WHERE c.id = chat.id;\n"
        "    END LOOP;\n"
        "  END IF;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  IF TG_OP = 'INSERT' THEN\n"
                "    UPDATE public.chat_sessions AS c\n"
                "       SET message_count = c.message_count + 1,\n"
                "           last_message_at = greatest(c.last_message_at, NEW.created_at)\n"
                "     WHERE c.id = NEW.session_id;\n"
                "  ELSE\n"
                "    UPDATE public.chat_sessions AS c\n"
                "       SET message_count = greatest(c.message_count - 1, 0),\n"
                "           last_message_at = (SELECT max(m.created_at) FROM "
                "public.chat_messages AS m WHERE m.session_id = OLD.session_id)\n"
                "     WHERE c.id = OLD.session_id;\n"
                "  END IF;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "queue_template_embedding",
        "BEGIN\n"
        "  INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)\n"
        "  SELECT 'template', t.id, app.embedding_model(), 'pending' FROM inserted AS t\n"
        "  ON CONFLICT DO NOTHING;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)\n"
                "  VALUES ('template', NEW.id, app.embedding_model(), 'pending')\n"
                "  ON CONFLICT DO NOTHING;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "drop_embedding",
        "BEGIN\n"
        "  DELETE FROM public.rag_embeddings AS e\n"
        "   WHERE e.source_type = TG_ARGV[0] AND e.source_id = ANY (ARRAY(SELECT d.id FROM "
        "deleted AS d));\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  DELETE FROM public.rag_embeddings AS e\n"
                "   WHERE e.source_type = TG_ARGV[0] AND e.source_id = OLD.id;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "count_template_use",
        "DECLARE\n"
        "  template record;\n"
        "BEGIN\n"
        "  FOR template IN SELECT q.template_id AS id, count(*) AS uses FROM inserted AS q\n"
        "                   WHERE q.template_id IS NOT NULL GROUP BY q.template_id ORDER BY "
        "q.template_id LOOP\n"
        "    UPDATE public.question_templates AS t\n"
        "       SET usage_count = t.usage_count + template.uses, last_used_at = now()\n"
        "     WHERE t.id = template.id;\n"
        "  END LOOP;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  UPDATE public.question_templates AS t\n"
                "     SET usage_count = t.usage_count + 1, last_used_at = now()\n"
                "   WHERE t.id = NEW.template_id;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.create_trigger(
        "tr_chat_messages_count_inserted",
        "chat_messages",
        execute="app.count_chat_messages()",
        after="INSERT",
        for_each="STATEMENT",
        referencing="NEW TABLE AS inserted",
        schema="public",
    )
    op.create_trigger(
        "tr_chat_messages_count_deleted",
        "chat_messages",
        execute="app.count_chat_messages()",
        after="DELETE",
        for_each="STATEMENT",
        referencing="OLD TABLE AS deleted",
        schema="public",
    )
    op.replace_trigger(
        "tr_question_templates_queue_embedding",
        "question_templates",
        execute="app.queue_template_embedding()",
        after="INSERT",
        for_each="STATEMENT",
        referencing="NEW TABLE AS inserted",
        old={"for_each": "ROW", "referencing": None},
        schema="public",
    )
    op.replace_trigger(
        "tr_question_templates_drop_embedding",
        "question_templates",
        execute="app.drop_embedding('template')",
        after="DELETE",
        for_each="STATEMENT",
        referencing="OLD TABLE AS deleted",
        old={"for_each": "ROW", "referencing": None},
        schema="public",
    )
    op.replace_trigger(
        "tr_interview_questions_template_use",
        "interview_questions",
        execute="app.count_template_use()",
        after="INSERT",
        for_each="STATEMENT",
        referencing="NEW TABLE AS inserted",
        old={"for_each": "ROW", "when": "(new.template_id IS NOT NULL)", "referencing": None},
        schema="public",
    )
    op.replace_trigger(
        "tr_log_entries_drop_embedding",
        "log_entries",
        execute="app.drop_embedding('log_entry')",
        after="DELETE",
        for_each="STATEMENT",
        referencing="OLD TABLE AS deleted",
        old={"for_each": "ROW", "referencing": None},
        schema="public",
    )
    op.replace_trigger(
        "tr_sessions_drop_embedding",
        "sessions",
        execute="app.drop_embedding('session')",
        after="DELETE",
        for_each="STATEMENT",
        referencing="OLD TABLE AS deleted",
        old={"for_each": "ROW", "referencing": None},
        schema="public",
    )
    op.drop_index_concurrently(
        "ix_chat_sessions_user_id_active_last_message", "chat_sessions", schema="public"
    )


def downgrade() -> None:
    op.create_index_concurrently(
        "ix_chat_sessions_user_id_active_last_message",
        "chat_sessions",
        ["user_id", "is_active", sa.literal_column("last_message_at DESC NULLS LAST")],
        unique=False,
        schema="public",
    )
    op.replace_trigger(
        "tr_sessions_drop_embedding",
        "sessions",
        execute="app.drop_embedding('session')",
        after="DELETE",
        old={"for_each": "STATEMENT", "referencing": "OLD TABLE AS deleted"},
        schema="public",
    )
    op.replace_trigger(
        "tr_log_entries_drop_embedding",
        "log_entries",
        execute="app.drop_embedding('log_entry')",
        after="DELETE",
        old={"for_each": "STATEMENT", "referencing": "OLD TABLE AS deleted"},
        schema="public",
    )
    op.replace_trigger(
        "tr_interview_questions_template_use",
        "interview_questions",
        execute="app.count_template_use()",
        after="INSERT",
        when="(new.template_id IS NOT NULL)",
        old={"for_each": "STATEMENT", "when": None, "referencing": "NEW TABLE AS inserted"},
        schema="public",
    )
    op.replace_trigger(
        "tr_question_templates_drop_embedding",
        "question_templates",
        execute="app.drop_embedding('template')",
        after="DELETE",
        old={"for_each": "STATEMENT", "referencing": "OLD TABLE AS deleted"},
        schema="public",
    )
    op.replace_trigger(
        "tr_question_templates_queue_embedding",
        "question_templates",
        execute="app.queue_template_embedding()",
        after="INSERT",
        old={"for_each": "STATEMENT", "referencing": "NEW TABLE AS inserted"},
        schema="public",
    )
    op.drop_trigger("tr_chat_messages_count_deleted", "chat_messages", schema="public")
    op.drop_trigger("tr_chat_messages_count_inserted", "chat_messages", schema="public")
    op.replace_function(
        "count_template_use",
        "BEGIN\n"
        "  UPDATE public.question_templates AS t\n"
        "     SET usage_count = t.usage_count + 1, last_used_at = now()\n"
        "   WHERE t.id = NEW.template_id;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "DECLARE\n"
                "  template record;\n"
                "BEGIN\n"
                "  FOR template IN SELECT q.template_id AS id, count(*) AS uses FROM inserted AS q\n"
                "                   WHERE q.template_id IS NOT NULL GROUP BY q.template_id ORDER "
                "BY q.template_id LOOP\n"
                "    UPDATE public.question_templates AS t\n"
                "       SET usage_count = t.usage_count + template.uses, last_used_at = now()\n"
                "     WHERE t.id = template.id;\n"
                "  END LOOP;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "drop_embedding",
        "BEGIN\n"
        "  DELETE FROM public.rag_embeddings AS e\n"
        "   WHERE e.source_type = TG_ARGV[0] AND e.source_id = OLD.id;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  DELETE FROM public.rag_embeddings AS e\n"
                "   WHERE e.source_type = TG_ARGV[0] AND e.source_id = ANY (ARRAY(SELECT d.id "
                "FROM deleted AS d));\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "queue_template_embedding",
        "BEGIN\n"
        "  INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)\n"
        "  VALUES ('template', NEW.id, app.embedding_model(), 'pending')\n"
        "  ON CONFLICT DO NOTHING;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "BEGIN\n"
                "  INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)\n"
                "  SELECT 'template', t.id, app.embedding_model(), 'pending' FROM inserted AS t\n"
                "  ON CONFLICT DO NOTHING;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.replace_function(
        "count_chat_messages",
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        "    UPDATE public.chat_sessions AS c\n"
        "       SET message_count = c.message_count + 1,\n"
        "           last_message_at = greatest(c.last_message_at, NEW.created_at)\n"
        "     WHERE c.id = NEW.session_id;\n"
        "  ELSE\n"
        "    UPDATE public.chat_sessions AS c\n"
        "       SET message_count = greatest(c.message_count - 1, 0),\n"
        "           last_message_at = (SELECT max(m.created_at) FROM public.chat_messages AS "
        "m WHERE m.session_id = OLD.session_id)\n"
        "     WHERE c.id = OLD.session_id;\n"
        "  END IF;\n"
        "  RETURN NULL;\n"
        "END",
        returns="trigger",
        security="DEFINER",
        execute=[],
        old={
            "body": (
                "DECLARE\n"
                "  chat record;\n"
                "BEGIN\n"
                "  IF TG_OP = 'INSERT' THEN\n"
                "    FOR chat IN SELECT m.session_id AS id, count(*) AS messages, "
                "max(m.created_at) AS newest\n"
                "                  FROM inserted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP\n"
                "      UPDATE public.chat_sessions AS c\n"
                "         SET message_count = c.message_count + chat.messages,\n"
                "             last_message_at = greatest(c.last_message_at, chat.newest)\n"
                "       WHERE c.id = chat.id;\n"
                "    END LOOP;\n"
                "  ELSE\n"
                "    FOR chat IN SELECT m.session_id AS id, count(*) AS messages, "
                "max(m.created_at) AS newest\n"
                "                  FROM deleted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP\n"
                "      UPDATE public.chat_sessions AS c\n"
                "         SET message_count = greatest(c.message_count - chat.messages, 0),\n"
                "             last_message_at = CASE\n"
                "               WHEN chat.newest < c.last_message_at THEN c.last_message_at\n"
                "               ELSE (SELECT max(m.created_at) FROM public.chat_messages AS m\n"
                "                      WHERE m.session_id = chat.id)\n"
                "             END\n"
                "       WHERE c.id = chat.id;\n"
                "    END LOOP;\n"
                "  END IF;\n"
                "  RETURN NULL;\n"
                "END"
            ),
        },
        schema="app",
    )
    op.create_trigger(
        "tr_chat_messages_count",
        "chat_messages",
        execute="app.count_chat_messages()",
        after=["INSERT", "DELETE"],
        schema="public",
    )
    op.drop_index_concurrently("ix_chat_sessions_user_id_active_pinned_day", "chat_sessions", schema="public")
    op.drop_column("chat_sessions", "last_message_on", schema="public")
    op.alter_table("users", "RESET (fillfactor)", schema="public")
    op.alter_table("user_ai_memories", "RESET (fillfactor)", schema="public")
    op.alter_table("subscriptions", "RESET (fillfactor)", schema="public")
    op.alter_table("reservations", "RESET (fillfactor)", schema="public")
    op.alter_table("question_templates", "RESET (fillfactor)", schema="public")
    op.alter_table("messages", "RESET (autovacuum_vacuum_insert_scale_factor)", schema="public")
    op.alter_table("materials", "RESET (fillfactor)", schema="public")
    op.alter_table("log_entries", "RESET (autovacuum_vacuum_insert_scale_factor)", schema="public")
    op.alter_table("chat_sessions", "RESET (fillfactor)", schema="public")
    op.alter_table("chat_messages", "RESET (autovacuum_vacuum_insert_scale_factor)", schema="public")
    op.alter_table("ai_dialogue_log", "RESET (autovacuum_vacuum_insert_scale_factor)", schema="public")
