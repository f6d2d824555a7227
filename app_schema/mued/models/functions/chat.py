"""Counting the messages of a conversation."""

from app_schema.ddl import Function
from app_schema.mued.models.sql import sql

# After trigger of chat_messages: keeps message_count and last_message_at of the conversation.
COUNT_CHAT_MESSAGES = Function(
    "count_chat_messages",
    sql("""
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
        END
    """),  # noqa: E501 - one line is one expression
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)
