"""The views. They run with the rights of the reader, so the policies of their tables hold."""

from app_schema.ddl import Grant, View
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# A session with the display name of its owner, its analysis and the number of questions and answers.
SESSION_DETAILS = View(
    "v_session_details",
    sql("""
        SELECT s.id, s.user_id,
               coalesce(u.name, (SELECT p.name FROM app.public_profile(s.user_id) AS p)) AS user_name,
               s.type, s.status, s.title, s.project_name, s.user_short_note, s.daw_meta, s.ai_annotations, s.attachments,
               s.is_public, s.share_with_mentor, s.created_at, s.updated_at, s.completed_at,
               a.analysis_data, a.analysis_version, a.confidence AS analysis_confidence,
               (SELECT count(*) FROM public.interview_questions AS q WHERE q.session_id = s.id) AS total_questions,
               (SELECT count(*) FROM public.interview_answers AS w WHERE w.session_id = s.id) AS total_answers
          FROM public.sessions AS s
          LEFT JOIN public.users AS u ON u.id = s.user_id
          LEFT JOIN public.session_analyses AS a ON a.session_id = s.id
    """),  # noqa: E501 - one line is one expression
    options={"security_invoker": True},
    schema="public",
)

# Every question with its answer, if any. The reader sorts.
INTERVIEW_QA_PAIRS = View(
    "v_interview_qa_pairs",
    sql("""
        SELECT q.session_id, q.id AS question_id, q.text AS question_text, q.focus, q.depth, q."order",
               q.created_at AS question_created_at,
               w.id AS answer_id, w.text AS answer_text, w.ai_insights,
               w.created_at AS answer_created_at, w.updated_at AS answer_updated_at
          FROM public.interview_questions AS q
          LEFT JOIN public.interview_answers AS w ON w.question_id = q.id
    """),
    options={"security_invoker": True},
    schema="public",
)

# Embeddings with a JSON summary of their source.
RAG_EMBEDDINGS_WITH_SOURCE = View(
    "v_rag_embeddings_with_source",
    sql("""
        SELECT e.id, e.source_type, e.source_id, e.user_id, e.chunk_no, e.status, e.embedding, e.metadata, e.embedding_model, e.created_at,
               CASE e.source_type
                 WHEN 'session' THEN CASE WHEN s.id IS NOT NULL THEN jsonb_build_object('title', s.title, 'user_short_note', s.user_short_note, 'focus_area', s.ai_annotations ->> 'focusArea') END
                 WHEN 'template' THEN CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('template_text', t.template_text, 'focus', t.focus, 'depth', t.depth) END
                 WHEN 'log_entry' THEN CASE WHEN l.id IS NOT NULL THEN jsonb_build_object('type', l.type, 'content', l.content) END
               END AS source_details
          FROM public.rag_embeddings AS e
          LEFT JOIN public.sessions AS s ON e.source_type = 'session' AND s.id = e.source_id
          LEFT JOIN public.question_templates AS t ON e.source_type = 'template' AND t.id = e.source_id
          LEFT JOIN public.log_entries AS l ON e.source_type = 'log_entry' AND l.id = e.source_id
    """),  # noqa: E501 - one line is one expression
    options={"security_invoker": True},
    schema="public",
)

VIEWS = (SESSION_DETAILS, INTERVIEW_QA_PAIRS, RAG_EMBEDDINGS_WITH_SOURCE)
GRANTS = tuple(
    Grant("SELECT", to=role, table=view.name, schema="public") for view in VIEWS for role in SIGNED_IN
)
