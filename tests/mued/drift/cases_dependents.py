"""Drift that other objects stand in the way of mending: PostgreSQL refuses to alter what they read."""

from __future__ import annotations

from case import Case


def _around(
    change: str,
    *,
    views: tuple[str, ...] = (),
    policies: tuple[str, ...] = (),
    triggers: tuple[str, ...] = (),
) -> str:
    """The change, with the views, policies and triggers dropped before it and made again after it."""
    names = ", ".join(f"'{name}'" for name in (*views, *policies, *triggers))
    return f"""
    SET LOCAL search_path = '';
    DO $around$
    DECLARE
      one record;
      made text[] := '{{}}';
    BEGIN
      FOR one IN
        SELECT format('VIEW %s', c.oid::regclass) AS old,
               format('CREATE VIEW %s WITH (security_invoker = true) AS %s', c.oid::regclass,
                 pg_get_viewdef(c.oid)) AS new
          FROM pg_class AS c WHERE c.relname IN ({names}) AND c.relkind = 'v'
        UNION ALL
        SELECT format('POLICY %I ON %s', p.polname, p.polrelid::regclass),
               format('CREATE POLICY %I ON %s FOR %s TO %s%s%s', p.polname, p.polrelid::regclass,
                 CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd'
                   THEN 'DELETE' ELSE 'ALL' END,
                 (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) AS r),
                 ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                   ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
          FROM pg_policy AS p WHERE p.polname IN ({names})
        UNION ALL
        SELECT format('TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass),
          pg_get_triggerdef(t.oid) FROM pg_trigger AS t WHERE t.tgname IN ({names})
      LOOP
        EXECUTE 'DROP ' || one.old;
        made := made || one.new;
      END LOOP;
      {change};
      FOR one IN SELECT unnest(made) AS new LOOP
        EXECUTE one.new;
      END LOOP;
    END $around$;
    RESET search_path
    """


def _relabelled(enum: str, labels: str, column: str, default: str | None = None) -> str:
    """The enum with these labels, and its only column with this default."""
    table, _, name = column.rpartition(".")
    default_back = f"ALTER TABLE {table} ALTER {name} SET DEFAULT '{default}';" if default else ""
    return f"""
    ALTER TYPE {enum} RENAME TO was;
    CREATE TYPE {enum} AS ENUM ({labels});
    ALTER TABLE {table} ALTER {name} DROP DEFAULT, ALTER {name} TYPE {enum} USING {name}::text::{enum};
    {default_back}
    DROP TYPE {enum.rpartition(".")[0]}.was"""


PROFILE = """
    DROP FUNCTION app.public_profile(uuid);
    CREATE FUNCTION app.public_profile(person uuid) RETURNS TABLE
      (id uuid, name text, role text, profile_image_url text, bio text, skills jsonb,
        email text) LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path TO '' AS 'SELECT u.id, u.name, u.role, u.profile_image_url, u.bio, u.skills,
        u.email FROM public.users AS u WHERE u.id = person';
    REVOKE ALL ON FUNCTION app.public_profile FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION app.public_profile TO app_user, service_account"""
UNDECLARED_VIEW = "CREATE VIEW app.stray AS SELECT amount::text AS amount, status FROM public.reservations"

