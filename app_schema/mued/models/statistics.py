"""What PostgreSQL cannot tell from columns alone."""

from app_schema.ddl import Statistics

# A chat has one owner. Without this PostgreSQL multiplies the two conditions of a chat's history, expects a
# few rows and sorts all messages of the chat; autovacuum's ANALYZE fills it.
CHAT_HAS_ONE_OWNER = Statistics(
    "st_chat_messages_session_id_user_id",
    "CREATE STATISTICS public.st_chat_messages_session_id_user_id (dependencies) ON session_id, user_id "
    "FROM public.chat_messages",
    schema="public",
)

STATISTICS = (CHAT_HAS_ONE_OWNER,)
