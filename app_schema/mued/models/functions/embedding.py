"""Triggers that keep vectors in step with their sources."""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# The model of newly queued rows: the setting app.embedding_model (ALTER DATABASE ... SET), else the model of
# the service. No other function names a model.
EMBEDDING_MODEL = Function(
    "embedding_model",
    sql("""
        SELECT coalesce(nullif(current_setting('app.embedding_model', true), ''), 'text-embedding-3-small')
    """),
    returns="text",
    language="sql",
    volatility="STABLE",
    execute=SIGNED_IN,
    schema="app",
)

# Before trigger of rag_embeddings, instead of a foreign key, which cannot reference one of three tables: the
# source must exist, and FOR KEY SHARE locks the source against DELETE until the commit. The trigger copies
# the owner, so that search and policies need no join.
CHECK_EMBEDDING_SOURCE = Function(
    "check_embedding_source",
    sql("""
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
        END
    """),  # noqa: E501 - one line is one case
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)

# After trigger of question_templates, once a statement: adds rows without a vector for the embedding job.
QUEUE_TEMPLATE_EMBEDDING = Function(
    "queue_template_embedding",
    sql("""
        BEGIN
          INSERT INTO public.rag_embeddings (source_type, source_id, embedding_model, status)
          SELECT 'template', t.id, app.embedding_model(), 'pending' FROM inserted AS t
          ON CONFLICT DO NOTHING;
          RETURN NULL;
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)

# After trigger of the three sources, with the source type as argument: vectors of a changed text become
# pending.
MARK_EMBEDDING_STALE = Function(
    "mark_embedding_stale",
    sql("""
        BEGIN
          UPDATE public.rag_embeddings AS e
             SET status = 'pending', embedding = NULL, embedding_hash = NULL
           WHERE e.source_type = TG_ARGV[0] AND e.source_id = NEW.id;
          RETURN NULL;
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)

# After trigger of the three sources, per statement, with the source type as argument: deletes the vectors of
# deleted sources.
DROP_EMBEDDING = Function(
    "drop_embedding",
    sql("""
        BEGIN
          DELETE FROM public.rag_embeddings AS e
           WHERE e.source_type = TG_ARGV[0] AND e.source_id = ANY (ARRAY(SELECT d.id FROM deleted AS d));
          RETURN NULL;
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)

# After trigger of interview_questions, once a statement: counts the use of the templates.
COUNT_TEMPLATE_USE = Function(
    "count_template_use",
    sql("""
        DECLARE
          template record;
        BEGIN
          FOR template IN SELECT q.template_id AS id, count(*) AS uses FROM inserted AS q
                           WHERE q.template_id IS NOT NULL GROUP BY q.template_id ORDER BY q.template_id LOOP
            UPDATE public.question_templates AS t
               SET usage_count = t.usage_count + template.uses, last_used_at = now()
             WHERE t.id = template.id;
          END LOOP;
          RETURN NULL;
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)
