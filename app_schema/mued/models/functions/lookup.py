"""Look-ups by a condition that cannot use an index under row security.

PostgreSQL evaluates the policy before any operator that is not leakproof (enum =, jsonb @>, range &&), so the
index of such an operator serves no query of app_user. These functions run with the rights of their owner and
name the signed-in person themselves. service_account, whose policy is true, needs none of them.
"""

from functools import partial

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

_LookUp = partial(
    Function, language="sql", volatility="STABLE", security="DEFINER", execute=SIGNED_IN, schema="app"
)

# The slots of the signed-in mentor that overlap a time, without cancelled slots.
MY_OVERLAPPING_SLOTS = _LookUp(
    "my_overlapping_slots",
    sql("""
        SELECT s.*
          FROM public.lesson_slots AS s
         WHERE s.mentor_id = app.current_user_id()
           AND s.status <> 'cancelled'
           AND tstzrange(s.start_time, s.end_time) && tstzrange(p_start, p_end)
    """),
    arguments="p_start timestamptz, p_end timestamptz",
    returns="SETOF public.lesson_slots",
)

# The newest entries of the signed-in person's journal that have all these tags.
MY_TAGGED_LOG_ENTRIES = _LookUp(
    "my_tagged_log_entries",
    sql("""
        SELECT l.*
          FROM public.log_entries AS l
         WHERE l.user_id = app.current_user_id()
           AND l.tags @> p_tags
         ORDER BY l.created_at DESC
         LIMIT p_limit
    """),
    arguments="p_tags jsonb, p_limit integer",
    returns="SETOF public.log_entries",
)

# The newest unread messages to the signed-in person. The policy of messages also lets the sender read, and
# PostgreSQL expects so few rows of that OR that it sorts all of them.
MY_UNREAD_MESSAGES = _LookUp(
    "my_unread_messages",
    sql("""
        SELECT m.*
          FROM public.messages AS m
         WHERE m.receiver_id = app.current_user_id()
           AND NOT m.is_read
         ORDER BY m.created_at DESC
         LIMIT p_limit
    """),
    arguments="p_limit integer",
    returns="SETOF public.messages",
)

# The enabled templates of a focus for a signed-in person, the highest priority first.
TEMPLATES_OF_FOCUS = _LookUp(
    "templates_of_focus",
    sql("""
        SELECT t.*
          FROM public.question_templates AS t
         WHERE t.focus = p_focus
           AND t.enabled
           AND app.current_user_id() IS NOT NULL
         ORDER BY t.priority DESC
         LIMIT p_limit
    """),
    arguments="p_focus public.focus_area, p_limit integer",
    returns="SETOF public.question_templates",
)
