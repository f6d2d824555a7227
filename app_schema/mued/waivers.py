"""Findings of the audit that MUED accepts in every installation, each with its reason and a condition."""

from app_schema.audit.finding import Waiver

WAIVERS = (
    Waiver(
        check="foreign_key_without_index",
        object="constraint fk_chat_messages_session_id_user_id_chat_sessions on public.chat_messages",
        reason="the index on session_id serves it: a session has one user, so user_id selects nothing more",
        condition="""SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = 'public.chat_messages'::regclass
  AND indisvalid AND indpred IS NULL AND pg_get_indexdef(indexrelid) ~ ' USING btree \\(session_id')""",
    ),
    Waiver(
        check="foreign_key_without_index",
        object="constraint fk_interview_answers_question_id_session_id_interview_questions"
        " on public.interview_answers",
        reason="the unique index on question_id serves it: a question has one answer",
        condition="""SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = 'public.interview_answers'::regclass
  AND indisunique AND indisvalid AND indpred IS NULL
  AND pg_get_indexdef(indexrelid) ~ ' USING btree \\(question_id\\)$')""",
    ),
    Waiver(
        check="redundant_index",
        object="index public.ix_messages_receiver_id_unread_count",
        reason="app.my_unread_count() reads a fourth of the pages: equal keys share an entry",
        condition="SELECT to_regprocedure('app.my_unread_count()') IS NOT NULL",
    ),
    Waiver(
        check="index_past_row_security",
        object="index public.ix_question_templates_focus_priority_enabled",
        reason="app.templates_of_focus() reads it with the rights of its owner",
        condition="SELECT to_regprocedure('app.templates_of_focus(public.focus_area, integer)') IS NOT NULL",
    ),
    Waiver(
        check="index_past_row_security",
        object="index public.ix_log_entries_tags",
        reason="app.my_tagged_log_entries() reads it with the rights of its owner",
        condition="SELECT to_regprocedure('app.my_tagged_log_entries(jsonb, integer)') IS NOT NULL",
    ),
    Waiver(
        check="index_past_row_security",
        object="index public.ix_log_entries_target_type_target_id",
        reason="jobs look for the entries about an object, and the policy of service_account is true",
        condition="""SELECT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'public.log_entries'::regclass
  AND polroles = ARRAY['service_account'::regrole::oid] AND pg_get_expr(polqual, polrelid) = 'true')""",
    ),
)
