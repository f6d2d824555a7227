"""Policies, row security and privileges."""

from __future__ import annotations

from case import Case

SELECT_USERS = "users_app_user_select"
ON_USERS = "id = (SELECT app.current_user_id()) OR (SELECT app.is_admin())"


def _policy(rest: str, name: str = SELECT_USERS) -> Case:
    return Case(
        f"DROP POLICY {name} ON public.users; CREATE POLICY {name} ON public.users {rest}", ("users", name)
    )


CASES: dict[str, Case] = {
    "policy missing": Case(f"DROP POLICY {SELECT_USERS} ON public.users", ("users", SELECT_USERS)),
    "policy extra": Case(
        "CREATE POLICY stray ON public.users FOR DELETE USING (name NOT LIKE '%\"%')", ("stray",), prune=True
    ),
    "policy extra, restrictive": Case(
        (
            "CREATE POLICY stray ON public.users AS RESTRICTIVE TO app_user, "
            "service_account USING (true) WITH CHECK (role = 'student')"
        ),
        ("stray",),
        prune=True,
    ),
    "policy command": _policy(f"FOR ALL TO app_user USING ({ON_USERS})"),
    "policy role": _policy(f"FOR SELECT TO service_account USING ({ON_USERS})"),
    "policy role more": _policy(f"FOR SELECT TO app_user, pg_monitor USING ({ON_USERS})"),
    "policy for PUBLIC": _policy(f"FOR SELECT USING ({ON_USERS})"),
    "policy using": _policy("FOR SELECT TO app_user USING (true)"),
    "policy without using": Case(
        (
            "DROP POLICY users_app_user_update ON public.users; "
            "CREATE POLICY users_app_user_update ON public.users FOR UPDATE TO app_user WITH CHECK (id "
            "= (SELECT app.current_user_id()))"
        ),
        ("users", "users_app_user_update"),
    ),
    "policy with check": Case(
        "ALTER POLICY users_app_user_update ON public.users WITH CHECK (true)",
        ("users", "users_app_user_update"),
    ),
    "policy without with check": _policy(
        "FOR UPDATE TO app_user USING (id = (SELECT app.current_user_id()))", "users_app_user_update"
    ),
    "policy restrictive": _policy(f"AS RESTRICTIVE FOR SELECT TO app_user USING ({ON_USERS})"),
    "policy under another name": Case(
        f"ALTER POLICY {SELECT_USERS} ON public.users RENAME TO own_row",
        (SELECT_USERS, "own_row"),
        prune=True,
        undeclared=("own_row",),
    ),
    "row security off": Case(
        "ALTER TABLE public.users DISABLE ROW LEVEL SECURITY", ("row_security", "users")
    ),
    "row security forced": Case(
        "ALTER TABLE public.users FORCE ROW LEVEL SECURITY", ("row_security", "users")
    ),
    "row security off but forced": Case(
        "ALTER TABLE public.users DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ("row_security", "users"),
    ),
    "grant with more": Case(
        "GRANT DELETE, TRUNCATE ON public.users TO app_user", ("grant", "users", "app_user")
    ),
    "grant with more, where a granted column was dropped": Case(
        (
            "ALTER TABLE public.users ADD gone text; GRANT UPDATE (gone) ON public.users TO app_user; "
            "ALTER TABLE public.users DROP gone; GRANT DELETE ON public.users TO app_user"
        ),
        ("grant", "users", "app_user"),
    ),
    "grant with less": Case(
        "REVOKE UPDATE ON public.users FROM service_account", ("grant", "users", "service_account")
    ),
    "grant with other privileges": Case(
        "REVOKE SELECT ON public.users FROM app_user; GRANT INSERT ON public.users TO app_user",
        ("grant", "users", "app_user"),
    ),
    "grant missing": Case("REVOKE ALL ON muednote_v3.tags FROM app_user", ("grant", "tags", "app_user")),
    "grant with grant option": Case(
        "GRANT SELECT ON public.users TO app_user WITH GRANT OPTION", ("grant", "users", "app_user")
    ),
    "grant to a stranger": Case(
        "GRANT SELECT ON public.users TO pg_monitor",
        ("users", "pg_monitor"),
        prune=True,
        undeclared=("pg_monitor",),
    ),
    "grant to PUBLIC": Case(
        "GRANT SELECT, UPDATE ON public.users TO PUBLIC",
        ("users", "PUBLIC"),
        prune=True,
        undeclared=("PUBLIC",),
    ),
    "grant on a view missing": Case(
        "REVOKE SELECT ON public.v_session_details FROM app_user", ("grant", "v_session_details", "app_user")
    ),
    "column grant with more": Case(
        "GRANT UPDATE (email, role) ON public.users TO app_user", ("users", "app_user")
    ),
    "column grant with less": Case(
        "REVOKE UPDATE (bio) ON public.users FROM app_user", ("users", "app_user")
    ),
    "column grant missing": Case(
        "REVOKE UPDATE (bio, name, profile_image_url, skills) ON public.users FROM app_user",
        ("users", "app_user"),
    ),
    "column grant extra": Case(
        "GRANT INSERT (email), REFERENCES (id) ON public.users TO app_user", ("users", "app_user"), prune=True
    ),
    "column grant to a stranger": Case(
        "GRANT SELECT (email) ON public.users TO pg_monitor",
        ("users", "pg_monitor"),
        prune=True,
        undeclared=("pg_monitor",),
    ),
    "column grant to PUBLIC": Case(
        "GRANT SELECT (email) ON public.users TO PUBLIC",
        ("users", "PUBLIC"),
        prune=True,
        undeclared=("PUBLIC",),
    ),
    "grant on the whole table in place of columns": Case(
        (
            "REVOKE UPDATE (bio, name, profile_image_url, skills), "
            "SELECT ON public.users FROM app_user; GRANT SELECT, UPDATE ON public.users TO app_user"
        ),
        ("users", "app_user"),
    ),
    "schema usage missing": Case(
        "REVOKE USAGE ON SCHEMA muednote_v3 FROM app_user", ("muednote_v3", "app_user")
    ),
    "schema create more": Case("GRANT CREATE ON SCHEMA app TO app_user", ("app", "app_user")),
    "schema usage to PUBLIC": Case(
        "GRANT USAGE ON SCHEMA app TO PUBLIC", ("app", "PUBLIC"), prune=True, undeclared=("PUBLIC",)
    ),
    "schema create to PUBLIC": Case(
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        ("public", "PUBLIC"),
        mendable="what everybody may do in schema public is not declared",
    ),
    "default privileges missing": Case(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM service_account",
        ("public", "service_account"),
    ),
    "default privileges with less": Case(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE DELETE ON TABLES FROM service_account",
        ("public", "service_account"),
    ),
    "default privileges with more": Case(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT TRUNCATE ON TABLES TO service_account",
        ("public", "service_account"),
    ),
    "default privileges extra": Case(
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO app_user; "
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC"
        ),
        ("app_user", "PUBLIC"),
        prune=True,
    ),
    "default privileges everywhere": Case(
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        ("default",),
        prune=True,
        mendable="default privileges of every schema cannot be declared",
    ),
}