CASES: dict[str, Case] = {
    "type of a column that a policy reads": Case(
        _around(
            "ALTER TABLE public.reservations ALTER amount TYPE numeric(12,2)",
            policies=("reservations_app_user_insert",),
        ),
        ("reservations", "amount"),
    ),
    "type of a column that policies, checks and indexes read": Case(
        _around(
            "ALTER TABLE public.lesson_slots ALTER status TYPE varchar(20)",
            policies=("lesson_slots_app_user_select",),
        ),
        ("lesson_slots", "status"),
    ),
    "type of a column that a view and a trigger read": Case(
        _around(
            "ALTER TABLE public.sessions ALTER title TYPE varchar(250)",
            views=("v_session_details", "v_rag_embeddings_with_source"),
            triggers=("tr_sessions_stale_embedding",),
        ),
        ("sessions", "title"),
    ),
    "type of a column that a view, a policy and a function read": Case(
        _around(
            (
                "CREATE DOMAIN public.flag AS boolean; "
                "ALTER TABLE public.sessions ALTER share_with_mentor TYPE public.flag"
            ),
            views=("v_session_details",),
            policies=("sessions_app_user_select",),
        ),
        ("sessions", "share_with_mentor", "flag"),
        prune=True,
        undeclared=("flag",),
    ),
    "type of a column that an undeclared view reads": Case(
        _around(
            "ALTER TABLE public.reservations ALTER amount TYPE numeric(12,2)",
            policies=("reservations_app_user_insert",),
        )
        + f"; {UNDECLARED_VIEW}",
        ("amount", "stray"),
        prune=True,
        undeclared=("stray",),
    ),
    "type of a column that an undeclared view reads, which stays": Case(
        _around(
            "ALTER TABLE public.reservations ALTER amount TYPE numeric(12,2)",
            policies=("reservations_app_user_insert",),
        )
        + f"; {UNDECLARED_VIEW}",
        ("amount", "stray"),
        undeclared=("stray",),
    ),
    "type of a key that keys refer to": Case(
        """ALTER TABLE public.session_tags DROP CONSTRAINT fk_session_tags_session_id_chat_sessions;
        DROP POLICY session_tags_app_user_all ON public.session_tags;
          ALTER TABLE public.session_tags ALTER session_id TYPE text""",
        ("session_tags", "session_id", "fk_session_tags_session_id_chat_sessions"),
    ),
    "length of a vector that indexes, a check and a view read": Case(
        _around(
            """ALTER TABLE public.rag_embeddings ALTER embedding TYPE public.vector(768)""",
            views=("v_rag_embeddings_with_source",),
        ),
        ("rag_embeddings", "embedding"),
    ),
    "enum that views use": Case(
        _around(
            """ALTER TYPE public.interview_depth RENAME TO was;
            CREATE TYPE public.interview_depth AS ENUM ('shallow', 'deep', 'abyss');
            ALTER TABLE public.interview_questions ALTER depth TYPE public.interview_depth USING
              depth::text::public.interview_depth;
            ALTER TABLE public.question_templates ALTER depth TYPE public.interview_depth USING
              depth::text::public.interview_depth;
            DROP TYPE public.was""",
            views=("v_interview_qa_pairs", "v_rag_embeddings_with_source"),
        ),
        ("enum", "interview_depth"),
    ),
    "enum that a check and an index use": Case(
        "ALTER TYPE public.webhook_status ADD VALUE 'ignored'", ("enum", "webhook_status")
    ),
    "enum label extra, and a default uses it": Case(
        _relabelled(
            "muednote_v3.fragment_importance",
            "'urgent', 'low', 'medium', 'high', 'critical'",
            "muednote_v3.fragments.importance",
            "urgent",
        ),
        ("enum", "fragment_importance", "importance"),
    ),
    "enum label missing, and a partial index and a default use the enum": Case(
        f"""DROP INDEX muednote_v3.ix_fragments_captured_at_pending;
        {
            _relabelled(
                "muednote_v3.fragment_status",
                "'pending', 'processing', 'failed', 'archived'",
                "muednote_v3.fragments.status",
                "pending",
            )
        };
        CREATE INDEX ix_fragments_captured_at_pending ON muednote_v3.fragments (captured_at)
          WHERE status = 'pending'""",
        ("enum", "fragment_status"),
    ),
    "enum label missing, and a policy reads the column": Case(
        _around(
            _relabelled("public.chat_role", "'user', 'system'", "public.chat_messages.role"),
            policies=("chat_messages_app_user_all",),
        ),
        ("enum", "chat_role"),
    ),
    "enum label missing, and views read the column, one of them undeclared": Case(
        _around(
            _relabelled("public.session_status", "'draft', 'completed'", "public.sessions.status", "draft"),
            views=("v_session_details",),
        )
        + "; CREATE VIEW app.stray AS SELECT status FROM public.v_session_details; "
        "GRANT SELECT ON app.stray TO app_user",
        ("enum", "session_status"),
        undeclared=("stray",),
    ),
    "type of a column that a generated column with an undeclared index reads": Case(
        """ALTER TABLE public.provenance DROP expires_at, ALTER acquired_at TYPE timestamptz(3),
          ADD expires_at timestamptz GENERATED ALWAYS AS
            ((acquired_at AT TIME ZONE 'UTC' + make_interval(years => retention_years)) AT TIME ZONE 'UTC')
            STORED;
        CREATE INDEX ix_provenance_expires_at ON public.provenance (expires_at) WHERE expires_at IS NOT NULL;
        ALTER TABLE public.provenance ADD CONSTRAINT uq_stray UNIQUE (expires_at);
        GRANT SELECT (expires_at) ON public.provenance TO app_user""",
        ("provenance", "acquired_at"),
        undeclared=("uq_stray", "column grant app_user SELECT"),
    ),
    "primary key by which an undeclared view is grouped": Case(
        """ALTER TABLE public.rag_metrics_history DROP CONSTRAINT pk_rag_metrics_history;
        ALTER TABLE public.rag_metrics_history ADD CONSTRAINT pk_rag_metrics_history PRIMARY KEY (id, date);
        CREATE VIEW app.stray AS SELECT id, date, count(*) AS n, created_at
          FROM public.rag_metrics_history GROUP BY id, date""",
        ("pk_rag_metrics_history",),
        undeclared=("stray",),
    ),
    "unique constraint that a foreign key needs": Case(
        """ALTER TABLE public.reservations DROP CONSTRAINT fk_reservations_slot_id_mentor_id_lesson_slots;
        ALTER TABLE public.lesson_slots DROP CONSTRAINT uq_lesson_slots_id_mentor_id;
        ALTER TABLE public.lesson_slots ADD CONSTRAINT uq_lesson_slots_id_mentor_id UNIQUE (mentor_id, id);
        ALTER TABLE public.reservations ADD CONSTRAINT fk_reservations_slot_id_mentor_id_lesson_slots
          FOREIGN KEY (slot_id, mentor_id) REFERENCES public.lesson_slots (id,
            mentor_id) ON DELETE RESTRICT""",
        ("uq_lesson_slots_id_mentor_id",),
    ),
    "column missing that policies, an index and grants need": Case(
        "ALTER TABLE public.materials DROP COLUMN is_public CASCADE",
        ("materials", "is_public", "materials_app_user_select", "ix_materials_created_at_library"),
    ),
    "column missing that a view needs": Case(
        "ALTER TABLE public.interview_questions DROP COLUMN text CASCADE",
        ("interview_questions", "text", "v_interview_qa_pairs"),
    ),
    "function that a view calls returns something else": Case(
        _around(PROFILE, views=("v_session_details",)), ("public_profile",)
    ),
    "function whose argument was renamed, and a policy calls it": Case(
        _around(
            """DROP FUNCTION app.can_book(uuid, uuid, numeric);
            CREATE FUNCTION app.can_book(slot uuid, mentor uuid,
              amount numeric) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
              SET search_path TO '' AS 'SELECT true'""",
            policies=("reservations_app_user_insert",),
        ),
        ("can_book",),
    ),
    "view reads an undeclared column": Case(
        """ALTER TABLE public.interview_questions ADD stray int;
        DROP VIEW public.v_interview_qa_pairs; CREATE VIEW public.v_interview_qa_pairs AS SELECT id,
          stray FROM public.interview_questions""",
        ("v_interview_qa_pairs", "stray"),
        prune=True,
        undeclared=("stray",),
    ),
    "policy reads an undeclared table": Case(
        """CREATE TABLE public.friends (a uuid, b uuid); DROP POLICY users_app_user_select ON public.users;
        CREATE POLICY users_app_user_select ON public.users FOR SELECT TO app_user USING (EXISTS (SELECT FROM
          public.friends AS f WHERE f.a = users.id))""",
        ("users_app_user_select", "friends"),
        prune=True,
        undeclared=("friends",),
    ),
    "declared trigger calls an undeclared function": Case(
        """CREATE FUNCTION app.stray() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        DROP TRIGGER tr_users_touch ON public.users;
          CREATE TRIGGER tr_users_touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION
            app.stray()""",
        ("tr_users_touch", "stray"),
        prune=True,
        undeclared=("stray",),
    ),
    "declared column is of an undeclared enum": Case(
        """CREATE TYPE public.mood AS ENUM ('low', 'high');
        ALTER TABLE public.log_entries ALTER emotion TYPE public.mood USING emotion::public.mood,
          ALTER emotion SET DEFAULT 'low'""",
        ("log_entries", "emotion", "mood"),
        prune=True,
        undeclared=("mood",),
    ),
    "declared table has a key to an undeclared one": Case(
        """CREATE TABLE public.teams (id uuid PRIMARY KEY);
          ALTER TABLE public.users ADD team uuid CONSTRAINT fk_users_team REFERENCES public.teams;
        CREATE VIEW public.members AS SELECT u.id,
          u.team FROM public.users AS u JOIN public.teams AS t ON t.id = u.team""",
        ("teams", "fk_users_team", "members"),
        prune=True,
    ),
}
