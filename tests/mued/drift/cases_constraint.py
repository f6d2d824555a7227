"""Primary and foreign keys, unique, check and exclusion constraints."""

from __future__ import annotations

from case import Case


def _key(
    columns: str, rest: str, *, table: str = "public.users", name: str = "fk_subscriptions_user_id_users"
) -> str:
    return (
        f"ALTER TABLE public.subscriptions DROP CONSTRAINT fk_subscriptions_user_id_users; "
        f"ALTER TABLE public.subscriptions ADD CONSTRAINT {name} FOREIGN KEY ({columns}) "
        f"REFERENCES {table} {rest}"
    )


def _swap(table: str, name: str, definition: str) -> str:
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {name}; ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
    )


FK = ("subscriptions", "fk_subscriptions_user_id_users")
SLOTS = "ex_lesson_slots_mentor_id_time"

CASES: dict[str, Case] = {
    "check missing": Case(
        "ALTER TABLE public.users DROP CONSTRAINT ck_users_role", ("users", "ck_users_role")
    ),
    "check extra": Case(
        "ALTER TABLE public.users ADD CONSTRAINT ck_stray CHECK (name NOT LIKE '%\"%')",
        ("ck_stray",),
        prune=True,
    ),
    "check changed": Case(
        _swap("public.users", "ck_users_role", "CHECK (role IN ('student', 'mentor'))"),
        ("users", "ck_users_role"),
    ),
    "check NOT VALID": Case(
        _swap("public.users", "ck_users_role", "CHECK (role IN ('student', 'mentor', 'admin')) NOT VALID"),
        ("users", "ck_users_role"),
    ),
    "check NO INHERIT": Case(
        _swap("public.users", "ck_users_role", "CHECK (role IN ('student', 'mentor', 'admin')) NO INHERIT"),
        ("users", "ck_users_role"),
    ),
    "check under another name": Case(
        "ALTER TABLE public.users RENAME CONSTRAINT ck_users_role TO ck_role",
        ("ck_users_role", "ck_role"),
    ),
    "primary key missing": Case(
        "ALTER TABLE public.rag_metrics_history DROP CONSTRAINT pk_rag_metrics_history",
        ("pk_rag_metrics_history",),
    ),
    "primary key of other columns": Case(
        _swap("public.rag_metrics_history", "pk_rag_metrics_history", "PRIMARY KEY (id, date)"),
        ("pk_rag_metrics_history",),
    ),
    "primary key under another name": Case(
        "ALTER TABLE public.webhook_events RENAME CONSTRAINT pk_webhook_events TO webhook_events_pkey",
        ("pk_webhook_events", "webhook_events_pkey"),
    ),
    "unique missing": Case(
        "ALTER TABLE public.rag_metrics_history DROP CONSTRAINT uq_rag_metrics_history_date",
        ("uq_rag_metrics_history_date",),
    ),
    "unique extra": Case(
        "ALTER TABLE public.users ADD CONSTRAINT uq_stray UNIQUE (name, bio)", ("uq_stray",), prune=True
    ),
    "unique of other columns": Case(
        _swap("public.webhook_events", "uq_webhook_events_source_event_id", "UNIQUE (event_id)"),
        ("uq_webhook_events_source_event_id",),
    ),
    "unique with NULLS NOT DISTINCT": Case(
        _swap(
            "public.webhook_events",
            "uq_webhook_events_source_event_id",
            "UNIQUE NULLS NOT DISTINCT (source, event_id)",
        ),
        ("uq_webhook_events_source_event_id",),
    ),
    "unique as a plain index": Case(
        """ALTER TABLE public.rag_metrics_history DROP CONSTRAINT uq_rag_metrics_history_date;
        CREATE UNIQUE INDEX uq_rag_metrics_history_date ON public.rag_metrics_history (date)""",
        ("uq_rag_metrics_history_date",),
        prune=True,
        undeclared=("index",),
    ),
    "unique not deferrable any more": Case(
        _swap(
            "public.interview_questions",
            "uq_interview_questions_session_id_order",
            'UNIQUE (session_id, "order")',
        ),
        ("uq_interview_questions_session_id_order",),
    ),
    "unique initially immediate": Case(
        _swap(
            "public.interview_questions",
            "uq_interview_questions_session_id_order",
            'UNIQUE (session_id, "order") DEFERRABLE',
        ),
        ("uq_interview_questions_session_id_order",),
    ),
    "foreign key missing": Case(
        "ALTER TABLE public.subscriptions DROP CONSTRAINT fk_subscriptions_user_id_users", FK
    ),
    "foreign key extra": Case(
        (
            "ALTER TABLE public.rag_metrics_history ADD CONSTRAINT fk_stray FOREIGN KEY (id) "
            "REFERENCES public.users MATCH FULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
        ),
        ("fk_stray",),
        prune=True,
    ),
    "foreign key NOT VALID": Case(_key("user_id", "ON DELETE CASCADE NOT VALID"), FK),
    "foreign key with another action": Case(_key("user_id", "ON DELETE RESTRICT"), FK),
    "foreign key with an action on update": Case(_key("user_id", "ON UPDATE CASCADE ON DELETE CASCADE"), FK),
    "foreign key deferrable": Case(_key("user_id", "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"), FK),
    "foreign key to another table": Case(_key("user_id", "ON DELETE CASCADE", table="public.sessions"), FK),
    "foreign key from another column": Case(_key("id", "ON DELETE CASCADE"), FK),
    "foreign key under another name": Case(
        _key("user_id", "ON DELETE CASCADE", name="fk_mine"),
        (*FK, "fk_mine"),
    ),
    "foreign key sets another column": Case(
        _swap(
            "muednote_v3.fragments",
            "fk_fragments_project_id_user_id_projects",
            (
                "FOREIGN KEY (project_id, user_id) REFERENCES muednote_v3.projects (id, "
                "user_id) ON DELETE SET NULL"
            ),
        ),
        ("fk_fragments_project_id_user_id_projects",),
    ),
    "exclusion missing": Case(f"ALTER TABLE public.lesson_slots DROP CONSTRAINT {SLOTS}", (SLOTS,)),
    "exclusion changed": Case(
        _swap(
            "public.lesson_slots",
            SLOTS,
            "EXCLUDE USING gist (mentor_id WITH =, tstzrange(start_time, end_time, '[]') WITH &&)",
        ),
        (SLOTS,),
    ),
    "exclusion extra": Case(
        (
            "ALTER TABLE public.users ADD CONSTRAINT ex_stray EXCLUDE USING btree (lower(name) WITH =) "
            "WHERE (role = 'mentor')"
        ),
        ("ex_stray",),
        prune=True,
    ),
}
