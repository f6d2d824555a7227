"""Tables, sequences, materialized views, comments and owners."""

from __future__ import annotations

from case import Case

OWNER = "who owns an object is not declared"

CASES: dict[str, Case] = {
    "missing": Case("DROP TABLE public.rag_metrics_history", ("rag_metrics_history",)),
    "missing, others refer to it": Case(
        "DROP TABLE public.question_templates CASCADE",
        (
            "question_templates",
            "fk_interview_questions_template_id_question_templates",
            "v_rag_embeddings_with_source",
        ),
    ),
    "missing, twice": Case(
        "DROP TABLE muednote_v3.tags, public.chat_sessions CASCADE", ("tags", "chat_sessions", "session_tags")
    ),
    "extra": Case(
        """CREATE TABLE public.stray (id int GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_stray PRIMARY KEY,
          "Odd name" text DEFAULT 'it''s 100%',
          day date NOT NULL DEFAULT current_date, CONSTRAINT ck_stray CHECK ("Odd name" LIKE '%a%'));
            CREATE INDEX ix_stray ON public.stray (lower("Odd name"))""",
        ("stray",),
        prune=True,
    ),
    "extra, without the default privileges": Case(
        (
            "CREATE TABLE public.stray (a int); REVOKE ALL ON public.stray FROM service_account; "
            "GRANT SELECT (a) ON public.stray TO app_user"
        ),
        ("stray",),
        prune=True,
    ),
    "extra, with everything": Case(
        """CREATE TABLE app.stray (id uuid CONSTRAINT pk_stray PRIMARY KEY REFERENCES public.users ON DELETE
          CASCADE, note varchar(9) COLLATE "C");
        ALTER TABLE app.stray ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
          COMMENT ON TABLE app.stray IS 'it''s a stray';
        CREATE POLICY p ON app.stray AS RESTRICTIVE TO app_user USING (id IS NOT NULL);
          GRANT SELECT ON app.stray TO app_user WITH GRANT OPTION;
        CREATE TRIGGER tr BEFORE UPDATE ON app.stray FOR EACH ROW EXECUTE FUNCTION app.touch_updated_at()""",
        ("stray",),
        prune=True,
    ),
    "two extra that refer to each other": Case(
        """CREATE TABLE public.hen (id int PRIMARY KEY, egg int);
          CREATE TABLE public.egg (id int PRIMARY KEY, hen int REFERENCES public.hen);
        ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg""",
        ("hen", "egg"),
        prune=True,
    ),
    "in an extra schema": Case(
        (
            "CREATE SCHEMA stray; COMMENT ON SCHEMA stray IS '(made by app_schema)'; "
            "CREATE TABLE stray.t (a int)"
        ),
        ("stray",),
        prune=True,
        schemas=("stray",),
    ),
    "renamed": Case(
        "ALTER TABLE public.session_tags RENAME TO tags_of_sessions",
        ("session_tags", "tags_of_sessions"),
        prune=True,
        undeclared=("tags_of_sessions",),
    ),
    "unlogged": Case("ALTER TABLE public.webhook_events SET UNLOGGED", ("webhook_events",)),
    "with options": Case("ALTER TABLE public.webhook_events SET (fillfactor = 70)", ("webhook_events",)),
    "partitioned extra": Case(
        (
            "CREATE TABLE public.log (a int, b text) PARTITION BY LIST (a); "
            "CREATE TABLE public.log_1 PARTITION OF public.log FOR VALUES IN (1)"
        ),
        ("log", "log_1"),
        prune=True,
    ),
    "sequence extra": Case(
        "CREATE SEQUENCE public.numbers AS smallint START 3 INCREMENT 2 CYCLE", ("numbers",), prune=True
    ),
    "materialized view extra": Case(
        (
            "CREATE MATERIALIZED VIEW public.mv AS SELECT role, "
            "count(*) AS n FROM public.users GROUP BY role; "
            "CREATE UNIQUE INDEX ix_mv ON public.mv (role)"
        ),
        ("mv",),
        prune=True,
    ),
    "statistics extra": Case(
        "CREATE STATISTICS public.st ON role, name FROM public.users",
        ("statistics", "st"),
        prune=True,
        undeclared=("statistics",),
    ),
    "rule extra": Case(
        "CREATE RULE ru AS ON DELETE TO public.users DO INSTEAD NOTHING",
        ("rule", "ru"),
        prune=True,
        undeclared=("rule",),
    ),
    "comment on a table extra": Case(
        "COMMENT ON TABLE public.users IS 'people, 100%'", ("users",), prune=True
    ),
    "comment on a column extra": Case(
        "COMMENT ON COLUMN public.users.bio IS 'it''s a life'", ("users", "bio"), prune=True
    ),
    "comment on a constraint extra": Case(
        "COMMENT ON CONSTRAINT ck_users_role ON public.users IS 'roles'",
        ("comment", "ck_users_role"),
        prune=True,
    ),
    "comment on an index extra": Case(
        "COMMENT ON INDEX public.uq_users_email_lower IS 'mail'",
        ("comment", "uq_users_email_lower"),
        prune=True,
    ),
    "comment on a function extra": Case(
        "COMMENT ON FUNCTION app.is_admin() IS 'admins'",
        ("comment", "is_admin"),
        prune=True,
    ),
    "comment on a policy extra": Case(
        "COMMENT ON POLICY users_app_user_select ON public.users IS 'own row'",
        ("comment", "users_app_user_select"),
        prune=True,
    ),
    "comment on a view extra": Case(
        "COMMENT ON VIEW public.v_session_details IS 'it''s a view'",
        ("comment", "v_session_details"),
        prune=True,
    ),
    "comment on a constraint that is made anew": Case(
        """ALTER TABLE public.users DROP CONSTRAINT ck_users_role,
          ADD CONSTRAINT ck_users_role CHECK (role <> '');
        COMMENT ON CONSTRAINT ck_users_role ON public.users IS 'roles'""",
        ("ck_users_role",),
        prune=True,
        undeclared=("comment constraint ck_users_role",),
    ),
    "comment on a policy that is made anew": Case(
        """ALTER POLICY users_app_user_select ON public.users USING (false);
        COMMENT ON POLICY users_app_user_select ON public.users IS 'nobody'""",
        ("users_app_user_select",),
        prune=True,
        undeclared=("comment policy users_app_user_select",),
    ),
    "owner of a table": Case(
        "ALTER TABLE public.materials OWNER TO pg_monitor", ("owner", "materials"), mendable=OWNER
    ),
    "owner of a function": Case(
        "ALTER FUNCTION app.is_admin() OWNER TO pg_monitor", ("owner", "is_admin"), mendable=OWNER
    ),
    "owner of a view": Case(
        "ALTER VIEW public.v_session_details OWNER TO pg_monitor",
        ("owner", "v_session_details"),
        mendable=OWNER,
    ),
    "owner of a schema": Case("ALTER SCHEMA app OWNER TO pg_monitor", ("owner", "app"), mendable=OWNER),
}
