"""The operations of ours, but for those on constraints and indexes and on who may do what."""

from __future__ import annotations

from typing import Any

from harness import BASE, Case

TOUCH = (
    "CREATE FUNCTION s.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
    "CREATE FUNCTION s.other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
)
BODY = "SELECT n % 2 = 0 -- it's $$even$$"


def _function(op: Any) -> None:
    op.create_function(
        "even",
        BODY,
        arguments="n integer",
        returns="boolean",
        language="sql",
        volatility="STABLE",
        security="DEFINER",
        execute=["case_reader"],
        schema="s",
    )


def _made(
    *,
    body: str = BODY,
    returns: str = "boolean",
    options: str = "STABLE SECURITY DEFINER SET search_path TO ''",
    grant: str = "case_reader",
    language: str = "sql",
) -> str:
    return (
        f"CREATE FUNCTION s.even(n integer) RETURNS {returns} LANGUAGE {language} {options} "
        f"AS $body${body}$body$;"
        f"REVOKE ALL ON FUNCTION s.even FROM PUBLIC; GRANT EXECUTE ON FUNCTION s.even TO {grant}"
    )


TRIGGER = (
    "CREATE TRIGGER tr BEFORE UPDATE OF a ON s.t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a) "
    "EXECUTE FUNCTION s.touch()"
)


def _trigger(op: Any) -> None:
    op.create_trigger(
        "tr", "t", before="UPDATE OF a", when="OLD.a IS DISTINCT FROM NEW.a", execute="s.touch()", schema="s"
    )


VIEW = "CREATE VIEW s.v WITH (security_invoker=true) AS SELECT a, b || '%' AS c FROM s.t WHERE b LIKE 'x%'"
DONE = (
    "CREATE TABLE public.alembic_run_once "
    "(key text PRIMARY KEY, statement text NOT NULL, done_at timestamptz DEFAULT now()); "
    "INSERT INTO public.alembic_run_once VALUES ('fill-a', 'SELECT 1')"
)


