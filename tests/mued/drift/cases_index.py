"""Indexes."""

from __future__ import annotations

from case import Case

ON_MESSAGES = ("messages", "ix_messages_sender_id_created_at")
ON_TRGM = ("question_templates", "ix_question_templates_template_text_trgm")
NEVER_INVALID = "no statement makes an INVALID index"


def _messages(rest: str, *, unique: str = "") -> Case:
    sql = (
        "DROP INDEX public.ix_messages_sender_id_created_at; "
        f"CREATE {unique}INDEX ix_messages_sender_id_created_at ON public.messages {rest}"
    )
    return Case(sql, ON_MESSAGES)


CASES: dict[str, Case] = {
    "missing": Case("DROP INDEX public.ix_messages_sender_id_created_at", ON_MESSAGES),
    "missing, of an expression": Case(
        "DROP INDEX public.uq_users_email_lower", ("users", "uq_users_email_lower")
    ),
    "missing, hnsw": Case(
        "DROP INDEX public.ix_rag_embeddings_halfvec_session",
        ("rag_embeddings", "ix_rag_embeddings_halfvec_session"),
    ),
    "extra": Case(
        (
            "CREATE INDEX ix_stray ON public.users (name text_pattern_ops, "
            "(skills ->> 0) DESC) INCLUDE (bio) WHERE name LIKE '%a'"
        ),
        ("ix_stray",),
        prune=True,
    ),
    "extra, unique": Case(
        "CREATE UNIQUE INDEX uq_stray ON public.users (name) NULLS NOT DISTINCT", ("uq_stray",), prune=True
    ),
    "under another name": Case(
        "ALTER INDEX public.ix_messages_sender_id_created_at RENAME TO ix_sent",
        (*ON_MESSAGES, "ix_sent"),
    ),
    "on another table": Case(
        (
            "DROP INDEX public.ix_messages_sender_id_created_at; "
            "CREATE INDEX ix_messages_sender_id_created_at ON public.materials (creator_id, "
            "created_at DESC)"
        ),
        ON_MESSAGES,
        prune=True,
        undeclared=("materials",),
    ),
    "of other columns": _messages("(sender_id, receiver_id, created_at DESC)"),
    "in another order": _messages("(created_at DESC, sender_id)"),
    "ascending": _messages("(sender_id, created_at)"),
    "nulls last": _messages("(sender_id, created_at DESC NULLS LAST)"),
    "unique": _messages("(sender_id, created_at DESC)", unique="UNIQUE "),
    "with more columns included": _messages("(sender_id, created_at DESC) INCLUDE (is_read)"),
    "with WITH": _messages("(sender_id, created_at DESC) WITH (fillfactor = 70)"),
    "with a predicate": _messages("(sender_id, created_at DESC) WHERE NOT is_read"),
    "of another method": _messages("USING brin (sender_id, created_at)"),
    "not unique any more": Case(
        """DROP INDEX public.uq_users_email_lower;
        CREATE INDEX uq_users_email_lower ON public.users (lower(email)) WHERE position('@' IN email) > 1""",
        ("users", "uq_users_email_lower"),
    ),
    "of another expression": Case(
        """DROP INDEX public.uq_users_email_lower;
        CREATE UNIQUE INDEX uq_users_email_lower ON public.users (upper(email)) WHERE position('@' IN email)
          > 1""",
        ("users", "uq_users_email_lower"),
    ),
    "without its predicate": Case(
        (
            "DROP INDEX public.uq_users_email_lower; "
            "CREATE UNIQUE INDEX uq_users_email_lower ON public.users (lower(email))"
        ),
        ("users", "uq_users_email_lower"),
    ),
    "with another predicate": Case(
        """DROP INDEX public.ix_webhook_events_created_at_open;
        CREATE INDEX ix_webhook_events_created_at_open ON public.webhook_events (created_at) WHERE status =
          'failed'""",
        ("webhook_events", "ix_webhook_events_created_at_open"),
    ),
    "of another operator class": Case(
        (
            "DROP INDEX public.ix_log_entries_tags; "
            "CREATE INDEX ix_log_entries_tags ON public.log_entries USING gin (tags)"
        ),
        ("log_entries", "ix_log_entries_tags"),
    ),
    "of another method and operator class": Case(
        "DROP INDEX public.ix_question_templates_template_text_trgm; "
        "CREATE INDEX ix_question_templates_template_text_trgm ON public.question_templates USING "
        "gist (template_text public.gist_trgm_ops)",
        ON_TRGM,
    ),
    "with other options": Case(
        "ALTER INDEX public.ix_rag_embeddings_halfvec_session SET (ef_construction = 100)",
        ("rag_embeddings", "ix_rag_embeddings_halfvec_session"),
    ),
    "INVALID": Case(
        (
            "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = "
            "'public.ix_messages_sender_id_created_at'::regclass"
        ),
        ON_MESSAGES,
        reversible=NEVER_INVALID,
    ),
}
