"""The guarded REVOKE: it refuses if the role still holds the privilege afterwards.

PostgreSQL revokes only what the current role, or the owner in its name, has granted, and reports no error for
a grant by another role.
"""

from __future__ import annotations

from dataclasses import dataclass

from app_schema.ddl.acl import grantee
from app_schema.ddl.block import refuse
from app_schema.ddl.sql import dollar, literal, literals, role


@dataclass(frozen=True, slots=True)
class Revocation:
    """A REVOKE.

    :param label: the grant in words, as errors name it.
    :param target: the object as REVOKE names it, ``TABLE public.t``.
    :param namespace: SQL expression: the OID of the object's schema.
    :param function: name and argument types, if the object is a function.
    """

    label: str
    target: str
    to: str
    namespace: str
    table: str | None = None
    function: str | None = None

    def on_object(self, privileges: tuple[str, ...] = ()) -> str:
        """The statement that revokes the given privileges on the object itself; all if none is given."""
        if self.table:
            acls = f"pg_catalog.pg_class AS c, aclexplode(c.relacl) AS x WHERE {self._of_table()}"
        elif self.function:
            acls = f"""pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS x
   WHERE p.oid = to_regprocedure({literal(self.function)})"""
        else:
            acls = f"pg_catalog.pg_namespace AS n, aclexplode(n.nspacl) AS x WHERE n.oid = {self.namespace}"
        condition = f" AND x.privilege_type = ANY ({literals(privileges)})" if privileges else ""
        revoke = f"REVOKE {', '.join(privileges) or 'ALL'} ON {self.target} FROM {role(self.to)}"
        declaration, restore = self._restored_on_columns() if self.table else ("", "")
        return revoked(self.label, self.to, revoke, acls + condition, declaration, restore)

    def _restored_on_columns(self) -> tuple[str, str]:
        """PL/pgSQL that grants the privileges on columns again: a REVOKE on a table also revokes these."""
        declaration = f"""
  grant_again text;
  kept text[] := ARRAY(
    SELECT format('GRANT %s (%I) ON %s TO %s', x.privilege_type, a.attname, {literal(self.target)},
                  {literal(role(self.to))})
      FROM {self._acls_of_columns()} AND x.grantee = {grantee(self.to)});"""
        restore = """
  FOREACH grant_again IN ARRAY kept LOOP
    EXECUTE grant_again;
  END LOOP;"""
        return declaration, restore

    def on_columns(self, privilege: str, columns: tuple[str, ...] = ()) -> str:
        """The statement that revokes a privilege on the given columns; on all if none is given."""
        condition = f" AND a.attname = ANY ({literals(columns)})" if columns else ""
        acls = f"{self._acls_of_columns()}{condition} AND x.privilege_type = {literal(privilege)}"
        body = f"""
DECLARE
  revoke text;
  held text;
BEGIN
  FOR revoke IN
    SELECT DISTINCT format('REVOKE %s (%I) ON %s FROM %s', x.privilege_type, a.attname,
                           {literal(self.target)}, {literal(role(self.to))})
      FROM {acls} AND x.grantee = {grantee(self.to)}
  LOOP
    EXECUTE revoke;
  END LOOP;{_refuse_if_held(self.label, self.to, acls)}
END
"""
        return "DO " + dollar(body, "revoke")

    def _of_table(self) -> str:
        return f"c.relnamespace = {self.namespace} AND c.relname = {literal(self.table or '')}"

    def _acls_of_columns(self) -> str:
        return f"""pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid,
         aclexplode(a.attacl) AS x
   WHERE {self._of_table()} AND NOT a.attisdropped"""


def revoked(label: str, to: str, revoke: str, acls: str, declaration: str = "", restore: str = "") -> str:
    """The statement that executes a REVOKE.

    :param acls: SQL: the entries ``x`` of the lists that must not have the role afterwards.
    """
    body = f"""
DECLARE
  held text;{declaration}
BEGIN
  EXECUTE {literal(revoke)};{restore}{_refuse_if_held(label, to, acls)}
END
"""
    return "DO " + dollar(body, "revoke")


def _refuse_if_held(label: str, to: str, acls: str) -> str:
    """PL/pgSQL that refuses if the role still holds one of the privileges ``x``."""
    message = f"{label} was not revoked: REVOKE revokes only what its own role has granted"
    hint = "as the role that granted it, run REVOKE ... FROM " + role(to)
    return f"""
  SELECT string_agg(DISTINCT concat(x.privilege_type, ' granted by ', x.grantor::regrole), ', ') INTO held
    FROM {acls}
     AND x.grantee = {grantee(to)};
  IF held IS NOT NULL THEN
{refuse(message, hint, detail="concat('found: ', held)")}
  END IF;"""
