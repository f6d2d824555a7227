"""question_templates, and everything that needs it and rag_embeddings together.

The key and the counter of interview_questions; the source check of rag_embeddings; the triggers that queue,
mark stale and drop the vectors of a source.

Locks: CREATE INDEX takes SHARE on interview_questions; ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on it and
scans it; CREATE TRIGGER takes SHARE ROW EXCLUSIVE on log_entries, sessions, interview_questions and
rag_embeddings. Template ids that name no template make the revision fail: empty them first.

Downgrade: drops question_templates with all its rows. Vectors of templates stay in rag_embeddings.

Revision ID: 0013_add_question_templates
Revises: 0012_add_rag_embeddings
"""

# lint: ignore[adding-foreign-key-constraint]: a founding revision, its header says what waits
# lint: ignore[constraint-missing-not-valid]: a founding revision, its header says what waits
# lint: ignore[require-concurrent-index-creation]: a founding revision, its header says what waits

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app_schema import op

revision = "0013_add_question_templates"
down_revision = "0012_add_rag_embeddings"
branch_labels = None
depends_on = None

READ_WRITE = ["SELECT", "INSERT", "UPDATE", "DELETE"]

# table, source type, the columns that are embedded
SOURCES = (
    ("log_entries", "log_entry", ("content",)),
    ("sessions", "session", ("title", "user_short_note")),
    ("question_templates", "template", ("template_text",)),
)

EMPTY_SEARCH_PATH = {"search_path": "''"}

EMBEDDING_MODEL = """\
SELECT coalesce(nullif(current_setting('app.embedding_model', true), ''), 'text-embedding-3-small')"""

CHECK_EMBEDDING_SOURCE = """\
DECLARE
  owner_id uuid;
BEGIN
  CASE NEW.source_type
    WHEN 'session' THEN
      SELECT s.user_id INTO owner_id FROM public.sessions AS s WHERE s.id = NEW.source_id FOR KEY SHARE;
    WHEN 'log_entry' THEN
      SELECT l.user_id INTO owner_id FROM public.log_entries AS l WHERE l.id = NEW.source_id FOR KEY SHARE;
    WHEN 'template' THEN
      PERFORM 1 FROM public.question_templates AS t WHERE t.id = NEW.source_id FOR KEY SHARE;
    ELSE
      RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = 'rag_embeddings',
        MESSAGE = format('unknown source type %L', NEW.source_type);
  END CASE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', TABLE = 'rag_embeddings',
      MESSAGE = format('%s %s does not exist', NEW.source_type, NEW.source_id);
  END IF;
  NEW.user_id := owner_id;
  RETURN NEW;
END"""

QUEUE_TEMPLATE_EMBEDDING = """\
BEGIN
  INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)
  VALUES ('template', NEW.id, app.embedding_model(), 'pending')
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END"""

MARK_EMBEDDING_STALE = """\
BEGIN
  UPDATE public.rag_embeddings AS e
     SET status = 'pending', embedding = NULL, embedding_hash = NULL
   WHERE e.source_type = TG_ARGV[0] AND e.source_id = NEW.id;
  RETURN NULL;
END"""

DROP_EMBEDDING = """\
BEGIN
  DELETE FROM public.rag_embeddings AS e
   WHERE e.source_type = TG_ARGV[0] AND e.source_id = OLD.id;
  RETURN NULL;
END"""

COUNT_TEMPLATE_USE = """\
BEGIN
  UPDATE public.question_templates AS t
     SET usage_count = t.usage_count + 1, last_used_at = now()
   WHERE t.id = NEW.template_id;
  RETURN NULL;
END"""


