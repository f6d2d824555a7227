"""For each check a database that breaks it, and where needed one that looks like it and does not."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app_schema.mued.models.one_of import one_of

METADATA = sa.MetaData()
sa.Table("closed", METADATA, sa.Column("plan", sa.Text), one_of("plan", "free", "it's"), schema="public")
sa.Table("loose", METADATA, sa.Column("mood", sa.Enum("up", "down", native_enum=False)))


@dataclass(frozen=True)
class Case:
    """SQL that breaks a check, and what the check calls the object. {role} is a role of the test's own."""

    check: str
    sql: str
    object: str
    severity: str
    said: str
    """part of the message"""
    committed: bool = False
    """it, or what mends it, cannot run in a transaction"""


_T = "CREATE TABLE t (id int PRIMARY KEY, owner uuid, other text);"
_ASK = """CREATE FUNCTION me() RETURNS uuid STABLE LANGUAGE sql AS 'SELECT NULL::uuid';
REVOKE ALL ON FUNCTION me() FROM PUBLIC;"""
_DEFINER = "CREATE FUNCTION f(a int) RETURNS int {} SECURITY DEFINER LANGUAGE sql AS 'SELECT a';"
_P = "CREATE TABLE p (id int PRIMARY KEY, b int, UNIQUE (id, b)); "