CASES: dict[str, Case] = {
    "create_schema": Case("", lambda op: op.create_schema("s2")),
    "drop_schema": Case(
        "CREATE SCHEMA s2; COMMENT ON SCHEMA s2 IS '(made by app_schema)';", lambda op: op.drop_schema("s2")
    ),
    "create_extension": Case(
        "CREATE SCHEMA s;",
        lambda op: op.create_extension("pg_trgm", schema="s", version="1.1"),
        {
            "schema": (
                "CREATE SCHEMA s3; CREATE EXTENSION pg_trgm SCHEMA s3",
                ("extension pg_trgm", "in schema s3", "in schema s"),
            ),
            "version": (
                (
                    "CREATE EXTENSION pg_trgm SCHEMA s; "
                    "UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_trgm'"
                ),
                ("extension pg_trgm", "version 1.0"),
            ),
        },
    ),
    "drop_extension": Case(
        "CREATE EXTENSION pg_trgm; COMMENT ON EXTENSION pg_trgm IS 'x (made by app_schema)';",
        lambda op: op.drop_extension("pg_trgm"),
    ),
    "create_role": Case(
        "",
        lambda op: op.create_role("case_role"),
        {
            "may log in": ("CREATE ROLE case_role LOGIN", ("role case_role", " LOGIN", "NOLOGIN")),
            "bypasses RLS": ("CREATE ROLE case_role BYPASSRLS", ("BYPASSRLS",)),
        },
    ),
    "drop_role": Case(
        "CREATE ROLE case_role; COMMENT ON ROLE case_role IS '(made by app_schema)';",
        lambda op: op.drop_role("case_role"),
    ),
    "replace_role": Case("CREATE ROLE case_role LOGIN;", lambda op: op.replace_role("case_role")),
    "create_enum": Case(
        # the same name in another schema is another object
        "CREATE SCHEMA s; CREATE TYPE public.mood AS ENUM ('other');",
        lambda op: op.create_enum("mood", ["low", "high"], schema="s"),
        {
            "label": ("CREATE TYPE s.mood AS ENUM ('low', 'top')", ("enum mood", "'top'", "'high'")),
            "order": (
                "CREATE TYPE s.mood AS ENUM ('high', 'low')",
                ("enum mood", "'high', 'low'", "'low', 'high'"),
            ),
            "other kind: table": ("CREATE TABLE s.mood ()", ("enum mood", "the type of a relation")),
            "other kind: domain": ("CREATE DOMAIN s.mood AS text", ("enum mood", "a domain")),
        },
    ),
    "drop_enum": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low');",
        lambda op: op.drop_enum("mood", schema="s"),
        {
            "other kind: domain": (
                "DROP TYPE s.mood; CREATE DOMAIN s.mood AS text",
                ("enum mood", "domain", "enum"),
            )
        },
    ),
    "replace_enum": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low', 'mid', 'high'); "
        "CREATE TABLE s.m (mood s.mood DEFAULT 'low', moods s.mood[] DEFAULT '{low}'); "
        "INSERT INTO s.m VALUES ('high', '{high,low}');",
        lambda op: op.replace_enum(
            "mood", ["high", "low"], old={"labels": ["low", "mid", "high"]}, schema="s"
        ),
        {
            "a label in use": ("INSERT INTO s.m VALUES ('mid'), ('mid')", ("enum mood", "2 rows", "s.m")),
            "a label in use in an array": (
                "INSERT INTO s.m VALUES ('low', '{mid}')",
                ("enum mood", "1 rows", "moods"),
            ),
            "neither old nor new": ("ALTER TYPE s.mood ADD VALUE 'top'", ("enum mood", "'top'", "or before")),
        },
    ),
    "add_enum_value": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low', 'high');",
        lambda op: op.add_enum_value("mood", "it's 5 %", schema="s"),
        {},
        commits=True,
    ),
    "add_enum_value before": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low', 'high');",
        lambda op: op.add_enum_value("mood", "mid", before="high", schema="s"),
        {
            "elsewhere": (
                "ALTER TYPE s.mood ADD VALUE 'mid'",
                ("'mid' of enum s.mood", "already exists in another place", "before 'high'"),
            ),
            "enum absent": ("DROP TYPE s.mood", ("mid", "the enum is absent")),
        },
        commits=True,
    ),
    "add_enum_value after": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low', 'high');",
        lambda op: op.add_enum_value("mood", "mid", after="low", schema="s"),
        {
            "elsewhere": (
                "ALTER TYPE s.mood ADD VALUE 'mid'",
                ("already exists in another place", "after 'low'"),
            )
        },
        commits=True,
    ),
    "rename_enum_value": Case(
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('low', 'high');",
        lambda op: op.rename_enum_value("mood", "high", "top", schema="s"),
        {
            "neither": (
                "ALTER TYPE s.mood RENAME VALUE 'high' TO 'third'",
                ("'high' of enum s.mood", "third"),
            ),
            "both": ("ALTER TYPE s.mood ADD VALUE 'top'", ("cannot be renamed",)),
        },
    ),
    "create_function": Case(
        BASE,
        _function,
        {
            "body": (_made(body="SELECT true"), ("function s.even(n integer)", "SELECT true", "$$even$$")),
            "return type": (
                _made(returns="integer", body="SELECT n"),
                ("RETURNS integer", "RETURNS boolean"),
            ),
            "volatility": (
                _made(options="VOLATILE SECURITY DEFINER SET search_path TO ''"),
                ("VOLATILE", "STABLE"),
            ),
            "security": (
                _made(options="STABLE SET search_path TO ''"),
                ("SECURITY INVOKER", "SECURITY DEFINER"),
            ),
            "search_path": (_made(options="STABLE SECURITY DEFINER"), ("SET nothing", 'search_path=""')),
            "strictness": (
                _made(options="STABLE STRICT SECURITY DEFINER SET search_path TO ''"),
                ("STRICT",),
            ),
            "language": (
                _made(language="plpgsql", body="BEGIN RETURN true; END"),
                ("LANGUAGE plpgsql", "LANGUAGE sql"),
            ),
            "who may execute": (_made(grant="PUBLIC"), ("EXECUTE TO", "PUBLIC", "case_reader")),
            "parallel": (
                _made(options="STABLE SECURITY DEFINER PARALLEL SAFE SET search_path TO ''"),
                ("PARALLEL SAFE",),
            ),
            "argument name": (
                _made(body="SELECT true").replace("(n integer)", "(m integer)"),
                ("(m integer)", "(n integer)"),
            ),
            "other kind: procedure": (
                "CREATE PROCEDURE s.even(n integer) LANGUAGE sql AS 'SELECT 1'",
                ("function s.even", "procedure"),
            ),
        },
    ),
    "create_function overload": Case(
        # other arguments: another object
        BASE + "CREATE FUNCTION s.even(n bigint) RETURNS text LANGUAGE sql AS 'SELECT 1::text';",
        _function,
    ),
    "drop_function": Case(
        BASE + _made() + ";", lambda op: op.drop_function("even", arguments="n integer", schema="s")
    ),
    "replace_function": Case(
        BASE + _made(body="SELECT true") + ";",
        lambda op: op.replace_function(
            "even",
            BODY,
            arguments="n integer",
            returns="boolean",
            language="sql",
            volatility="STABLE",
            security="DEFINER",
            execute=["case_reader"],
            schema="s",
            old={"body": "SELECT true"},
        ),
        {
            "neither old nor new": (
                _made(body="SELECT false").replace("CREATE", "CREATE OR REPLACE", 1),
                ("SELECT false", "SELECT true"),
            )
        },
    ),
    "replace_function return type": Case(
        BASE + _made(body="SELECT 1", returns="integer", grant="case_writer") + ";",
        lambda op: op.replace_function(
            "even",
            BODY,
            arguments="n integer",
            returns="boolean",
            language="sql",
            volatility="STABLE",
            security="DEFINER",
            execute=["case_reader"],
            schema="s",
        ),
    ),
    "create_trigger": Case(
        # the same name on another table is another object
        BASE
        + TOUCH
        + TRIGGER.replace("s.t ", "s.parent ").replace("OF a", "OF id").replace(".a", ".id")
        + ";",
        _trigger,
        {
            "timing": (TRIGGER.replace("BEFORE", "AFTER"), ("trigger tr on s.t", "AFTER", "BEFORE")),
            "function": (TRIGGER.replace("touch", "other"), ("s.other()", "s.touch()")),
            "events": (TRIGGER.replace("UPDATE OF a", "UPDATE OF b"), ("UPDATE OF b", "UPDATE OF a")),
            "when": (TRIGGER.replace("NEW.a)", "5)"), ("trigger tr on s.t", "5")),
            "for each": (
                TRIGGER.replace("FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a)", "FOR EACH STATEMENT"),
                ("FOR EACH STATEMENT", "FOR EACH ROW"),
            ),
            "disabled": (
                TRIGGER + "; ALTER TABLE s.t DISABLE TRIGGER tr",
                ("trigger tr on s.t", "(disabled)"),
            ),
        },
    ),
    "drop_trigger": Case(BASE + TOUCH + TRIGGER + ";", lambda op: op.drop_trigger("tr", "t", schema="s")),
    "replace_trigger": Case(
        BASE + TOUCH + TRIGGER.replace("touch", "other") + ";",
        lambda op: op.replace_trigger(
            "tr",
            "t",
            before="UPDATE OF a",
            when="OLD.a IS DISTINCT FROM NEW.a",
            execute="s.touch()",
            schema="s",
            old={"execute": "s.other()"},
        ),
        {"disabled": ("ALTER TABLE s.t DISABLE TRIGGER tr", ("trigger tr on s.t", "(disabled)"))},
    ),
    "create_view": Case(
        BASE,
        lambda op: op.create_view(
            "v",
            "SELECT a, b || '%' AS c FROM s.t WHERE b LIKE 'x%'",
            options={"security_invoker": True},
            schema="s",
        ),
        {
            "definition": (VIEW.replace("x%", "y%"), ("view s.v", "y%", "x%")),
            "options": (
                "CREATE VIEW s.v AS SELECT a, b || '%' AS c FROM s.t WHERE b LIKE 'x%'",
                ("view s.v", "security_invoker=true"),
            ),
            "columns": (VIEW.replace("AS c", "AS d"), ("(a, d)", "(a, c)")),
            "other kind: table": ("CREATE TABLE s.v ()", ("view s.v", "table")),
            "other kind: materialized view": (
                "CREATE MATERIALIZED VIEW s.v AS SELECT 1 AS a",
                ("view s.v", "materialized view"),
            ),
        },
    ),
    "drop_view": Case(
        BASE + "CREATE VIEW s.v AS SELECT a FROM s.t;",
        lambda op: op.drop_view("v", schema="s"),
        {"other kind: table": ("DROP VIEW s.v; CREATE TABLE s.v ()", ("view s.v", "table"))},
    ),
    "replace_view": Case(
        BASE + "CREATE VIEW s.v AS SELECT a, b FROM s.t;",
        lambda op: op.replace_view(
            "v", "SELECT b FROM s.t", schema="s", old={"definition": "SELECT a, b FROM s.t"}
        ),
        {"neither old nor new": ("CREATE OR REPLACE VIEW s.v AS SELECT a, b, c FROM s.t", ("view s.v", "c"))},
    ),
    "create_view materialized": Case(
        BASE,
        lambda op: op.create_view("v", "SELECT a FROM s.t", materialized=True, schema="s"),
        {
            "definition": (
                "CREATE MATERIALIZED VIEW s.v AS SELECT id AS a FROM s.t",
                ("materialized view s.v", "id AS a"),
            )
        },
    ),
    "drop_view materialized": Case(
        BASE + "CREATE MATERIALIZED VIEW s.v AS SELECT a FROM s.t;",
        lambda op: op.drop_view("v", materialized=True, schema="s"),
    ),
    "replace_view materialized": Case(
        BASE + "CREATE MATERIALIZED VIEW s.v AS SELECT a FROM s.t;",
        lambda op: op.replace_view("v", "SELECT b FROM s.t", materialized=True, schema="s"),
    ),
    "run_once": Case(
        BASE,
        lambda op: op.run_once("fill-a", "INSERT INTO s.t (a) VALUES (100 % 7)"),
        {"another statement": (DONE, ("fill-a", "SELECT 1", "100 % 7"))},
    ),
    "undo_once": Case(
        BASE + DONE + ";", lambda op: op.undo_once("fill-a", "DELETE FROM s.t WHERE a % 100 = 2")
    ),
}
