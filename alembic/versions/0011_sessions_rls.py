"""Row-level security, policies and app_user grants of the five session tables; three functions, two views.

The views come with the policies, not before: a view without row security behind it would leak.

Locks: CREATE POLICY and ENABLE ROW LEVEL SECURITY take ACCESS EXCLUSIVE on the five tables for a moment; no
rows are scanned.

Downgrade: loses no rows; app_user loses its access before the policies go.

Revision ID: 0011_sessions_rls
Revises: 0010b_chat_tables
"""

from app_schema import op

revision = "0011_sessions_rls"
down_revision = "0010b_chat_tables"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]
VIEWS = ("v_session_details", "v_interview_qa_pairs")

VISIBLE_ROW = (
    "(SELECT app.current_user_id()) IS NOT NULL AND (user_id = (SELECT app.current_user_id()) OR is_public"
    " OR (share_with_mentor AND user_id = ANY (ARRAY(SELECT app.my_students()))))"
)
OWN_ROW = "user_id = (SELECT app.current_user_id())"

# The sub-query reads sessions under the policies of sessions: who sees a session sees its parts.
VISIBLE_PART = "EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = {table}.session_id)"
OWN_PART = (
    "EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.id = {table}.session_id"
    " AND s.user_id = (SELECT app.current_user_id()))"
)

# table: what app_user may read, what it may write
RULES = {
    "log_entries": (VISIBLE_ROW, OWN_ROW),
    "sessions": (VISIBLE_ROW, OWN_ROW),
    "session_analyses": (VISIBLE_PART, OWN_PART),
    "interview_questions": (VISIBLE_PART, OWN_PART),
    "interview_answers": (VISIBLE_PART, OWN_PART),
}

EMPTY_SEARCH_PATH = {"search_path": "''"}

MY_STUDENTS = """\
SELECT DISTINCT r.student_id
  FROM public.reservations AS r
  JOIN public.users AS u ON u.id = r.mentor_id
 WHERE u.clerk_id = nullif(current_setting('app.current_user_id', true), '')
   AND u.role IN ('mentor', 'admin')
   AND r.status IN ('approved', 'paid', 'completed')"""

TEACHES = """\
SELECT coalesce(student IN (SELECT app.my_students()), false)"""

PUBLIC_PROFILE = """\
SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills
  FROM public.users AS u
 CROSS JOIN (SELECT app.current_user_id() AS id) AS me
 WHERE u.id = person
   AND me.id IS NOT NULL
   AND (   u.id = me.id
        OR u.role = 'mentor'
        OR app.is_admin()
        OR EXISTS (SELECT 1 FROM public.reservations AS r
                    WHERE (r.student_id = me.id AND r.mentor_id = u.id)
                       OR (r.mentor_id = me.id AND r.student_id = u.id))
        OR EXISTS (SELECT 1 FROM public.messages AS m
                    WHERE m.receiver_id = me.id AND m.sender_id = u.id)
        OR EXISTS (SELECT 1 FROM public.sessions AS s WHERE s.user_id = u.id AND s.is_public)
        OR EXISTS (SELECT 1 FROM public.log_entries AS l WHERE l.user_id = u.id AND l.is_public)
        OR EXISTS (SELECT 1 FROM public.materials AS t WHERE t.creator_id = u.id AND t.is_public))"""

V_SESSION_DETAILS = """\
SELECT s.id, s.user_id,
       coalesce(u.name, (SELECT p.name FROM app.public_profile(s.user_id) AS p)) AS user_name,
       s.type, s.status, s.title, s.project_name, s.user_short_note, s.daw_meta, s.ai_annotations, s.attachments,
       s.is_public, s.share_with_mentor, s.created_at, s.updated_at, s.completed_at,
       a.analysis_data, a.analysis_version, a.confidence AS analysis_confidence,
       (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = s.id) AS total_questions,
       (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = s.id) AS total_answers
  FROM public.sessions AS s
  LEFT JOIN public.users AS u ON u.id = s.user_id
  LEFT JOIN public.session_analyses AS a ON a.session_id = s.id"""  # noqa: E501 - the declared text, line for line

V_INTERVIEW_QA_PAIRS = """\
SELECT q.session_id, q.id AS question_id, q.text AS question_text, q.focus, q.depth, q."order",
       q.created_at AS question_created_at,
       w.id AS answer_id, w.text AS answer_text, w.ai_insights,
       w.created_at AS answer_created_at, w.updated_at AS answer_updated_at
  FROM public.interview_questions AS q
  LEFT JOIN public.interview_answers AS w ON w.question_id = q.id"""


def upgrade() -> None:
    op.create_function(
        "my_students",
        MY_STUDENTS,
        returns="SETOF uuid",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "teaches",
        TEACHES,
        arguments="student uuid",
        returns="boolean",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "public_profile",
        PUBLIC_PROFILE,
        arguments="person uuid",
        returns="TABLE (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb)",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )

    for table, (readable, writable) in RULES.items():
        visible, own = readable.format(table=table), writable.format(table=table)
        op.create_policy(
            f"{table}_service_account_all",
            table,
            for_="ALL",
            to=["service_account"],
            using="true",
            with_check="true",
            schema="public",
        )
        op.create_policy(
            f"{table}_app_user_select", table, for_="SELECT", to=["app_user"], using=visible, schema="public"
        )
        op.create_policy(
            f"{table}_app_user_insert", table, for_="INSERT", to=["app_user"], with_check=own, schema="public"
        )
        op.create_policy(
            f"{table}_app_user_update",
            table,
            for_="UPDATE",
            to=["app_user"],
            using=own,
            with_check=own,
            schema="public",
        )
        op.create_policy(
            f"{table}_app_user_delete", table, for_="DELETE", to=["app_user"], using=own, schema="public"
        )
    for table in RULES:
        op.enable_row_security(table, schema="public")

    op.create_view(
        "v_session_details", V_SESSION_DETAILS, options={"security_invoker": True}, schema="public"
    )
    op.create_view(
        "v_interview_qa_pairs", V_INTERVIEW_QA_PAIRS, options={"security_invoker": True}, schema="public"
    )

    for table in RULES:
        op.create_grant(READ_WRITE, to="app_user", table=table, schema="public")
    for view in VIEWS:
        op.create_grant(["SELECT"], to="app_user", table=view, schema="public")
        # The default privileges of 0005 gave the write privileges as well.
        op.replace_grant(["SELECT"], to="service_account", table=view, schema="public")


def downgrade() -> None:
    for table in reversed(RULES):
        op.drop_grant(READ_WRITE, to="app_user", table=table, schema="public")

    for view in reversed(VIEWS):
        op.drop_view(view, schema="public")

    for table in reversed(RULES):
        op.disable_row_security(table, schema="public")
    for table in reversed(RULES):
        for command in ("delete", "update", "insert", "select"):
            op.drop_policy(f"{table}_app_user_{command}", table, schema="public")
        op.drop_policy(f"{table}_service_account_all", table, schema="public")

    op.drop_function("public_profile", arguments="person uuid", schema="app")
    op.drop_function("teaches", arguments="student uuid", schema="app")
    op.drop_function("my_students", schema="app")
