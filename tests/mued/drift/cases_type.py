"""Schemas, extensions, enums, domains and other types."""

from __future__ import annotations

from case import Case

SHARED = "whoever made it may use it elsewhere: what does not carry our mark stays"

CASES: dict[str, Case] = {
    "schema extra, made by us": Case(
        "CREATE SCHEMA stray; COMMENT ON SCHEMA stray IS '(made by app_schema)'",
        ("stray",),
        prune=True,
        schemas=("stray",),
    ),
    "schema extra, made by others": Case(
        "CREATE SCHEMA stray", ("stray",), prune=True, mendable=SHARED, schemas=("stray",)
    ),
    "schema missing": Case(
        "DROP SCHEMA muednote_v3 CASCADE",
        ("muednote_v3", "fragments", "tr_tags_touch", "ix_fragment_tags_tag_id"),
    ),
    "extension missing": Case(
        "DROP EXTENSION btree_gist CASCADE", ("extension", "btree_gist", "ex_lesson_slots_mentor_id_time")
    ),
    "extension missing, with a type in use": Case(
        "DROP EXTENSION vector CASCADE",
        ("extension", "vector", "ix_rag_embeddings_halfvec_session", "v_rag_embeddings_with_source"),
    ),
    "extension in another schema": Case("ALTER EXTENSION pg_trgm SET SCHEMA app", ("extension", "pg_trgm")),
    "extension extra, made by us": Case(
        "CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'data type for case-insensitive "
        "character strings (made by app_schema)'",
        ("citext",),
        prune=True,
    ),
    "extension extra, made by others": Case(
        "CREATE EXTENSION citext", ("citext",), prune=True, mendable=SHARED
    ),
    "enum label missing": Case(
        """ALTER TYPE public.memory_type RENAME TO was; CREATE TYPE public.memory_type AS ENUM ('preference',
          'pattern', 'feedback');
        ALTER TABLE public.user_ai_memories ALTER memory_type TYPE public.memory_type USING
          memory_type::text::public.memory_type;
        DROP TYPE public.was""",
        ("enum", "memory_type"),
    ),
    "enum label in the middle missing": Case(
        """ALTER TYPE public.response_length RENAME TO was;
          CREATE TYPE public.response_length AS ENUM ('concise', 'detailed');
        ALTER TABLE public.user_ai_profiles ALTER response_length DROP DEFAULT,
          ALTER response_length TYPE public.response_length USING
            response_length::text::public.response_length,
          ALTER response_length SET DEFAULT 'concise'; DROP TYPE public.was""",
        ("enum", "response_length"),
    ),
    "enum label added": Case("ALTER TYPE public.chat_role ADD VALUE 'tool'", ("enum", "chat_role")),
    "enum label added first": Case(
        "ALTER TYPE public.session_type ADD VALUE 'warm up' BEFORE 'composition'", ("enum", "session_type")
    ),
    "enum label renamed": Case(
        "ALTER TYPE public.chat_role RENAME VALUE 'system' TO 'machine'", ("enum", "chat_role")
    ),
    "enum labels in another order": Case(
        """ALTER TYPE public.memory_type RENAME TO was; CREATE TYPE public.memory_type AS ENUM ('knowledge',
          'pattern', 'feedback', 'preference');
        ALTER TABLE public.user_ai_memories ALTER memory_type TYPE public.memory_type USING
          memory_type::text::public.memory_type;
        DROP TYPE public.was""",
        ("enum", "memory_type"),
    ),
    "enum missing": Case("DROP TYPE public.log_type CASCADE", ("enum", "log_type", "log_entries")),
    "enum renamed": Case(
        "ALTER TYPE public.license_type RENAME TO licence",
        ("license_type", "licence"),
    ),
    "enum extra": Case(
        "CREATE TYPE public.mood AS ENUM ('low', 'it''s high')",
        ("enum", "mood"),
        prune=True,
        undeclared=("mood",),
    ),
    "enum without labels extra": Case("CREATE TYPE app.nothing AS ENUM ()", ("nothing",), prune=True),
    "enum that PUBLIC may not use": Case(
        "REVOKE USAGE ON TYPE public.chat_role FROM PUBLIC",
        ("chat_role",),
        mendable="privileges on types cannot be declared",
    ),
    "domain extra": Case(
        "CREATE DOMAIN public.email AS text NOT NULL DEFAULT 'a@b' CONSTRAINT has_at CHECK (VALUE ~ '@')",
        ("email",),
        prune=True,
    ),
    "composite type extra": Case("CREATE TYPE public.pair AS (a int, b text)", ("pair",), prune=True),
    "range type extra": Case(
        "CREATE TYPE public.floats AS RANGE (subtype = float8)",
        ("floats",),
        prune=True,
    ),
}
