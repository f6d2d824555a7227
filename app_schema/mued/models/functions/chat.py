"""Counting the messages of a conversation."""

from app_schema.ddl import Function
from app_schema.mued.models.sql import sql

# After trigger of chat_messages, once a statement: keeps message_count and last_message_at of
# conversations. A row trigger would change one conversation once a message, so that a batch costs the
# square of its size. A loop in one order, because PL/pgSQL keeps the plan of the first call: a join planned
# for a batch would read all conversations for each single message of the session, and two batches could
# wait for each other.
COUNT_CHAT_MESSAGES = Function(
    "count_chat_messages",
    sql("""
        DECLARE
          chat record;
        BEGIN
          IF TG_OP = 'INSERT' THEN
            FOR chat IN SELECT m.session_id AS id, count(*) AS messages, max(m.created_at) AS newest
                          FROM inserted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP
              UPDATE public.chat_sessions AS c
                 SET message_count = c.message_count + chat.messages,
                     last_message_at = greatest(c.last_message_at, chat.newest)
               WHERE c.id = chat.id;
            END LOOP;
          ELSE
            FOR chat IN SELECT m.session_id AS id, count(*) AS messages, max(m.created_at) AS newest
                          FROM deleted AS m GROUP BY m.session_id ORDER BY m.session_id LOOP
              UPDATE public.chat_sessions AS c
                 SET message_count = greatest(c.message_count - chat.messages, 0),
                     last_message_at = CASE
                       WHEN chat.newest < c.last_message_at THEN c.last_message_at
                       ELSE (SELECT max(m.created_at) FROM public.chat_messages AS m
                              WHERE m.session_id = chat.id)
                     END
               WHERE c.id = chat.id;
            END LOOP;
          END IF;
          RETURN NULL;
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)
