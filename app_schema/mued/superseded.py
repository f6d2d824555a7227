"""The objects of the old TypeScript system that this schema replaces, by definition.

The old system has two shapes, created by SQL files or by Drizzle, whose names differ; objects of either shape
are listed. An old policy that is not dropped widens access: PostgreSQL joins permissive policies by OR.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app_schema.adoption.superseded import Adoption, SetValue, Superseded
from app_schema.mued.superseded_indexes import CONSTRAINTS, INDEXES
from app_schema.project import Accepted

_POLICIES: Mapping[str, tuple[str, ...]] = {
    "users": (
        "Users can view own profile",
        "Users can update own profile",
        "Admins can view all users",
    ),
    "subscriptions": (
        "Users view own subscriptions",
        "Admins view all subscriptions",
    ),
    "lesson_slots": (
        "Anyone can view available slots",
        "Mentors manage own slots",
    ),
    "reservations": (
        "Students view own reservations",
        "Mentors view assigned reservations",
        "Students create own reservations",
        "Students and mentors update reservations",
    ),
    "materials": (
        "Anyone can view public materials",
        "Creators view own materials",
        "Mentors create materials",
        "Creators manage own materials",
        "Creators delete own materials",
    ),
    "messages": (
        "Users view own messages",
        "Users send messages",
        "Receivers mark messages as read",
    ),
    "webhook_events": ("Admins view webhook events",),
    "sessions": (
        "sessions_select_own",
        "sessions_select_public",
        "sessions_select_mentor",
        "sessions_insert_own",
        "sessions_update_own",
        "sessions_delete_own",
    ),
    "session_analyses": (
        "session_analyses_select_own",
        "session_analyses_select_public",
        "session_analyses_select_mentor",
    ),
    "interview_questions": (
        "interview_questions_select_own",
        "interview_questions_select_public",
        "interview_questions_select_mentor",
    ),
    "interview_answers": (
        "interview_answers_select_public",
        "interview_answers_select_own",
        "interview_answers_select_mentor",
        "interview_answers_insert_own",
        "interview_answers_update_own",
        "interview_answers_delete_own",
    ),
    "chat_sessions": (
        "chat_sessions_select_own",
        "chat_sessions_insert_own",
        "chat_sessions_update_own",
        "chat_sessions_delete_own",
    ),
    "chat_messages": (
        "chat_messages_select_own",
        "chat_messages_insert_own",
        "chat_messages_update_own",
        "chat_messages_delete_own",
    ),
    "rag_embeddings": (
        "Service role full access",
        "Users can read own session embeddings",
        "All users can read template embeddings",
        "Users can insert own session embeddings",
    ),
    "question_templates": (
        "Service role full access to templates",
        "Authenticated users can read enabled templates",
        "Admins can read all templates",
        "Admins can insert templates",
        "Admins can update templates",
        "Admins can delete templates",
    ),
}
"""All of them are for PUBLIC, and would be joined to ours by OR."""
_TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "sessions": ("update_sessions_updated_at",),
    "session_analyses": ("update_session_analyses_updated_at",),
    "interview_questions": ("trg_increment_template_usage",),
    "interview_answers": ("update_interview_answers_updated_at",),
    "log_entries": ("update_log_entries_updated_at",),
    "chat_sessions": ("update_chat_sessions_updated_at",),
    "ai_dialogue_log": ("update_ai_dialogue_log_updated_at",),
    "provenance": ("update_provenance_updated_at",),
    "rag_embeddings": (
        "trg_validate_rag_embedding_source",
        "update_rag_embeddings_updated_at",
    ),
    "question_templates": (
        "update_question_templates_updated_at",
        "trg_auto_generate_template_embedding",
    ),
    "plugin_registry": ("update_plugin_registry_updated_at",),
}
"""By the table."""
_FUNCTIONS = (
    "update_updated_at_column()",
    "get_internal_user_id(text)",
    "is_session_owner(uuid)",
    "is_session_mentor(uuid)",
    "validate_rag_embedding_source()",
    "auto_generate_template_embedding()",
    "increment_template_usage()",
    "update_chat_updated_at()",
    "get_current_user_id()",
    "is_admin_user()",
    "audit_trigger_function()",
    "test_rls_access()",
)
_VIEWS = ("v_user_logs_recent", "v_public_logs", "v_sessions_with_user", "v_public_sessions")
"""These views run with the rights of their owner, and show rows that row security hides."""
_NOTES = (
    Superseded("policy * on muednote_v3.*", "* TO PUBLIC *app.current_user_id*"),
    Superseded("trigger * on muednote_v3.*", "CREATE TRIGGER * EXECUTE FUNCTION muednote_v3.*"),
    Superseded("function muednote_v3.*", "* RETURNS trigger LANGUAGE plpgsql*"),
    Superseded("constraint * on muednote_v3.*", "FOREIGN KEY (*) REFERENCES muednote_v3.*"),
    Superseded("index * on muednote_v3.*", "CREATE INDEX * USING *"),
)
"""The note client: its names are not known."""
_OTHERS = (
    "learning_metrics",
    "ai_profiles",
    "ai_memories",
    "audit_logs",
    "ear_*",
    "form_*",
    "structure_training_progress",
    "muednote_mobile_*",
    "muednote_daw_logs",
)


def _superseded() -> Iterator[Superseded]:
    for kind, names in (("policy", _POLICIES), ("trigger", _TRIGGERS)):
        for table, of_table in names.items():
            yield from (Superseded(f"{kind} {name} on public.{table}") for name in of_table)
    for table, definitions in CONSTRAINTS.items():
        yield from (Superseded(f"constraint * on public.{table}", definition) for definition in definitions)
    for table, definitions in INDEXES.items():
        for definition in definitions:
            unique = "UNIQUE " if definition.startswith("UNIQUE ") else ""
            printed = f"CREATE {unique}INDEX * ON public.{table} USING {definition.removeprefix('UNIQUE ')}"
            yield Superseded(f"index * on public.{table}", printed)
    yield from (Superseded(f"function public.{function}") for function in _FUNCTIONS)
    yield from (Superseded(f"view public.{view}") for view in _VIEWS)
    yield from _NOTES


ADOPTION = Adoption(
    superseded=tuple(_superseded()),
    left=tuple(
        Accepted(f"table public.{table}", "a table of the old system that this schema does not have")
        for table in _OTHERS
    ),
    fill=(
        # old events were answered before the adoption
        SetValue("public.webhook_events", "status", "'processed'"),
        SetValue("public.webhook_events", "completed_at", "webhook_events.processed_at"),
        SetValue(
            "public.chat_messages",
            "user_id",
            "(SELECT s.user_id FROM {public.chat_sessions} AS s WHERE s.id = chat_messages.session_id)",
        ),
        SetValue(
            "public.chat_sessions",
            "message_count",
            "coalesce(m.number, 0)",
            source="(SELECT session_id, count(*) AS number FROM {public.chat_messages} GROUP BY 1) AS m",
            on="m.session_id = chat_sessions.id",
        ),
        SetValue("public.rag_embeddings", "embedding_model", "'text-embedding-ada-002'"),
        SetValue("public.rag_embeddings", "status", "'ready'", where="rag_embeddings.embedding IS NOT NULL"),
        SetValue(
            "public.rag_embeddings",
            "user_id",
            "(SELECT s.user_id FROM {public.sessions} AS s WHERE s.id = rag_embeddings.source_id)",
            where="rag_embeddings.source_type = 'session'",
        ),
        SetValue(
            "public.rag_embeddings",
            "user_id",
            "(SELECT l.user_id FROM {public.log_entries} AS l WHERE l.id = rag_embeddings.source_id)",
            where="rag_embeddings.source_type = 'log_entry'",
        ),
    ),
)
