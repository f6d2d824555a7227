"""Extended statistics, for dependencies that statistics of single columns do not show."""

from app_schema.ddl import Statistics

# A chat has one owner. Without these statistics PostgreSQL multiplies the selectivities of both conditions of
# a chat's history, expects a few rows and sorts all messages of the chat. ANALYZE (autovacuum's too) computes
# them.
CHAT_HAS_ONE_OWNER = Statistics(
    "st_chat_messages_session_id_user_id",
    "CREATE STATISTICS public.st_chat_messages_session_id_user_id (dependencies) ON session_id, user_id "
    "FROM public.chat_messages",
    schema="public",
)

STATISTICS = (CHAT_HAS_ONE_OWNER,)
