"""Look-ups that row security makes dear.

PostgreSQL evaluates the policy before any operator that is not leakproof (enum =, jsonb @>, range &&), so the
index of such an operator serves no query of app_user; it expects few rows of an OR, and reads all of them
where a list needs the newest; and it checks each row of a child table against its parent. These functions run
with the rights of their owner and name the signed-in person themselves.
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

# The newest entries of the signed-in person's journal that have all these tags: found among the newest ten
# times as many, else by the index of tags. PostgreSQL does not know how frequent a tag is with one person,
# and might read thousands of entries in the order of time, or by the tag. The calls of app.current_user_id()
# are bare, so that PostgreSQL knows the person when it plans, and how many entries there are.
MY_TAGGED_LOG_ENTRIES = _LookUp(
    "my_tagged_log_entries",
    sql("""
        WITH newest AS MATERIALIZED (
          SELECT l.*
            FROM public.log_entries AS l
           WHERE l.user_id = app.current_user_id()
           ORDER BY l.created_at DESC
           LIMIT 10::bigint * p_limit
        ), tagged AS MATERIALIZED (
          SELECT n.*
            FROM newest AS n
           WHERE n.tags @> p_tags
           ORDER BY n.created_at DESC
           LIMIT p_limit
        ), enough AS MATERIALIZED (
          SELECT coalesce((SELECT count(*) FROM tagged) = p_limit
                          OR (SELECT count(*) FROM newest) < 10::bigint * p_limit, true) AS yes
        ), by_tag AS MATERIALIZED (
          SELECT l.*
            FROM public.log_entries AS l
           WHERE l.user_id = app.current_user_id()
             AND l.tags @> p_tags
             AND NOT (SELECT e.yes FROM enough AS e)
        )
        SELECT f.*
          FROM (
            SELECT t.* FROM tagged AS t WHERE (SELECT e.yes FROM enough AS e)
            UNION ALL
            SELECT b.* FROM by_tag AS b
          ) AS f
         ORDER BY f.created_at DESC
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

# How many messages the signed-in person has not read. The policy reads the sender, who is in no index of few
# bytes.
MY_UNREAD_COUNT = _LookUp(
    "my_unread_count",
    sql("""
        SELECT count(*)
          FROM public.messages AS m
         WHERE m.receiver_id = app.current_user_id()
           AND NOT m.is_read
    """),
    returns="bigint",
)

