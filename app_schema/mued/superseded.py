"""The objects of the old TypeScript system that this schema replaces, by definition.

The old system has two shapes, created by SQL files or by Drizzle, whose names differ; objects of either shape
are listed. An old policy that is not dropped widens access: PostgreSQL joins permissive policies by OR.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app_schema.adoption.superseded import Adoption, SetValue, Superseded
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
_CONSTRAINTS: Mapping[str, tuple[str, ...]] = {
    "users": ("UNIQUE (clerk_id)",),
    "subscriptions": ("FOREIGN KEY (user_id) REFERENCES public.users(id)*",),
    "lesson_slots": ("FOREIGN KEY (mentor_id) REFERENCES public.users(id)*",),
    "reservations": (
        "FOREIGN KEY (mentor_id) REFERENCES public.users(id)*",
        "FOREIGN KEY (slot_id) REFERENCES public.lesson_slots(id)*",
        "FOREIGN KEY (student_id) REFERENCES public.users(id)*",
    ),
    "materials": ("FOREIGN KEY (creator_id) REFERENCES public.users(id)*",),
    "messages": (
        "FOREIGN KEY (receiver_id) REFERENCES public.users(id)*",
        "FOREIGN KEY (reservation_id) REFERENCES public.reservations(id)*",
        "FOREIGN KEY (sender_id) REFERENCES public.users(id)*",
    ),
    "webhook_events": ("UNIQUE (event_id)",),
    "sessions": (
        "CHECK (((length(title) >= 1) AND (length(title) <= 200)))",
        "CHECK ((length(user_short_note) >= 1))",
        "FOREIGN KEY (user_id) REFERENCES public.users(id)*",
    ),
    "session_analyses": (
        "CHECK (((confidence >= 0) AND (confidence <= 100)))",
        "FOREIGN KEY (session_id) REFERENCES public.sessions(id)*",
        "UNIQUE (session_id)",
    ),
    "interview_questions": (
        'CHECK (("order" >= 0))',
        "CHECK ((length(text) >= 5))",
        "FOREIGN KEY (session_id) REFERENCES public.sessions(id)*",
    ),
    "interview_answers": (
        "CHECK ((length(text) >= 1))",
        "FOREIGN KEY (question_id) REFERENCES public.interview_questions(id)*",
        "FOREIGN KEY (session_id) REFERENCES public.sessions(id)*",
        "UNIQUE (question_id)",
    ),
    "log_entries": (
        "CHECK (((target_id IS NULL) = (target_type IS NULL)))",
        "CHECK ((difficulty = ANY (ARRAY['easy'::text, 'medium'::text, 'hard'::text, 'very_hard'::text])))",
        "FOREIGN KEY (user_id) REFERENCES public.users(id)*",
    ),
    "chat_messages": (
        "CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text])))",
        "FOREIGN KEY (session_id) REFERENCES public.chat_sessions(id)*",
    ),
    "user_ai_profiles": ("UNIQUE (user_id)",),
    "ai_dialogue_log": (
        "CHECK ((user_feedback = ANY (ARRAY['-1'::integer, 0, 1])))",
        "FOREIGN KEY (user_id) REFERENCES public.users(id)*",
    ),
    "provenance": ("FOREIGN KEY (acquired_by) REFERENCES public.users(id)*",),
    "rag_embeddings": (
        "CHECK ((source_type = ANY (ARRAY['session'::text, 'template'::text])))",
        "UNIQUE (embedding_hash)",
        "UNIQUE (source_type, source_id)",
    ),
    "question_templates": (
        "CHECK (((priority >= 0) AND (priority <= 100)))",
        "CHECK (((variables IS NULL) OR *variables ? 'placeholders'::text*",
        "CHECK ((category = ANY (ARRAY['technical'::text, 'creative'::text, *",
        "CHECK ((length(template_text) >= 5))",
        "CHECK ((usage_count >= 0))",
    ),
    "plugin_registry": (
        "UNIQUE (name)",
        "UNIQUE (source)",
    ),
}
"""As PostgreSQL prints them; their names differ between the shapes."""
_INDEXES: Mapping[str, tuple[str, ...]] = {
    "users": (
        "btree (clerk_id)",
        "btree (email)",
        "btree (role)",
    ),
    "subscriptions": (
        "btree (status)",
        "btree (stripe_subscription_id)",
        "btree (user_id)",
        "btree (user_id, status)",
    ),
    "lesson_slots": (
        "btree (mentor_id)",
        "btree (mentor_id, start_time)",
        "btree (start_time)",
        "btree (start_time, status)",
        "btree (status)",
    ),
    "reservations": (
        "btree (mentor_id)",
        "btree (mentor_id, status, payment_status)",
        "btree (payment_status)",
        "btree (slot_id)",
        "btree (status)",
        "btree (student_id)",
        "btree (student_id, status)",
    ),
    "materials": (
        "btree (creator_id)",
        "btree (creator_id, type)",
        "btree (difficulty)",
        "btree (is_public)",
        "btree (quality_status)",
        "btree (type)",
    ),
    "messages": (
        "btree (created_at)",
        "btree (receiver_id)",
        "btree (reservation_id)",
        "btree (sender_id)",
    ),
    "webhook_events": (
        "btree (created_at)",
        "btree (event_id)",
        "btree (source)",
        "btree (status)",
        "btree (status, created_at) WHERE (status = ANY (ARRAY['processing'*",
        "btree (type)",
    ),
    "sessions": (
        "btree (is_public)",
        "btree (is_public) WHERE (is_public = true)",
        "btree (project_id)",
        "btree (project_id) WHERE (project_id IS NOT NULL)",
        "btree (status)",
        "btree (type)",
        "btree (user_id)",
        "btree (user_id, created_at DESC)",
        "btree (user_id, created_at)",
        "btree (user_id, status)",
        "gin (ai_annotations)",
        "gin (daw_meta)",
    ),
    "session_analyses": (
        "btree (session_id)",
        "gin (analysis_data)",
    ),
    "interview_questions": (
        "btree (focus)",
        "btree (session_id)",
        'btree (session_id, "order")',
        "btree (template_id) WHERE (template_id IS NOT NULL)",
    ),
    "interview_answers": (
        "btree (question_id)",
        "btree (session_id)",
        "btree (session_id, question_id)",
    ),
    "log_entries": (
        "btree (created_at DESC)",
        "btree (created_at)",
        "btree (is_public)",
        "btree (is_public) WHERE (is_public = true)",
        "btree (target_id, target_type)",
        "btree (target_id, target_type) WHERE (target_id IS NOT NULL)",
        "btree (type)",
        "btree (user_id)",
        "btree (user_id, created_at DESC)",
        "btree (user_id, created_at)",
        "gin (tags)",
    ),
    "chat_sessions": (
        "btree (device_id)",
        "btree (is_active)",
        "btree (is_pinned)",
        "btree (last_message_at DESC)",
        "btree (last_message_at)",
        "btree (user_id)",
        "btree (user_id, is_active)",
    ),
    "chat_messages": (
        "btree (created_at DESC)",
        "btree (created_at)",
        "btree (session_id)",
        "btree (session_id, created_at)",
        "btree (user_id)",
        "gin (tags)",
    ),
    "user_ai_profiles": ("UNIQUE btree (user_id)",),
    "user_ai_memories": (
        "UNIQUE btree (user_id, memory_type, key)",
        "btree (confidence)",
        "btree (expires_at)",
        "btree (is_active)",
        "btree (user_id, memory_type)",
    ),
    "session_tags": (
        "UNIQUE btree (session_id, tag)",
        "btree (tag)",
    ),
    "ai_dialogue_log": (
        "btree (citation_rate)",
        "btree (created_at)",
        "btree (session_id)",
        "btree (user_id)",
        "btree (user_id, created_at DESC)",
    ),
    "provenance": (
        "btree (content_id, content_type)",
        "btree (license_type)",
        "btree (retention_years)",
        "btree (retention_years, acquired_at) WHERE (retention_years IS NOT NULL)",
        "btree (source_uri)",
    ),
    "rag_metrics_history": (
        "UNIQUE btree (date(date))",
        "btree (date)",
        "btree (slo_compliance)",
        "gin (slo_compliance)",
    ),
    "rag_embeddings": (
        "btree (source_id) WHERE (source_type = 'template'::text)",
        "btree (source_id, created_at DESC) WHERE (source_type = 'session'::text)",
        "btree (source_type, created_at DESC)",
        "btree (source_type, source_id)",
        "gin (metadata) WHERE ((metadata IS NOT NULL) AND (metadata <> '{}'::jsonb))",
        "hnsw (embedding public.vector_cosine_ops) WITH (m='16', ef_construction='64')",
    ),
    "question_templates": (
        "btree (category, focus)",
        "btree (category, focus) WHERE ((enabled = true) AND (category IS NOT NULL))",
        "btree (focus, depth, priority DESC) WHERE (enabled = true)",
        "btree (focus, depth, priority)",
        "btree (priority DESC, created_at DESC) WHERE (enabled = true)",
        "btree (priority, created_at)",
        "btree (usage_count DESC, last_used_at DESC) WHERE (enabled = true)",
        "btree (usage_count, last_used_at)",
        "gin (tags)",
    ),
    "plugin_registry": (
        "btree (enabled)",
        "btree (name)",
        "btree (name, last_health_check) WHERE ((enabled = true) AND *",
    ),
}
"""As PostgreSQL prints them behind USING."""
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
    for table, definitions in _CONSTRAINTS.items():
        yield from (Superseded(f"constraint * on public.{table}", definition) for definition in definitions)
    for table, definitions in _INDEXES.items():
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
