"""Functions, triggers and views."""

from __future__ import annotations

from case import Case

TOUCH = (
    "CREATE OR REPLACE FUNCTION app.touch_updated_at() RETURNS trigger LANGUAGE plpgsql SET "
    "search_path TO '' AS"
)
TEACHES = "DROP FUNCTION app.teaches(uuid); CREATE FUNCTION app.teaches"
GRANTS = (
    "REVOKE ALL ON FUNCTION app.teaches FROM PUBLIC; "
    "GRANT EXECUTE ON FUNCTION app.teaches TO app_user, service_account"
)
BODY = "SELECT coalesce(student IN (SELECT app.my_students()), false)"
QA = "public.v_interview_qa_pairs"


def _trigger(rest: str, name: str = "tr_reservations_stamp") -> Case:
    return Case(
        f"DROP TRIGGER {name} ON public.reservations; CREATE TRIGGER {name} {rest}", ("reservations", name)
    )


STAMPS = (
    "WHEN (NEW.status = 'completed' AND NEW.completed_at IS NULL) EXECUTE FUNCTION app.stamp_completed_at()"
)

CASES: dict[str, Case] = {
    "function missing": Case("DROP FUNCTION app.embedding_model()", ("embedding_model",)),
    "function missing, triggers call it": Case(
        "DROP FUNCTION app.drop_embedding() CASCADE",
        ("drop_embedding", "tr_sessions_drop_embedding", "tr_log_entries_drop_embedding"),
    ),
    "function missing, policies call it": Case(
        "DROP FUNCTION app.is_admin() CASCADE",
        ("is_admin", "webhook_events_app_user_select", "question_templates_app_user_update"),
    ),
    "function extra": Case(
        (
            "CREATE FUNCTION app.stray(a int, b text DEFAULT '100%') RETURNS text LANGUAGE sql "
            "IMMUTABLE STRICT PARALLEL SAFE AS $$SELECT $1 % 2 || '$fn$' || b$$"
        ),
        ("stray",),
        prune=True,
    ),
    "function extra, of the same name": Case(
        "CREATE FUNCTION app.teaches(student text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        ("teaches",),
        prune=True,
        undeclared=("teaches(text)",),
    ),
    "procedure extra": Case(
        "CREATE PROCEDURE app.stray() LANGUAGE sql AS 'SELECT 1'",
        ("stray",),
        prune=True,
    ),
    "function body": Case(
        f"{TOUCH} 'BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END'", ("touch_updated_at",)
    ),
    "function body, one space": Case(
        "CREATE OR REPLACE FUNCTION app.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY "
        "DEFINER SET search_path TO '' "
        "AS $$SELECT coalesce(app.current_user_role() = 'admin',  false)$$",
        ("is_admin",),
    ),
    "function volatility": Case("ALTER FUNCTION app.is_admin() VOLATILE", ("is_admin",)),
    "function security": Case("ALTER FUNCTION app.is_admin() SECURITY DEFINER", ("is_admin",)),
    "function security definer": Case(
        "ALTER FUNCTION app.touch_updated_at() SECURITY DEFINER", ("touch_updated_at",)
    ),
    "function search_path": Case(
        "ALTER FUNCTION app.is_admin() SET search_path = public, pg_temp", ("is_admin",)
    ),
    "function search_path gone": Case("ALTER FUNCTION app.is_admin() RESET search_path", ("is_admin",)),
    "function another setting": Case("ALTER FUNCTION app.is_admin() SET work_mem = '8MB'", ("is_admin",)),
    "function strict": Case("ALTER FUNCTION app.teaches(uuid) STRICT", ("teaches",)),
    "function leakproof": Case("ALTER FUNCTION app.teaches(uuid) LEAKPROOF PARALLEL SAFE", ("teaches",)),
    "function cost": Case(
        "ALTER FUNCTION app.is_admin() COST 1",
        ("is_admin",),
    ),
    "function language": Case(
        (
            f"{TEACHES}(student uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET "
            f"search_path TO '' AS 'BEGIN RETURN false; END'; {GRANTS}"
        ),
        ("teaches",),
    ),
    "function returns": Case(
        (
            f"{TEACHES}(student uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET "
            f"search_path TO '' AS '{BODY}'; {GRANTS}"
        ),
        ("teaches",),
    ),
    "function argument has another name": Case(
        (
            f"{TEACHES}(pupil uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET "
            f"search_path TO '' AS 'SELECT true'; {GRANTS}"
        ),
        ("teaches",),
    ),
    "function argument has another type": Case(
        (
            f"{TEACHES}(student text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET "
            f"search_path TO '' AS 'SELECT true'; {GRANTS}"
        ),
        ("teaches",),
        prune=True,
        undeclared=("teaches(text)",),
    ),
    "function executed by PUBLIC": Case(
        "GRANT EXECUTE ON FUNCTION app.current_user_role() TO PUBLIC", ("current_user_role",)
    ),
    "function that nobody executes, by PUBLIC": Case(
        "GRANT EXECUTE ON FUNCTION app.touch_updated_at() TO PUBLIC", ("touch_updated_at",)
    ),
    "function executed by one less": Case(
        "REVOKE EXECUTE ON FUNCTION app.is_admin() FROM app_user", ("is_admin",)
    ),
    "function executed by a stranger": Case(
        "GRANT EXECUTE ON FUNCTION app.is_admin() TO pg_monitor", ("is_admin",)
    ),
    "function executed with grant option": Case(
        "GRANT EXECUTE ON FUNCTION app.is_admin() TO app_user WITH GRANT OPTION",
        ("is_admin",),
        mendable="a function declares who may execute it, not who may pass that on",
    ),
    "trigger missing": Case("DROP TRIGGER tr_users_touch ON public.users", ("users", "tr_users_touch")),
    "trigger extra": Case(
        (
            "CREATE TRIGGER tr_stray AFTER INSERT ON public.users REFERENCING NEW TABLE AS fresh FOR "
            "EACH STATEMENT EXECUTE FUNCTION app.touch_updated_at('a''b', '100%')"
        ),
        ("tr_stray",),
        prune=True,
    ),
    "trigger extra, constraint": Case(
        (
            "CREATE CONSTRAINT TRIGGER tr_stray AFTER UPDATE ON public.users DEFERRABLE INITIALLY "
            "DEFERRED FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION app.touch_updated_at()"
        ),
        ("tr_stray",),
        prune=True,
    ),
    "trigger timing": _trigger(
        f"AFTER INSERT OR UPDATE OF status ON public.reservations FOR EACH ROW {STAMPS}"
    ),
    "trigger events": _trigger(f"BEFORE UPDATE OF status ON public.reservations FOR EACH ROW {STAMPS}"),
    "trigger columns": _trigger(f"BEFORE INSERT OR UPDATE ON public.reservations FOR EACH ROW {STAMPS}"),
    "trigger when": _trigger(
        "BEFORE INSERT OR UPDATE OF status ON public.reservations FOR EACH ROW WHEN (NEW.status = "
        "'completed') EXECUTE FUNCTION app.stamp_completed_at()"
    ),
    "trigger function": _trigger(
        "BEFORE UPDATE ON public.reservations FOR EACH ROW EXECUTE FUNCTION app.stamp_completed_at()",
        "tr_reservations_touch",
    ),
    "trigger for each statement": _trigger(
        "BEFORE UPDATE ON public.reservations FOR EACH STATEMENT EXECUTE FUNCTION app.touch_updated_at()",
        "tr_reservations_touch",
    ),
    "trigger arguments": Case(
        """DROP TRIGGER tr_sessions_drop_embedding ON public.sessions;
        CREATE TRIGGER tr_sessions_drop_embedding AFTER DELETE ON public.sessions FOR EACH ROW EXECUTE
          FUNCTION app.drop_embedding('template')""",
        ("sessions", "tr_sessions_drop_embedding"),
    ),
    "trigger disabled": Case(
        "ALTER TABLE public.users DISABLE TRIGGER tr_users_touch", ("users", "tr_users_touch")
    ),
    "trigger always": Case(
        "ALTER TABLE public.users ENABLE ALWAYS TRIGGER tr_users_touch", ("users", "tr_users_touch")
    ),
    "view missing": Case(f"DROP VIEW {QA}", ("v_interview_qa_pairs",)),
    "view extra": Case(
        (
            "CREATE VIEW public.stray WITH (security_barrier) AS SELECT id, "
            "'it''s 100%' AS note FROM public.users; REVOKE ALL ON public.stray FROM service_account"
        ),
        ("stray",),
        prune=True,
    ),
    "view on a view extra": Case(
        f"CREATE VIEW app.stray AS SELECT * FROM {QA}; CREATE VIEW app.astray AS SELECT * FROM app.stray",
        ("stray", "astray"),
        prune=True,
    ),
    "view definition": Case(
        f"CREATE OR REPLACE VIEW {QA} WITH (security_invoker) AS "
        "SELECT q.session_id, q.id AS question_id, upper(q.text) AS question_text, q.focus, "
        'q.depth, q."order", '
        "q.created_at AS question_created_at, w.id AS answer_id, w.text AS answer_text, "
        "w.ai_insights, w.created_at AS answer_created_at, w.updated_at AS answer_updated_at "
        "FROM public.interview_questions AS q JOIN public.interview_answers AS w ON w.question_id = q.id",
        ("v_interview_qa_pairs",),
    ),
    "view with other columns": Case(
        f"DROP VIEW {QA}; CREATE VIEW {QA} WITH (security_invoker) AS SELECT id AS question_id, "
        "text FROM public.interview_questions; "
        f"GRANT SELECT ON {QA} TO app_user",
        ("v_interview_qa_pairs",),
    ),
    "view with more columns": Case(
        f"""DO $$ DECLARE text text := pg_get_viewdef('{QA}'); BEGIN
          EXECUTE 'CREATE OR REPLACE VIEW {QA} WITH (security_invoker) AS ' || replace(text,
            ' AS answer_updated_at', ' AS answer_updated_at, q.rag_context');
        END $$""",
        ("v_interview_qa_pairs",),
    ),
    "view option gone": Case(f"ALTER VIEW {QA} RESET (security_invoker)", ("v_interview_qa_pairs",)),
    "view option more": Case(f"ALTER VIEW {QA} SET (security_barrier)", ("v_interview_qa_pairs",)),
}