CASES = {
    "row security off, nobody may touch": Case(
        "row_security_off", _T, "table public.t", "info", "nobody but the owner"
    ),
    "row security off, one may read": Case(
        "row_security_off",
        f"{_T} GRANT SELECT ON t TO {{role}}",
        "table public.t",
        "error",
        "so {role} see every row",
    ),
    "row security off, one may read a column": Case(
        "row_security_off",
        f"{_T} GRANT SELECT (id) ON t TO PUBLIC",
        "table public.t",
        "error",
        "so PUBLIC see",
    ),
    "a policy, and row security off": Case(
        "row_security_off",
        f"{_T} GRANT SELECT ON t TO {{role}}; CREATE POLICY p ON t USING (true)",
        "table public.t",
        "error",
        "is off",
    ),
    "truncate past row security": Case(
        "privilege_past_row_security",
        f"{_T} ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT, TRUNCATE, REFERENCES ON t TO {{role}}",
        "table public.t",
        "error",
        "{role} holds REFERENCES, TRUNCATE on it",
    ),
    "trigger past row security": Case(
        "privilege_past_row_security",
        f"{_T} ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT TRIGGER ON t TO PUBLIC",
        "table public.t",
        "error",
        "PUBLIC holds TRIGGER on it",
    ),
    "column reference past row security": Case(
        "privilege_past_row_security",
        f"{_T} ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT REFERENCES (id) ON t TO {{role}}",
        "table public.t",
        "warning",
        "{role} holds REFERENCES on it",
    ),
    "truncate granted by another role than the owner": Case(
        "privilege_past_row_security",
        f"{_T} ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE ROLE {{role}}_mid BYPASSRLS;"
        " GRANT TRUNCATE ON t TO {role}_mid WITH GRANT OPTION;"
        " SET ROLE {role}_mid; GRANT TRUNCATE ON t TO {role}; RESET ROLE",
        "table public.t",
        "error",
        "{role} holds TRUNCATE on it",
    ),
    "policy that is always true": Case(
        "policy_is_always_true",
        f"{_T} CREATE POLICY a ON t FOR SELECT TO {{role}} USING (true OR owner IS NULL)",
        "policy a on public.t",
        "error",
        "its USING is true for every row, so the table is open to {role}",
    ),
    "policy that is always true for a role of the service and for another": Case(
        "policy_is_always_true",
        f"{_T} CREATE ROLE service_role; CREATE POLICY a ON t TO {{role}}, service_role USING (1 = 1)",
        "policy a on public.t",
        "error",
        "open to {role}, whatever",
    ),
    "policy that nobody declared": Case(
        "policy_is_not_declared",
        "CREATE TABLE closed (plan text); CREATE POLICY a ON closed USING (plan = 'free')",
        "policy a on public.closed",
        "error",
        "nobody declared it",
    ),
    "no policy": Case(
        "row_security_without_policy",
        f"{_T} ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "table public.t",
        "warning",
        "without a policy",
    ),
    "two policies for one command": Case(
        "several_permissive_policies",
        f"{_T} CREATE POLICY a ON t FOR SELECT TO {{role}} USING (id = 1);"
        " CREATE POLICY b ON t FOR SELECT TO {role} USING (id = 2)",
        "table public.t",
        "warning",
        "2 permissive policies let {role} do SELECT, and each is tried on a row: a, b",
    ),
    "one for all commands and one for updates": Case(
        "several_permissive_policies",
        f"{_T} CREATE POLICY a ON t TO {{role}}, CURRENT_USER USING (id = 1);"
        " CREATE POLICY b ON t FOR UPDATE TO {role} USING (id = 2) WITH CHECK (id > 2)",
        "table public.t",
        "warning",
        "let {role} do UPDATE",
    ),
    "one for everybody and one for a role": Case(
        "several_permissive_policies",
        f"{_T} GRANT SELECT ON t TO {{role}}; CREATE POLICY a ON t USING (id = 1);"
        " CREATE POLICY b ON t FOR DELETE TO {role} USING (id = 2)",
        "table public.t",
        "warning",
        "let {role} do DELETE",
    ),
    "two for everybody": Case(
        "several_permissive_policies",
        f"{_T} CREATE POLICY a ON t USING (id = 1); CREATE POLICY b ON t FOR INSERT WITH CHECK (id > 1)",
        "table public.t",
        "warning",
        "let PUBLIC do INSERT",
    ),
    "a bare call in USING": Case(
        "identity_per_row",
        f"{_T} {_ASK} CREATE POLICY a ON t USING (owner = me() AND owner <> (SELECT me()))",
        "policy a on public.t",
        "warning",
        "public.me is called for each row",
    ),
    "a bare call in WITH CHECK": Case(
        "identity_per_row",
        f"{_T} {_ASK} CREATE POLICY a ON t FOR INSERT WITH CHECK (me() = owner)",
        "policy a on public.t",
        "warning",
        "public.me",
    ),
    "a bare setting": Case(
        "identity_per_row",
        f"{_T} CREATE POLICY a ON t USING (other = current_setting('app.(it''s)', true))",
        "policy a on public.t",
        "warning",
        "current_setting",
    ),
    "a bare call that a sub-query of a table shows": Case(
        "identity_per_row",
        f"{_T} {_ASK} CREATE POLICY a ON t USING (owner IN (SELECT me() FROM t AS o))",
        "policy a on public.t",
        "warning",
        "public.me",
    ),
    "a bare call in a sub-query that reads a table": Case(
        "identity_per_row",
        f"{_T} {_ASK} CREATE POLICY a ON t"
        " USING (EXISTS (SELECT FROM t AS o WHERE o.id = t.id AND o.owner = me()))",
        "policy a on public.t",
        "warning",
        "public.me",
    ),
    "definer without a path": Case(
        "definer_search_path", _DEFINER.format(""), "function public.f(integer)", "error", "without a pinned"
    ),
    "definer with a path that names pg_temp first and last": Case(
        "definer_search_path",
        _DEFINER.format("SET search_path = pg_temp, pg_catalog, pg_temp"),
        "function public.f(integer)",
        "error",
        "does not end with pg_temp, or names it before",
    ),
    "definer with a path that pg_temp leads": Case(
        "definer_search_path",
        _DEFINER.format("SET search_path = pg_catalog, public"),
        "function public.f(integer)",
        "error",
        "does not end with pg_temp, or names it before",
    ),
    "definer that everybody may execute": Case(
        "definer_executable_by_public",
        _DEFINER.format("SET search_path = ''"),
        "function public.f(integer)",
        "error",
        "every role",
    ),
    "view with the rights of its owner": Case(
        "view_without_security_invoker",
        "CREATE VIEW v WITH (security_invoker = off) AS SELECT 1 AS one",
        "view public.v",
        "error",
        "rights of its owner",
    ),
    "readable copy": Case(
        "materialized_view_is_readable",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; GRANT SELECT ON m TO {role}, PUBLIC",
        "materialized view public.m",
        "error",
        "may read it",
    ),
    "table for everybody": Case(
        "grant_to_public",
        f"{_T} GRANT SELECT, DELETE ON t TO PUBLIC",
        "table public.t",
        "error",
        "holds DELETE, SELECT on it",
    ),
    "column for everybody": Case(
        "grant_to_public",
        f"{_T} GRANT UPDATE (id) ON t TO PUBLIC",
        "column id of public.t",
        "error",
        "UPDATE (id)",
    ),
    "sequence for everybody": Case(
        "grant_to_public",
        "CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO PUBLIC",
        "sequence public.s",
        "error",
        "USAGE",
    ),
    "sequence for everybody, by another role than the owner": Case(
        "grant_to_public",
        "CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO {role} WITH GRANT OPTION; SET ROLE {role};"
        " GRANT USAGE ON SEQUENCE s TO PUBLIC; RESET ROLE",
        "sequence public.s",
        "error",
        "USAGE",
    ),
    "schema for everybody": Case(
        "grant_to_public", "GRANT CREATE ON SCHEMA public TO PUBLIC", "schema public", "error", "CREATE"
    ),
    "function for everybody": Case(
        "grant_to_public",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function public.f()",
        "warning",
        "EXECUTE",
    ),
    "what will be made, for everybody": Case(
        "default_grant_to_public",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
        "default privileges of {role} on TABLES in public",
        "error",
        "SELECT",
    ),
    "login that bypasses": Case(
        "role_bypasses_row_security",
        "ALTER ROLE {role} LOGIN BYPASSRLS",
        "role {role}",
        "warning",
        "BYPASSRLS",
    ),
    "superuser with a policy": Case(
        "role_bypasses_row_security",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); ALTER ROLE {{role}} LOGIN SUPERUSER",
        "role {role}",
        "error",
        "is a superuser, though policies are written for it",
    ),
    "application that is a member of the service": Case(
        "application_role_acts_as_another",
        f"{_T} CREATE ROLE service_role; CREATE POLICY a ON t TO {{role}} USING (id = 1);"
        " CREATE POLICY b ON t TO service_role USING (true); CREATE ROLE {role}_mid;"
        " GRANT service_role TO {role}_mid; GRANT {role}_mid TO {role}",
        "role {role}",
        "error",
        "it may act as service_role, which sees all rows",
    ),
    "application that is a member of a role that bypasses": Case(
        "application_role_acts_as_another",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (id = 1); CREATE ROLE {{role}}_mid BYPASSRLS;"
        " GRANT {role}_mid TO {role}",
        "role {role}",
        "error",
        "it may act as {role}_mid, which no policy binds",
    ),
    "application that owns": Case(
        "application_role_owns_table",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); ALTER TABLE t OWNER TO {{role}}",
        "table public.t",
        "error",
        "is its owner",
    ),
    "application that has the rights of the owner": Case(
        "application_role_owns_table",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); CREATE ROLE {{role}}_owner;"
        " ALTER TABLE t OWNER TO {role}_owner; GRANT {role}_owner TO {role}",
        "table public.t",
        "error",
        "has the rights of its owner",
    ),
    "application that owns the database too": Case(
        "application_role_owns_table",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); ALTER TABLE t OWNER TO {{role}};"
        " DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I OWNER TO {role}', current_database()); END $$",
        "table public.t",
        "error",
        "is its owner",
    ),
    "application that has the rights of the owner by a third role": Case(
        "application_role_owns_table",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); CREATE ROLE {{role}}_owner;"
        " CREATE ROLE {role}_mid; ALTER TABLE t OWNER TO {role}_owner;"
        " GRANT {role}_owner TO {role}_mid; GRANT {role}_mid TO {role}",
        "table public.t",
        "error",
        "has the rights of its owner",
    ),
    "login of the application that owns": Case(
        "application_role_owns_table",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (true); CREATE ROLE {{role}}_login LOGIN;"
        " ALTER TABLE t OWNER TO {role}_login; GRANT {role} TO {role}_login",
        "table public.t",
        "warning",
        "{role}_login",
    ),
    "no primary key": Case(
        "table_without_primary_key", "CREATE TABLE t (n int)", "table public.t", "warning", "no primary key"
    ),
    "no primary key on id": Case(
        "table_without_primary_key", "CREATE TABLE t (id int)", "table public.t", "warning", "no primary key"
    ),
    "key without an index": Case(
        "foreign_key_without_index",
        f"{_P} CREATE TABLE c (p int CONSTRAINT fk REFERENCES p); CREATE INDEX ON c (p) WHERE p > 0",
        "constraint fk on public.c",
        "warning",
        "no index serves it",
        committed=True,
    ),
    "key whose index covers the first column": Case(
        "foreign_key_without_index",
        f"{_P} CREATE TABLE c (x int, y int, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (id, b));"
        " CREATE INDEX ON c (x)",
        "constraint fk on public.c",
        "info",
        "first column only (x, y)",
        committed=True,
    ),
    "key of another type": Case(
        "foreign_key_type",
        f"{_P} CREATE TABLE c (p bigint CONSTRAINT fk REFERENCES p)",
        "constraint fk on public.c",
        "warning",
        "p is bigint and points at integer",
    ),
    "two equal indexes": Case(
        "duplicate_index",
        f"{_T} CREATE INDEX a ON t (lower(other)) WHERE id > 0;"
        " CREATE INDEX b ON t (lower(other)) WHERE id > 0",
        "index public.b",
        "warning",
        "the same as public.a",
        committed=True,
    ),
    "a unique constraint beside the primary key": Case(
        "duplicate_index",
        f"{_T} ALTER TABLE t ADD CONSTRAINT u UNIQUE (id)",
        "index public.u",
        "warning",
        "the same as public.t_pkey",
    ),
    "a shorter index": Case(
        "redundant_index",
        f"{_T} CREATE INDEX a ON t (owner); CREATE INDEX b ON t (owner, id DESC)",
        "index public.a",
        "warning",
        "public.b on public.t begins with the same columns",
        committed=True,
    ),
    "an index that row security cannot use": Case(
        "index_past_row_security",
        "CREATE TYPE mood AS ENUM ('up'); CREATE TABLE t (a mood, b text, c jsonb, d mood UNIQUE); "
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE TABLE u (a mood); CREATE INDEX open ON u (a); "
        "CREATE INDEX m ON t (a, b); CREATE INDEX n ON t (b, a)",
        "index public.m",
        "info",
        "no operator of enum_ops",
        committed=True,
    ),
    "a jsonb index that row security cannot use": Case(
        "index_past_row_security",
        "CREATE TABLE t (c jsonb); CREATE INDEX j ON t USING gin (c); "
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "index public.j",
        "info",
        "jsonb_ops",
        committed=True,
    ),
    "constraint that is not valid": Case(
        "constraint_not_valid",
        f"{_T} ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "constraint c on public.t",
        "error",
        "is NOT VALID",
    ),
    "domain that is not valid": Case(
        "constraint_not_valid",
        "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
        "constraint c on public.d",
        "error",
        "is NOT VALID",
    ),
    "updated_at that nobody moves": Case(
        "updated_at_without_trigger",
        """CREATE SCHEMA app;
        CREATE FUNCTION app.touch_updated_at() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
        CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE t (updated_at timestamptz, n int);
        CREATE TRIGGER part BEFORE UPDATE OF n ON t FOR EACH ROW EXECUTE FUNCTION app.touch_updated_at();
        CREATE TRIGGER other BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION other()""",
        "table public.t",
        "warning",
        "no trigger updates updated_at",
    ),
    "updated_at whose trigger is off": Case(
        "updated_at_without_trigger",
        """CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
        CREATE TABLE t (updated_at timestamptz);
        CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE t DISABLE TRIGGER touch""",
        "table public.t",
        "warning",
        "trigger touch, which updates updated_at, is disabled",
    ),
    "words without a check": Case(
        "closed_values_without_check",
        "CREATE TABLE closed (plan text CHECK (char_length(plan) > 1))",
        "column plan of public.closed",
        "error",
        "the words 'free', 'it''s'",
    ),
    "an enum kept as text without a check": Case(
        "closed_values_without_check",
        "CREATE TABLE loose (mood varchar(4))",
        "column mood of public.loose",
        "error",
        "'up', 'down'",
    ),
    "naive time": Case(
        "naive_timestamp",
        "CREATE TABLE t (at timestamp(3))",
        "column at of public.t",
        "error",
        "timestamp(3) without time zone knows no time zone",
    ),
    "naive times": Case(
        "naive_timestamp",
        "CREATE TABLE t (at timestamp[])",
        "column at of public.t",
        "error",
        "knows no time zone",
    ),
    "serial near its end": Case(
        "sequence_near_its_end",
        "CREATE TABLE t (id serial); SELECT setval('t_id_seq', 2000000000)",
        "sequence public.t_id_seq",
        "error",
        "2000000000 of 2147483647 numbers are used (93 %) for column id of public.t",
    ),
    "identity near its end": Case(
        "sequence_near_its_end",
        "CREATE TABLE t (id smallint GENERATED ALWAYS AS IDENTITY); SELECT setval('t_id_seq', 25000)",
        "sequence public.t_id_seq",
        "warning",
        "(76 %)",
    ),
    "sequence that counts down": Case(
        "sequence_near_its_end",
        "CREATE SEQUENCE s INCREMENT -1 MINVALUE -100; SELECT setval('s', -99)",
        "sequence public.s",
        "error",
        "-99 of -100",
    ),
    "long name": Case(
        "name_fills_the_limit",
        f"CREATE TABLE t (id int CONSTRAINT {'c' * 70} CHECK (id > 0))",
        f"constraint {'c' * 63} on public.t",
        "info",
        "63 bytes",
    ),
    "long name in Japanese": Case(
        "name_fills_the_limit",
        f'CREATE VIEW "{"音" * 21}" AS SELECT 1 AS one',
        f'view public."{"音" * 21}"',
        "info",
        "63",
    ),
}
