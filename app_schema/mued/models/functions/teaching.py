"""Who teaches whom, and which columns of other people are visible."""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# Students of the signed-in mentor: those with an approved, paid or completed reservation. Policies compare
# with ARRAY(SELECT app.my_students()), which runs once a query; teaches() would run once a row.
MY_STUDENTS = Function(
    "my_students",
    sql("""
        SELECT DISTINCT r.student_id
          FROM public.reservations AS r
         WHERE r.mentor_id = app.current_user_id()
           AND app.current_user_role() IN ('mentor', 'admin')
           AND r.status IN ('approved', 'paid', 'completed')
    """),
    returns="SETOF uuid",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

# Is the signed-in person a mentor of this student? For single checks by the services.
TEACHES = Function(
    "teaches",
    sql("""
        SELECT coalesce(student IN (SELECT app.my_students()), false)
    """),
    arguments="student uuid",
    returns="boolean",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

_PROFILE = "TABLE (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)"

# The harmless columns of people, without e-mail and provider ids: row security hides rows, not columns.
# For signed-in callers: oneself, any mentor, authors of public content, the other party of a reservation, who
# wrote to the caller; admins see all. The cheap conditions are first. An array, so that a list is one call.
PUBLIC_PROFILES = Function(
    "public_profiles",
    sql("""
        SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills
          FROM public.users AS u
         CROSS JOIN (SELECT app.current_user_id() AS id, app.is_admin() AS is_admin) AS me
         WHERE u.id = ANY (people)
           AND me.id IS NOT NULL
           AND (   u.id = me.id
                OR u.role = 'mentor'
                OR me.is_admin
                OR EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.user_id = u.id AND s.is_public)
                OR EXISTS (SELECT 1 FROM public.log_entries AS l WHERE l.user_id = u.id AND l.is_public)
                OR EXISTS (SELECT 1 FROM public.materials AS t WHERE t.creator_id = u.id AND t.is_public)
                OR EXISTS (SELECT 1 FROM public.reservations AS r
                            WHERE (r.student_id = me.id AND r.mentor_id = u.id)
                               OR (r.mentor_id = me.id AND r.student_id = u.id))
                OR EXISTS (SELECT 1 FROM public.messages AS m
                            WHERE m.receiver_id = me.id AND m.sender_id = u.id))
    """),
    arguments="people uuid[]",
    returns=_PROFILE,
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

# The columns of public_profiles() for one person. Join the function with LEFT JOIN LATERAL.
PUBLIC_PROFILE = Function(
    "public_profile",
    sql("""
        SELECT p.id, p.name, p.role, p.profile_image_url, p.bio, p.skills
          FROM app.public_profiles(ARRAY[person]) AS p
    """),
    arguments="person uuid",
    returns=_PROFILE,
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)