def upgrade() -> None:
    op.create_table(
        "question_templates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("focus", sa.Enum(name="focus_area", schema="public", create_type=False), nullable=False),
        sa.Column(
            "depth", sa.Enum(name="interview_depth", schema="public", create_type=False), nullable=False
        ),
        sa.Column("template_text", sa.Text(), nullable=False),
        sa.Column("variables", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("language", sa.String(10), server_default=sa.text("'ja'"), nullable=False),
        sa.Column(
            "tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("priority", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("usage_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_templates")),
        sa.UniqueConstraint(
            "language",
            "focus",
            "depth",
            "template_text",
            name=op.f("uq_question_templates_language_focus_depth_template_text"),
        ),
        sa.CheckConstraint(
            "char_length(template_text) BETWEEN 5 AND 500",
            name=op.f("ck_question_templates_template_text_length"),
        ),
        sa.CheckConstraint(
            "category IN ('technical', 'creative', 'reflective', 'diagnostic')",
            name=op.f("ck_question_templates_category"),
        ),
        sa.CheckConstraint("priority BETWEEN 0 AND 100", name=op.f("ck_question_templates_priority")),
        sa.CheckConstraint("usage_count >= 0", name=op.f("ck_question_templates_usage_count")),
        sa.CheckConstraint(
            "jsonb_typeof(variables) = 'object' AND (variables = '{}'::jsonb"
            " OR coalesce(jsonb_typeof(variables -> 'placeholders') = 'array', false))",
            name=op.f("ck_question_templates_variables"),
        ),
        schema="public",
    )

    op.create_foreign_key(
        op.f("fk_interview_questions_template_id_question_templates"),
        "interview_questions",
        "question_templates",
        ["template_id"],
        ["id"],
        ondelete="SET NULL",
        source_schema="public",
        referent_schema="public",
    )

    op.create_index(
        op.f("ix_interview_questions_template_id"),
        "interview_questions",
        ["template_id"],
        schema="public",
        postgresql_where=sa.text("template_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_question_templates_focus_priority_enabled"),
        "question_templates",
        ["focus", sa.text("priority DESC")],
        schema="public",
        postgresql_where=sa.text("enabled"),
    )
    op.create_index(
        op.f("ix_question_templates_template_text_trgm"),
        "question_templates",
        ["template_text"],
        schema="public",
        postgresql_using="gin",
        postgresql_ops={"template_text": "gin_trgm_ops"},
    )

    op.create_function(
        "embedding_model",
        EMBEDDING_MODEL,
        returns="text",
        language="sql",
        volatility="STABLE",
        security="INVOKER",
        settings=EMPTY_SEARCH_PATH,
        execute=["app_user", "service_account"],
        schema="app",
    )
    op.create_function(
        "check_embedding_source",
        CHECK_EMBEDDING_SOURCE,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )
    op.create_function(
        "queue_template_embedding",
        QUEUE_TEMPLATE_EMBEDDING,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )
    op.create_function(
        "mark_embedding_stale",
        MARK_EMBEDDING_STALE,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )
    op.create_function(
        "drop_embedding",
        DROP_EMBEDDING,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )
    op.create_function(
        "count_template_use",
        COUNT_TEMPLATE_USE,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )

    op.create_trigger(
        "tr_question_templates_touch",
        "question_templates",
        before="UPDATE",
        for_each="ROW",
        execute="app.touch_updated_at()",
        schema="public",
    )
    op.create_trigger(
        "tr_question_templates_queue_embedding",
        "question_templates",
        after="INSERT",
        for_each="ROW",
        execute="app.queue_template_embedding()",
        schema="public",
    )
    for table, source_type, columns in SOURCES:
        op.create_trigger(
            f"tr_{table}_stale_embedding",
            table,
            after=f"UPDATE OF {', '.join(columns)}",
            for_each="ROW",
            when=" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns),
            execute=f"app.mark_embedding_stale('{source_type}')",
            schema="public",
        )
        op.create_trigger(
            f"tr_{table}_drop_embedding",
            table,
            after="DELETE",
            for_each="ROW",
            execute=f"app.drop_embedding('{source_type}')",
            schema="public",
        )
    op.create_trigger(
        "tr_interview_questions_template_use",
        "interview_questions",
        after="INSERT",
        for_each="ROW",
        when="NEW.template_id IS NOT NULL",
        execute="app.count_template_use()",
        schema="public",
    )
    op.create_trigger(
        "tr_rag_embeddings_source",
        "rag_embeddings",
        before=["INSERT", "UPDATE OF source_type, source_id, user_id"],
        for_each="ROW",
        execute="app.check_embedding_source()",
        schema="public",
    )

    op.create_grant(READ_WRITE, to="service_account", table="question_templates", schema="public")


def downgrade() -> None:
    op.drop_trigger("tr_rag_embeddings_source", "rag_embeddings", schema="public")
    op.drop_trigger("tr_interview_questions_template_use", "interview_questions", schema="public")
    for table in ("sessions", "log_entries"):
        op.drop_trigger(f"tr_{table}_drop_embedding", table, schema="public")
        op.drop_trigger(f"tr_{table}_stale_embedding", table, schema="public")

    op.drop_index(
        op.f("ix_interview_questions_template_id"), table_name="interview_questions", schema="public"
    )
    op.drop_constraint(
        op.f("fk_interview_questions_template_id_question_templates"),
        "interview_questions",
        type_="foreignkey",
        schema="public",
    )

    # The table goes before the functions: its triggers hold on to them.
    op.drop_table("question_templates", schema="public")

    op.drop_function("count_template_use", schema="app")
    op.drop_function("drop_embedding", schema="app")
    op.drop_function("mark_embedding_stale", schema="app")
    op.drop_function("queue_template_embedding", schema="app")
    op.drop_function("check_embedding_source", schema="app")
    op.drop_function("embedding_model", schema="app")
