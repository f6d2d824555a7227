"""The counter of messages of a conversation."""

from app_schema.ddl import Function
from app_schema.mued.models.sql import sql

# After trigger of chat_messages, per statement: updates message_count and last_message_at of conversations. A
# row trigger would update a conversation once per message, and each update leaves a dead version of the row,
# so that a batch costs the square of its size. A loop, because PL/pgSQL caches the plan of the first call: a
# join planned for a batch would scan all conversations for each later message. Ordered, because two batches
# that lock conversations in different orders deadlock.
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
