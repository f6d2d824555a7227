"""Roles to which row security does not apply."""

from collections.abc import Iterator, Sequence

from app_schema.audit.check import Check, Known, Row
from app_schema.audit.finding import Finding
from app_schema.ddl.sql import ident


def _bypasses(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    services = {ident(role) for role in known.service_roles}
    for severity, role, login, sentence, remedy in rows:
        if login or role not in services:
            yield Finding(check, severity, f"role {role}", sentence, remedy)


# Without the superuser of initdb: every cluster has it, and it cannot be dropped. SET ROLE takes on BYPASSRLS
# of a role that cannot log in, too.
BYPASS = Check(
    "role_bypasses_row_security",
    """
    SELECT CASE WHEN application THEN 'error' ELSE 'warning' END, role, rolcanlogin,
           format('it %s%s%s', CASE WHEN rolcanlogin THEN 'may log in and ' END,
                  CASE WHEN rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END,
                  CASE WHEN application THEN ', though policies are written for it' ELSE ', so no policy binds it' END),
           format('ALTER ROLE %s %sNOBYPASSRLS;', role, CASE WHEN rolsuper THEN 'NOSUPERUSER ' ELSE '' END)
      FROM (
        SELECT r.oid::regrole::text AS role, r.rolsuper, r.rolcanlogin,
               EXISTS (SELECT FROM policy_role AS p
                        WHERE p.oid = r.oid
                           OR CASE WHEN r.rolsuper
                                   THEN EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m
                                                 WHERE m.roleid = p.oid AND m.member = r.oid)
                                   ELSE pg_has_role(r.oid, p.oid, 'USAGE') END) AS application
          FROM pg_catalog.pg_roles AS r
         WHERE (r.rolcanlogin OR r.oid IN (SELECT p.oid FROM policy_role AS p))
           AND (r.rolsuper OR r.rolbypassrls) AND r.oid <> 10
      ) AS found
    """,  # noqa: E501 - one line is one expression
    _bypasses,
)

# An application role is a role that a policy names, or a login role with the privileges of such a role.
# PostgreSQL treats every role with the privileges of the owner, also through a third role, as the owner.
# Superusers have all privileges and are reported above.
#
# A login that owns the table and inherits the application's privileges stays the owner: without the
# inheritance it is bound as soon as it sets the role, and only then. FORCE is proposed only if the owner has
# no SECURITY DEFINER function: policies would bind the functions that they call, and call them without end.
_MEMBERSHIPS = """(
                  SELECT string_agg(CASE WHEN current_setting('server_version_num')::int >= 160000
                           THEN format('GRANT %s TO %s WITH INHERIT FALSE GRANTED BY %s;', m.roleid::regrole,
                                       a.role, m.grantor::regrole)
                           ELSE format('REVOKE %s FROM %s;', m.roleid::regrole, a.role) END,
                         ' ' ORDER BY m.roleid, m.grantor)
                    FROM pg_catalog.pg_auth_members AS m
                   WHERE m.member = a.oid AND EXISTS (
                         SELECT FROM policy_role AS p WHERE pg_has_role(m.roleid, p.oid, 'USAGE')))"""
_DEFINERS = """(
                  SELECT string_agg(format('ALTER ROUTINE %s OWNER TO %s;', f.name, d.datdba::regrole), ' ' ORDER BY f.name)
                    FROM proc AS f WHERE f.prosecdef AND f.proowner = a.oid)"""  # noqa: E501 - as the checks
OWNER = Check(
    "application_role_owns_table",
    f"""
    SELECT CASE WHEN a.named THEN 'error' ELSE 'warning' END, 'table ' || t.name,
           format('%s, which policies are meant to bind, %s its owner %s, whom they do not bind', a.role,
                  CASE WHEN a.oid = t.relowner THEN 'is' ELSE 'has the rights of' END, o.oid::regrole),
           CASE WHEN a.oid <> t.relowner THEN (
                  SELECT string_agg(format('REVOKE %s FROM %s%s;', m.roleid::regrole, a.role, CASE
                           WHEN current_setting('server_version_num')::int >= 160000
                           THEN ' GRANTED BY ' || m.grantor::regrole END), ' ' ORDER BY m.roleid, m.grantor)
                    FROM pg_catalog.pg_auth_members AS m
                   WHERE m.member = a.oid AND pg_has_role(m.roleid, t.relowner, 'USAGE'))
                WHEN NOT a.named THEN {_MEMBERSHIPS}
                WHEN a.oid <> d.datdba
                THEN concat_ws(' ', format('ALTER TABLE %s OWNER TO %s;', t.name, d.datdba::regrole), {_DEFINERS})
                WHEN {_DEFINERS} IS NULL
                THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', t.name)
                ELSE '-- create an owner that no policy names, and give it the table and the SECURITY DEFINER functions'
                END
      FROM tab AS t
      JOIN pg_catalog.pg_roles AS o ON o.oid = t.relowner
      JOIN pg_catalog.pg_database AS d ON d.datname = current_database()
      JOIN (
        SELECT r.oid, r.oid::regrole::text AS role, r.oid IN (SELECT p.oid FROM policy_role AS p) AS named
          FROM pg_catalog.pg_roles AS r
         WHERE NOT r.rolsuper
           AND EXISTS (SELECT FROM policy_role AS p
                        WHERE p.oid = r.oid OR (r.rolcanlogin AND pg_has_role(r.oid, p.oid, 'USAGE')))
      ) AS a ON pg_has_role(a.oid, t.relowner, 'USAGE')
     WHERE NOT t.relforcerowsecurity
    """,  # noqa: E501 - one line is one expression
)


def _acts_as_another(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    services = {ident(role) for role in known.service_roles}
    for role, another, bypasses, revoke in rows:
        if role not in services and (bypasses or another in services):
            sees = "no policy binds" if bypasses else "sees all rows"
            sentence = f"it may act as {another}, which {sees}, by a membership"
            yield Finding(check, "error", f"role {role}", sentence, revoke)


_REVOKE = """
           (SELECT string_agg(format('REVOKE %s FROM %s%s;', m.roleid::regrole, m.member::regrole, CASE
                     WHEN current_setting('server_version_num')::int >= 160000
                     THEN ' GRANTED BY ' || m.grantor::regrole END), ' ' ORDER BY m.roleid, m.grantor)
              FROM pg_catalog.pg_auth_members AS m
             WHERE m.member = p.oid AND pg_has_role(m.roleid, s.oid, 'MEMBER'))"""
"""SQL expression: the statements that end the membership of role ``p`` in role ``s``."""

# A policy for a role applies to its members too. A login that uses SET ROLE to become one of several roles is
# named by no policy, and is no application role.
MEMBER = Check(
    "application_role_acts_as_another",
    f"""
    SELECT p.oid::regrole::text, s.oid::regrole::text, s.rolsuper OR s.rolbypassrls, {_REVOKE}
      FROM policy_role AS p JOIN pg_catalog.pg_roles AS r ON r.oid = p.oid AND NOT r.rolsuper
      JOIN pg_catalog.pg_roles AS s ON s.oid <> p.oid AND pg_has_role(p.oid, s.oid, 'MEMBER')
     ORDER BY 1, 2
    """,
    _acts_as_another,
)


def _reaches(check: str, rows: Sequence[Row], known: Known) -> Iterator[Finding]:
    services = {ident(role) for role in known.service_roles}
    for role, login, severity, sentence, revoke in rows:
        if login or role not in services:
            yield Finding(check, severity, f"role {role}", sentence, revoke)


# The other predefined roles of PostgreSQL give no access to rows.
_PREDEFINED = """
(VALUES ('pg_read_all_data', 'reads every table, view and sequence without a grant'),
        ('pg_write_all_data', 'writes every table without a grant'),
        ('pg_maintain', 'maintains and locks every table: no policy binds it'),
        ('pg_read_server_files', 'reads the files of the server, and so every row: no policy binds it'),
        ('pg_write_server_files', 'writes the files of the server: no policy binds it'),
        ('pg_execute_server_program', 'runs programs on the server: no policy binds it'),
        ('pg_read_all_stats', 'reads the statements of other sessions with the values in them'))"""
PREDEFINED = Check(
    "role_reaches_past_grants",
    f"""
    SELECT p.oid::regrole::text, p.rolcanlogin, CASE WHEN p.named THEN 'error' ELSE 'warning' END,
           format('%sit may act as %s, which %s', CASE WHEN p.named THEN 'policies are written for it, and ' END,
                  s.rolname, w.reach), {_REVOKE}
      FROM (SELECT r.*, r.oid IN (SELECT n.oid FROM policy_role AS n) AS named FROM pg_catalog.pg_roles AS r) AS p
      JOIN pg_catalog.pg_roles AS s ON NOT p.rolsuper AND (p.named OR p.rolcanlogin)
      JOIN {_PREDEFINED} AS w(name, reach) ON w.name = s.rolname AND pg_has_role(p.oid, s.oid, 'MEMBER')
     ORDER BY 1, s.rolname
    """,  # noqa: E501 - one line is one expression
    _reaches,
)

CHECKS = (BYPASS, OWNER, MEMBER, PREDEFINED)
