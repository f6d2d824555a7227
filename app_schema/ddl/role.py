"""Roles. A role belongs to the cluster: two databases may create or drop the same role at the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.made import MARK, skip_unless_ours
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal
from app_schema.ddl.twin import Side

_OPTIONS = {
    "login": "rolcanlogin",
    "superuser": "rolsuper",
    "createdb": "rolcreatedb",
    "createrole": "rolcreaterole",
    "inherit": "rolinherit",
    "replication": "rolreplication",
    "bypassrls": "rolbypassrls",
}


PRINTED = f"""concat_ws(' ', {
    ", ".join(
        f"CASE WHEN r.{column} THEN '{name.upper()}' ELSE 'NO{name.upper()}' END"
        for name, column in _OPTIONS.items()
    )
})"""
"""SQL expression: the attributes of the row r of pg_roles, in the order of `Role.options`."""
_MARK_OF_ROLE = f"concat('for ', current_user, {literal(f' {MARK}')})"
"""SQL expression: the comment on a role that this package creates; it names the migrating role."""


_CATALOG = CatalogQuery(
    "pg_catalog.pg_roles AS r",
    catalog="pg_authid",
    oid="r.oid",
    kind="'role'",
    name="r.rolname",
    # pg_roles lists the whole cluster: a snapshot has the roles on which an object of the database depends
    listed="""\
r.rolname !~ '^pg_' AND r.oid IN (
  SELECT d.refobjid FROM pg_catalog.pg_shdepend AS d JOIN pg_catalog.pg_database AS b ON b.oid = d.dbid
   WHERE b.datname = current_database() AND d.refclassid = 'pg_catalog.pg_authid'::regclass)""",
    definition=PRINTED,
    parts={name: f"r.{column}" for name, column in _OPTIONS.items()},
)


@dataclass(frozen=True)
class Role(DDLObject):
    """``CREATE ROLE name NOLOGIN …``. Set the password outside the repository."""

    kind: ClassVar[str] = "role"
    catalog = (_CATALOG,)
    ranks = (Drops.ROLE, Makes.ROLE)
    in_create_all = Makes.ROLE
    name: str
    login: bool = False
    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    inherit: bool = True
    replication: bool = False
    bypassrls: bool = False

    @property
    def options(self) -> str:
        """``NOLOGIN NOSUPERUSER …``: every attribute."""
        return " ".join(name.upper() if getattr(self, name) else f"NO{name.upper()}" for name in _OPTIONS)

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # a role is in no schema
        return self.key

    def namespace(self) -> str:
        return "NULL"

    def side(self) -> Side:
        return Side(value=literal(self.options))

    def remedy(self) -> str:
        """Never proposes NOLOGIN: the role may log in to another database of the cluster."""
        others = self.options.split(maxsplit=1)[1]
        return (
            f"ALTER ROLE {ident(self.name)} {others}, by a role that may; "
            "or write the attributes that it has, as login=True"
        )

    def create_sql(self) -> tuple[str, ...]:
        # a migration of another database of the cluster may create the role first: then this one exists
        comment = literal(f"COMMENT ON ROLE {ident(self.name).replace('%', '%%')} IS %L")
        make = f"""
BEGIN
  CREATE ROLE {ident(self.name)} {self.options};
  EXECUTE format({comment}, {_MARK_OF_ROLE});
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
"""
        return ("DO " + dollar(make, "role"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP ROLE {ident(self.name)}",)

    def replace_sql(self) -> tuple[str, ...]:
        return (f"ALTER ROLE {ident(self.name)} {self.options}",)

    def dropped(self, *, made_again: bool = False) -> str:
        del made_again  # a role of other databases too is not dropped to be recreated
        found = f"SELECT 'role'::text FROM pg_catalog.pg_roles WHERE rolname = {literal(self.name)}"
        used = f"{self.label} is used by another database or role, and is not dropped"
        notice = f"RAISE NOTICE USING MESSAGE = {literal(used)}"
        has_members = f"""
  IF EXISTS (
    SELECT 1 FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
     WHERE r.rolname = {literal(self.name)} AND m.member <> quote_ident(current_user)::regrole
  ) THEN
    {notice};
    RETURN;
  END IF;"""
        of_other_role = f"{self.label} was created by a role other than the migrating one, and is not dropped"
        # before PostgreSQL 16 a role with CREATEROLE may drop every role that is no superuser
        of_another = f"""
  IF current_setting('server_version_num')::int < 160000 AND EXISTS (
    SELECT 1 FROM pg_catalog.pg_roles AS r, pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
     WHERE r.rolname = {literal(self.name)} AND starts_with(comment, 'for ') AND comment <> {_MARK_OF_ROLE}
  ) AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE NOTICE USING MESSAGE = {literal(of_other_role)};
    RETURN;
  END IF;"""
        # DROP first, and query on error: another database may begin to use the role between query and DROP
        attempt = f"""
BEGIN
  {self.drop_sql()[0]};
EXCEPTION
  WHEN undefined_object THEN NULL;
  WHEN insufficient_privilege THEN RAISE NOTICE USING MESSAGE = {literal(of_other_role)};
  WHEN dependent_objects_still_exist THEN
    IF NOT EXISTS (
      SELECT 1 FROM pg_catalog.pg_shdepend AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.refobjid
       WHERE r.rolname = {literal(self.name)} AND d.refclassid = 'pg_catalog.pg_authid'::regclass
         AND d.dbid NOT IN (0, (SELECT b.oid FROM pg_catalog.pg_database AS b
                                 WHERE b.datname = current_database()))
    ) THEN RAISE; END IF;
    {notice};
END
"""
        keep = skip_unless_ours("pg_authid", "rolname", self.name, self.label) + of_another + has_members
        statement = "DO " + dollar(attempt, "role")
        return drop(self.label, self.namespace(), found, self.kind, (statement,), keep=keep)
