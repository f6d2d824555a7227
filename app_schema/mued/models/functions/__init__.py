"""The functions of schema ``app``, by subject.

All have an empty ``search_path`` and name every object with its schema, and PUBLIC may execute none. A
definer function has no argument for the caller: the setting ``app.current_user_id`` names the signed-in
person.
"""

from app_schema.mued.models.functions.chat import COUNT_CHAT_MESSAGES
from app_schema.mued.models.functions.embedding import (
    CHECK_EMBEDDING_SOURCE,
    COUNT_TEMPLATE_USE,
    DROP_EMBEDDING,
    EMBEDDING_MODEL,
    MARK_EMBEDDING_STALE,
    QUEUE_TEMPLATE_EMBEDDING,
)
from app_schema.mued.models.functions.identity import (
    CURRENT_IDENTITY,
    CURRENT_USER_ID,
    CURRENT_USER_ROLE,
    FIRST_VISIBLE_OWNER,
    IS_ADMIN,
    LAST_VISIBLE_OWNER,
    LOOK_UP_IDENTITY,
)
from app_schema.mued.models.functions.key import UUID_V7
from app_schema.mued.models.functions.lookup import (
    MY_NEXT_LESSONS,
    MY_OVERLAPPING_SLOTS,
    MY_RESERVATION_MESSAGES,
    MY_RESERVATIONS,
    MY_SESSION_COUNTS,
    MY_TAGGED_LOG_ENTRIES,
    MY_UNREAD_COUNT,
    MY_UNREAD_MESSAGES,
    NEWEST_PROVENANCE,
    NEWEST_PUBLIC_AUTHORS,
    NEWEST_SESSIONS,
    TEMPLATES_OF_FOCUS,
)
from app_schema.mued.models.functions.reservation import (
    CAN_BOOK,
    MY_BOOKED_SLOTS,
    STAMP_COMPLETED_AT,
    SYNC_SLOT_SEATS,
)
from app_schema.mued.models.functions.teaching import MY_STUDENTS, PUBLIC_PROFILE, PUBLIC_PROFILES, TEACHES
from app_schema.mued.models.functions.touch import TOUCH_UPDATED_AT

# A function follows the functions that it calls: PostgreSQL checks an SQL body at CREATE FUNCTION.
FUNCTIONS = (
    TOUCH_UPDATED_AT,
    UUID_V7,
    SYNC_SLOT_SEATS,
    STAMP_COMPLETED_AT,
    LOOK_UP_IDENTITY,
    CURRENT_IDENTITY,
    CURRENT_USER_ID,
    CURRENT_USER_ROLE,
    IS_ADMIN,
    FIRST_VISIBLE_OWNER,
    LAST_VISIBLE_OWNER,
    MY_STUDENTS,
    TEACHES,
    PUBLIC_PROFILES,
    PUBLIC_PROFILE,
    MY_BOOKED_SLOTS,
    CAN_BOOK,
    MY_OVERLAPPING_SLOTS,
    MY_TAGGED_LOG_ENTRIES,
    MY_UNREAD_MESSAGES,
    MY_UNREAD_COUNT,
    TEMPLATES_OF_FOCUS,
    MY_RESERVATION_MESSAGES,
    MY_NEXT_LESSONS,
    MY_RESERVATIONS,
    MY_SESSION_COUNTS,
    NEWEST_SESSIONS,
    NEWEST_PROVENANCE,
    NEWEST_PUBLIC_AUTHORS,
    COUNT_CHAT_MESSAGES,
    EMBEDDING_MODEL,
    CHECK_EMBEDDING_SOURCE,
    QUEUE_TEMPLATE_EMBEDDING,
    MARK_EMBEDDING_STALE,
    DROP_EMBEDDING,
    COUNT_TEMPLATE_USE,
)
