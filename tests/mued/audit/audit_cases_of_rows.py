"""Cases of row security and policies."""

from __future__ import annotations

from audit_case import Case

_T = "CREATE TABLE t (id int PRIMARY KEY, owner uuid, other text);"
_ASK = """CREATE FUNCTION me() RETURNS uuid STABLE LANGUAGE sql AS 'SELECT NULL::uuid';
REVOKE ALL ON FUNCTION me() FROM PUBLIC;"""

ROWS = {
    "row security off, nobody may touch": Case(
        "row_security_off", _T, "table public.t", "info", "only the owner"
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
}
