"""Roles. A role belongs to the cluster: two databases may create or drop the same role at the same moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from app_schema.ddl.block import block
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.mark import MARK, skip_unless_ours
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal, literals, sequence
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


def _printed(kept: Collection[str] = ()) -> str:
    """SQL expression: the attributes; of those that a role keeps the word for false."""
    words = (
        f"'NO{name.upper()}'"
        if name in kept
        else f"CASE WHEN r.{column} THEN '{name.upper()}' ELSE 'NO{name.upper()}' END"
        for name, column in _OPTIONS.items()
    )
    return f"concat_ws(' ', {', '.join(words)})"


PRINTED = _printed()
"""SQL expression: the attributes of the row r of pg_roles, in the order of `Role.attributes`."""
KEPT = "*"
"""Stands in `Role.required` for an attribute that an existing role keeps."""
_MARK_OF_ROLE = f"concat('for ', current_user, {literal(f' {MARK}')})"
"""SQL expression: the comment on a role that this package creates; it names the migrating role."""


# pg_roles lists the whole cluster: a snapshot has the roles on which an object of the database depends
_USED = """\
SELECT d.refobjid FROM pg_catalog.pg_shdepend AS d JOIN pg_catalog.pg_database AS b ON b.oid = d.dbid
   WHERE b.datname = current_database() AND d.refclassid = 'pg_catalog.pg_authid'::regclass"""


def _groups(name: str = "g.rolname", or_: str = "false") -> str:
    """SQL expression: the roles of which the row r of pg_roles is a member, as an array.

    Those that lead to rights in this database: of a role that an object depends on, or that no policy binds.

    :param name: SQL expression for the row g of pg_roles.
    :param or_: SQL condition: count the role g in any case.
    """
    return f"""\
