"""Cases of functions, views, privileges and roles."""

from __future__ import annotations

from audit_case import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, owner uuid, other text);"
_DEFINER = "CREATE FUNCTION f(a int) RETURNS int {} SECURITY DEFINER LANGUAGE sql AS 'SELECT a';"

PRIVILEGES = {
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
    "application without a login that bypasses": Case(
        "role_bypasses_row_security",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (id = 1); ALTER ROLE {{role}} BYPASSRLS",
        "role {role}",
        "error",
        "it has BYPASSRLS, though policies are written for it",
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
    "application that reads the files of the server": Case(
        "role_reaches_past_grants",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (id = 1); GRANT pg_read_server_files TO {{role}}",
        "role {role}",
        "error",
        "policies are written for it, and it may act as pg_read_server_files, which reads the files",
    ),
    "application that reads all tables through another role": Case(
        "role_reaches_past_grants",
        f"{_T} CREATE POLICY a ON t TO {{role}} USING (id = 1); CREATE ROLE {{role}}_mid;"
        " GRANT pg_read_all_data TO {role}_mid; GRANT {role}_mid TO {role}",
        "role {role}",
        "error",
        "it may act as pg_read_all_data, which reads every table",
    ),
    "login that writes all tables": Case(
        "role_reaches_past_grants",
        "ALTER ROLE {role} LOGIN; GRANT pg_write_all_data TO {role}",
        "role {role}",
        "warning",
        "it may act as pg_write_all_data, which writes every table without a grant",
    ),
    "login that monitors": Case(
        "role_reaches_past_grants",
        "ALTER ROLE {role} LOGIN; GRANT pg_monitor TO {role}",
        "role {role}",
        "warning",
        "it may act as pg_read_all_stats, which reads the statements of other sessions",
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
}
