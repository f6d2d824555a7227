"""Row-level security, policies and app_user grants of the six rag tables; v_rag_embeddings_with_source.

Locks: CREATE POLICY and ENABLE ROW LEVEL SECURITY take ACCESS EXCLUSIVE on the six tables for a moment; no
rows are scanned.

Downgrade: loses no rows; app_user loses its access before the policies go.

Revision ID: 0014_rag_rls
Revises: 0013_add_question_templates
"""

from app_schema import op

revision = "0014_rag_rls"
down_revision = "0013_add_question_templates"
branch_labels = None
depends_on = None

TABLES = (
    "ai_dialogue_log",
    "provenance",
    "rag_metrics_history",
    "plugin_registry",
    "rag_embeddings",
    "question_templates",
)

OWN_ROW = "user_id = (SELECT app.current_user_id())"
ADMIN = "(SELECT app.is_admin())"

# table, command, using, with check
POLICIES = (
    ("ai_dialogue_log", "SELECT", OWN_ROW, None),
    ("ai_dialogue_log", "UPDATE", OWN_ROW, OWN_ROW),
    ("provenance", "SELECT", f"acquired_by = (SELECT app.current_user_id()) OR {ADMIN}", None),
    ("rag_metrics_history", "SELECT", ADMIN, None),
    ("plugin_registry", "SELECT", ADMIN, None),
    (
        "rag_embeddings",
        "SELECT",
        f"(SELECT app.current_user_id()) IS NOT NULL AND ({OWN_ROW} OR user_id IS NULL)",
        None,
    ),
    (
        "question_templates",
        "SELECT",
        f"(SELECT app.current_user_id()) IS NOT NULL AND (enabled OR {ADMIN})",
        None,
    ),
    ("question_templates", "INSERT", None, ADMIN),
    ("question_templates", "UPDATE", ADMIN, ADMIN),
    ("question_templates", "DELETE", ADMIN, None),
)

WRITABLE = [
    "focus",
    "depth",
    "template_text",
    "variables",
    "category",
    "language",
    "tags",
    "priority",
    "enabled",
]

# table, privileges, columns
GRANTS = (
    ("ai_dialogue_log", ["SELECT"], None),
    ("ai_dialogue_log", ["UPDATE"], ["user_feedback"]),
    ("provenance", ["SELECT"], None),
    ("rag_metrics_history", ["SELECT"], None),
    ("plugin_registry", ["SELECT"], None),
    ("rag_embeddings", ["SELECT"], None),
    ("question_templates", ["SELECT", "DELETE"], None),
    ("question_templates", ["INSERT"], ["id", *WRITABLE]),
    ("question_templates", ["UPDATE"], WRITABLE),
)

V_RAG_EMBEDDINGS_WITH_SOURCE = """\
SELECT e.id, e.source_type, e.source_id, e.user_id, e.chunk_no, e.status, e.embedding, e.metadata, e.embedding_model, e.created_at,
       CASE e.source_type
         WHEN 'session' THEN CASE WHEN s.id IS NOT NULL THEN jsonb_build_object('title', s.title, 'user_short_note', s.user_short_note, 'focus_area', s.ai_annotations ->> 'focusArea') END
         WHEN 'template' THEN CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('template_text', t.template_text, 'focus', t.focus, 'depth', t.depth) END
         WHEN 'log_entry' THEN CASE WHEN l.id IS NOT NULL THEN jsonb_build_object('type', l.type, 'content', l.content) END
       END AS source_details
  FROM public.rag_embeddings AS e
  LEFT JOIN public.sessions AS s ON e.source_type = 'session' AND s.id = e.source_id
  LEFT JOIN public.question_templates AS t ON e.source_type = 'template' AND t.id = e.source_id
  LEFT JOIN public.log_entries AS l ON e.source_type = 'log_entry' AND l.id = e.source_id"""  # noqa: E501 - the declared text, line for line


def upgrade() -> None:
    for table in TABLES:
        op.create_policy(
            f"{table}_service_account_all",
            table,
            for_="ALL",
            to=["service_account"],
            using="true",
            with_check="true",
            schema="public",
        )
    for table, command, using, with_check in POLICIES:
        op.create_policy(
            f"{table}_app_user_{command.lower()}",
            table,
            for_=command,
            to=["app_user"],
            using=using,
            with_check=with_check,
            schema="public",
        )
    for table in TABLES:
        op.enable_row_security(table, schema="public")

    op.create_view(
        "v_rag_embeddings_with_source",
        V_RAG_EMBEDDINGS_WITH_SOURCE,
        options={"security_invoker": True},
        schema="public",
    )

    for table, privileges, columns in GRANTS:
        op.create_grant(privileges, to="app_user", table=table, columns=columns, schema="public")
    op.create_grant(["SELECT"], to="app_user", table="v_rag_embeddings_with_source", schema="public")
    # The default privileges of 0005 gave the write privileges as well.
    op.replace_grant(["SELECT"], to="service_account", table="v_rag_embeddings_with_source", schema="public")


def downgrade() -> None:
    for table, privileges, columns in reversed(GRANTS):
        op.drop_grant(privileges, to="app_user", table=table, columns=columns, schema="public")

    op.drop_view("v_rag_embeddings_with_source", schema="public")

    for table in reversed(TABLES):
        op.disable_row_security(table, schema="public")
    for table, command, _, _ in reversed(POLICIES):
        op.drop_policy(f"{table}_app_user_{command.lower()}", table, schema="public")
    for table in reversed(TABLES):
        op.drop_policy(f"{table}_service_account_all", table, schema="public")