ARRAY(SELECT {name} FROM pg_catalog.pg_roles AS g
       WHERE g.oid IN (SELECT m.roleid FROM pg_catalog.pg_auth_members AS m WHERE m.member = r.oid)
         AND ({or_} OR EXISTS (
           SELECT FROM pg_catalog.pg_roles AS s
            WHERE (s.rolsuper OR s.rolbypassrls OR s.oid IN ({_USED}))
              AND pg_has_role(g.oid, s.oid, 'MEMBER')))
       ORDER BY g.rolname COLLATE "C")"""


def _options(or_: str = "false", kept: Collection[str] = ()) -> str:
    """SQL expression: the row r of pg_roles, as `Role.options` writes it."""
    groups = f"array_to_string({_groups('quote_ident(g.rolname)', or_)}, ', ')"
    return f"concat({_printed(kept)}, ' IN ROLE ' || nullif({groups}, ''))"


def of_the_cluster(names: list[str]) -> str:
    """Query of name and definition of these roles, with their memberships in one another."""
    named = f"rolname = ANY ({literals(names)})"
    return f"SELECT r.rolname, {_options(f'g.{named}')} FROM pg_catalog.pg_roles AS r WHERE r.{named}"


_CATALOG = CatalogQuery(
    "pg_catalog.pg_roles AS r",
    catalog="pg_authid",
    oid="r.oid",
    kind="'role'",
    name="r.rolname",
    listed=f"r.rolname !~ '^pg_' AND r.oid IN ({_USED})",
    definition=_options(),
    parts={name: f"r.{column}" for name, column in _OPTIONS.items()}
    | {"in_role": _groups("g.rolname::text")},
)


@dataclass(frozen=True)
class Role(DDLObject):
    """``CREATE ROLE name NOLOGIN …``. Set the password outside the repository.

    An attribute of True or False is required. None: a new role is created without it, and an existing role
    keeps what it has, such as LOGIN in a cluster where an older application logs in by this role.

    :param in_role: the roles of which it is a member, among those that have rights in the database. A login
        role that is a member of this one need not be declared.
    """

    kind: ClassVar[str] = "role"
    catalog = (_CATALOG,)
    ranks = (Drops.ROLE, Makes.ROLE)
    in_create_all = Makes.ROLE
    name: str
    login: bool | None = False
    superuser: bool | None = False
    createdb: bool | None = False
    createrole: bool | None = False
    inherit: bool | None = True
    replication: bool | None = False
    bypassrls: bool | None = False
    in_role: str | Iterable[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "in_role", tuple(sorted(sequence(self.in_role))))

    @property
    def attributes(self) -> str:
        """``NOLOGIN NOSUPERUSER …``: every attribute, as a new role has it."""
        return " ".join(self._word(name) for name in _OPTIONS)

    @property
    def required(self) -> str:
        """The same with `KEPT` for an attribute that an existing role keeps."""
        return " ".join(KEPT if name in self.kept else self._word(name) for name in _OPTIONS)

    def compared(self, definition: str) -> str:
        """The definition of an existing role with the declared word for each attribute that it keeps."""
        words = definition.split(" ")
        return " ".join(
            word if name not in self.kept else self._word(name) for name, word in zip_longest(_OPTIONS, words)
        )

    @property
    def kept(self) -> list[str]:
        """The attributes that an existing role keeps."""
        return [name for name in _OPTIONS if getattr(self, name) is None]

    def _word(self, name: str) -> str:
        return name.upper() if getattr(self, name) else f"NO{name.upper()}"

    @property
    def _altered(self) -> str:
        return " ".join(self._word(name) for name in _OPTIONS if name not in self.kept)

    @property
    def options(self) -> str:
        """The attributes, and the roles of which this one is a member."""
        groups = ", ".join(map(ident, self.in_role))
        return f"{self.attributes} IN ROLE {groups}" if groups else self.attributes

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # a role is in no schema
        return self.key

    def namespace(self) -> str:
        return "NULL"

    def catalog_query(self) -> str:
        """Also of a membership in a declared role to which nothing is granted yet."""
        printed = _options(f"g.rolname = ANY ({literals(self.in_role)})", self.kept)
        return _CATALOG.select(printed, *_CATALOG.place(self.name))

    def side(self) -> Side:
        return Side(value=literal(self.options))

    def remedy(self) -> str:
        """Never proposes NOLOGIN: the role may log in to another database of the cluster."""
        others = self._altered.removeprefix("NOLOGIN ")
        return (
            f"ALTER ROLE {ident(self.name)} {others}, and GRANT or REVOKE the roles that it is in, by a role "
            "that may; or write what it has, as login=True or in_role=(...)"
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
        role = ident(self.name)
        grants = (f"GRANT {ident(group)} TO {role}" for group in self.in_role)
        return (f"ALTER ROLE {role} {self._altered}", self._revoke(), *grants)

    def _revoke(self) -> str:
        """A block that revokes undeclared memberships, one REVOKE for each grantor."""
        grantor = "' GRANTED BY ' || m.grantor::regrole"
        grantor = f"CASE WHEN current_setting('server_version_num')::int >= 160000 THEN {grantor} END"
        return block(
            [
                "DECLARE",
                "  revoke text;",
                "BEGIN",
                "  FOR revoke IN",
                f"    SELECT concat('REVOKE ', m.roleid::regrole, ' FROM ', m.member::regrole, {grantor})",
                "      FROM pg_catalog.pg_roles AS r",
                "      JOIN pg_catalog.pg_auth_members AS m ON m.member = r.oid",
                "      JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid",
                f"     WHERE r.rolname = {literal(self.name)}",
                f"       AND g.rolname = ANY ({_groups()}) AND g.rolname <> ALL ({literals(self.in_role)})",
                "  LOOP",
                "    EXECUTE revoke;",
                "  END LOOP;",
                "END",
            ]
        )

    def dropped(self, *, recreated: bool = False) -> str:
        del recreated  # a role of other databases too is not dropped to be recreated
        exists = f"SELECT 'role'::text FROM pg_catalog.pg_roles WHERE rolname = {literal(self.name)}"
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
        return drop(self.label, self.namespace(), exists, self.kind, (statement,), keep=keep)