# Who wrote the newest public sessions, for a signed-in person. app.public_profiles() would prove for each of
# them that one of the sessions is public.
NEWEST_PUBLIC_AUTHORS = _LookUp(
    "newest_public_authors",
    sql("""
        WITH newest AS MATERIALIZED (
          SELECT s.id, s.user_id, s.created_at
            FROM public.sessions AS s
           WHERE s.is_public
             AND app.current_user_id() IS NOT NULL
           ORDER BY s.created_at DESC
           LIMIT p_limit
        )
        SELECT n.id, n.user_id, u.name
          FROM newest AS n
          JOIN (SELECT a.id, a.name FROM public.users AS a
                 WHERE a.id = ANY (ARRAY(SELECT x.user_id FROM newest AS x))) AS u ON u.id = n.user_id
         ORDER BY n.created_at DESC
    """),
    arguments="p_limit integer",
    returns="TABLE (session_id uuid, user_id uuid, user_name text)",
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

# The newest messages of a reservation's thread, if the signed-in person is a party of them. A CASE, of which
# PostgreSQL expects half of the rows: it sorts the whole thread where it expects the few of an OR.
MY_RESERVATION_MESSAGES = _LookUp(
    "my_reservation_messages",
    sql("""
        SELECT m.*
          FROM public.messages AS m
         WHERE m.reservation_id = p_reservation
           AND CASE WHEN m.sender_id = app.current_user_id() THEN true
                    ELSE m.receiver_id = app.current_user_id() END
         ORDER BY m.created_at DESC
         LIMIT p_limit
    """),
    arguments="p_reservation uuid, p_limit integer",
    returns="SETOF public.messages",
)

# The newest reservations of the signed-in person, with the time of the slot and the other party's name. Two
# indexes in the order of the list, one for each part that a person can have; the slots of a mentor are read
# at once, whatever the planner expects: before PostgreSQL 18 it plans such a body without its arguments.
MY_RESERVATIONS = _LookUp(
    "my_reservations",
    sql("""
        WITH mine AS MATERIALIZED (
          SELECT *
            FROM (
              (SELECT r AS reservation, r.slot_id, false AS teaches, r.mentor_id AS other_id, r.created_at
                 FROM public.reservations AS r
                WHERE r.student_id = app.current_user_id()
                ORDER BY r.created_at DESC
                LIMIT p_limit)
              UNION ALL
              (SELECT r, r.slot_id, true, r.student_id, r.created_at
                 FROM public.reservations AS r
                WHERE r.mentor_id = app.current_user_id()
                ORDER BY r.created_at DESC
                LIMIT p_limit)
            ) AS newest
           ORDER BY newest.created_at DESC
           LIMIT p_limit
        ), taught AS MATERIALIZED (
          SELECT s.id, s.start_time, s.end_time
            FROM public.lesson_slots AS s
           WHERE s.mentor_id = app.current_user_id()
        ), timed AS (
          SELECT m.*, s.start_time, s.end_time
            FROM mine AS m
            JOIN public.lesson_slots AS s ON s.id = m.slot_id AND s.mentor_id = m.other_id
           WHERE NOT m.teaches
          UNION ALL
          SELECT m.*, s.start_time, s.end_time
            FROM mine AS m
            JOIN taught AS s ON s.id = m.slot_id
           WHERE m.teaches
        )
        SELECT t.reservation, t.start_time, t.end_time, t.other_id, u.name
          FROM timed AS t
          JOIN public.users AS u ON u.id = t.other_id
         ORDER BY t.created_at DESC
    """),
    arguments="p_limit integer",
    returns=(
        "TABLE (reservation public.reservations, start_time timestamptz, end_time timestamptz,"
        " other_id uuid, other_name text)"
    ),
)

# The next lessons that the signed-in person has booked, with the time of the slot and the mentor's name. The
# policy of slots shows booked ones to a student, and so lists the bookings a second time. ANY says that few
# rows are joined, which PostgreSQL before 18 does not know of a limit that is an argument.
MY_NEXT_LESSONS = _LookUp(
    "my_next_lessons",
    sql("""
        WITH next AS MATERIALIZED (
          SELECT r AS reservation, r.mentor_id, s.start_time, s.end_time
            FROM public.reservations AS r
            JOIN public.lesson_slots AS s ON s.id = r.slot_id
           WHERE r.student_id = app.current_user_id()
             AND s.start_time >= now()
           ORDER BY s.start_time
           LIMIT p_limit
        )
        SELECT n.reservation, n.start_time, n.end_time, u.name
          FROM next AS n
          JOIN public.users AS u
            ON u.id = n.mentor_id AND u.id = ANY (ARRAY(SELECT x.mentor_id FROM next AS x))
         ORDER BY n.start_time
    """),
    arguments="p_limit integer",
    returns=(
        "TABLE (reservation public.reservations, start_time timestamptz, end_time timestamptz,"
        " mentor_name text)"
    ),
)

# How many sessions the signed-in person has, and how many questions and answers they hold. Under the policies
# each question and each answer is checked against its session.
MY_SESSION_COUNTS = _LookUp(
    "my_session_counts",
    sql("""
        SELECT count(*), coalesce(sum(x.questions), 0)::bigint, coalesce(sum(x.answers), 0)::bigint
          FROM (
            SELECT (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = s.id)
                     AS questions,
                   (SELECT count(*) FROM public.interview_answers AS a WHERE a.session_id = s.id)
                     AS answers
              FROM public.sessions AS s
             WHERE s.user_id = app.current_user_id()
          ) AS x
    """),
    returns="TABLE (sessions bigint, questions bigint, answers bigint)",
)

# The newest records of provenance, for an admin. The policy shows an admin a range
# that is the whole table: PostgreSQL expects few rows of a range, reads all and sorts them.
NEWEST_PROVENANCE = _LookUp(
    "newest_provenance",
    sql("""
        SELECT p.*
          FROM public.provenance AS p
         WHERE (SELECT app.is_admin())
         ORDER BY p.created_at DESC
         LIMIT p_limit
    """),
    arguments="p_limit integer",
    returns="SETOF public.provenance",
)

# The newest sessions that the signed-in person may see, as v_session_details shows them: one's own, those of
# the public, and those that one's students share, each in the order of an index. Whoever sees a session sees
# its parts too, so none of them is checked against it. The row `s` is taken from the table: PostgreSQL 18.6
# crashes at CREATE FUNCTION where a whole row of a CTE becomes a column of RETURNS TABLE. ANY says that few
# rows are joined, which PostgreSQL before 18 does not know of a limit that is an argument.
NEWEST_SESSIONS = _LookUp(
    "newest_sessions",
    sql("""
        WITH newest AS MATERIALIZED (
          SELECT *
            FROM (
              (SELECT s AS session, s.id, s.user_id, s.created_at
                 FROM public.sessions AS s
                WHERE s.user_id = app.current_user_id()
                ORDER BY s.created_at DESC
                LIMIT p_limit)
              UNION ALL
              (SELECT s, s.id, s.user_id, s.created_at
                 FROM public.sessions AS s
                WHERE s.is_public AND s.user_id <> app.current_user_id()
                ORDER BY s.created_at DESC
                LIMIT p_limit)
              UNION ALL
              (SELECT shared.*
                 FROM app.my_students() AS student
                CROSS JOIN LATERAL (
                  SELECT s, s.id, s.user_id, s.created_at
                    FROM public.sessions AS s
                   WHERE s.user_id = student AND s.share_with_mentor AND NOT s.is_public
                   ORDER BY s.created_at DESC
                   LIMIT p_limit) AS shared)
            ) AS visible
           ORDER BY visible.created_at DESC
           LIMIT p_limit
        )
        SELECT n.session, u.name, a,
               (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = n.id),
               (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = n.id)
          FROM newest AS n
          JOIN public.users AS u ON u.id = n.user_id AND u.id = ANY (ARRAY(SELECT x.user_id FROM newest AS x))
          LEFT JOIN public.session_analyses AS a
            ON a.session_id = n.id AND a.session_id = ANY (ARRAY(SELECT x.id FROM newest AS x))
         ORDER BY n.created_at DESC
    """),
    arguments="p_limit integer",
    returns=(
        "TABLE (session public.sessions, user_name text, analysis public.session_analyses,"
        " total_questions bigint, total_answers bigint)"
    ),
)
