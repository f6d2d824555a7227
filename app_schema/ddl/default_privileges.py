"""Default privileges: grants on each object that a role creates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.acl import checked_privileges, grantee, held
from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, literal, role, sequence
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_OBJECT_TYPES = {
    "TABLES": "r",
    "SEQUENCES": "S",
    "FUNCTIONS": "f",
    "TYPES": "T",
    "SCHEMAS": "n",
    "LARGE OBJECTS": "L",
}
_OWN_ROLE = "quote_ident(current_user)::regrole"
# Default privileges apply to objects that their role creates. The migrating role is the owner of the version
# table; without a version table, the current role.
MIGRATES = f"""\
d.defaclrole = coalesce((
  SELECT c.relowner FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relname = 'alembic_version' AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
   ORDER BY n.nspname <> 'public', n.nspname LIMIT 1), {_OWN_ROLE})"""
_WORDS = " ".join(f"WHEN '{letter}' THEN '{word}'" for word, letter in _OBJECT_TYPES.items())
_ON = f"CASE d.defaclobjtype {_WORDS} END"
_DEFAULT = held(
    "pg_catalog.pg_default_acl AS d",
    "d.defaclacl",
    "d.defaclrole",
    catalog="pg_default_acl",
    oid="d.oid",
    kind="'default_grant'",
    namespace="d.defaclnamespace",
    without_schema=True,
    only_if="oid FROM pg_catalog.pg_default_acl",
    table=_ON,
    listed=f"x.grantee <> d.defaclrole AND {MIGRATES}",
)


class DefaultAcls(Kind):
    """Built-in privileges that the default privileges of the database have revoked."""

    reflected_as = ("default_acl",)
    catalog = (
        CatalogQuery(
            """\
pg_catalog.pg_default_acl AS d CROSS JOIN LATERAL (
  SELECT g.grantee, string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) AS words
    FROM aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END,
                               d.defaclrole)) AS g
   WHERE NOT EXISTS (SELECT FROM aclexplode(d.defaclacl) AS h
                      WHERE h.grantee = g.grantee AND h.privilege_type = g.privilege_type)
   GROUP BY g.grantee) AS x""",
            catalog="pg_default_acl",
            oid="d.oid",
            kind="'default_acl'",
            name="CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE 'the owner' END",
            table=_ON,
            where="d.defaclnamespace = 0",
            only_if="oid FROM pg_catalog.pg_default_acl",
            listed=MIGRATES,
            definition="'no ' || x.words",
        ),
    )


@dataclass(frozen=True)
class DefaultPrivileges(DDLObject):
    """``ALTER DEFAULT PRIVILEGES IN SCHEMA schema GRANT privileges ON … TO role``.

    They apply to objects that the current role creates later.

    :param on: TABLES, SEQUENCES, FUNCTIONS, TYPES, SCHEMAS or, from PostgreSQL 18 on, LARGE OBJECTS.
    """

    kind: ClassVar[str] = "default_privileges"
    catalog = (_DEFAULT,)
    reflected_as = ("default_grant",)
    ranks = (Drops.DEFAULT_GRANT, Makes.DEFAULT_GRANT)
    in_create_all = Makes.DEFAULT_GRANT
    positional: ClassVar[tuple[str, ...]] = ("privileges",)
    privileges: str | Iterable[str]
    _: KW_ONLY
    to: str
    on: str = "TABLES"
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "privileges", checked_privileges(self.privileges))
        object.__setattr__(self, "on", self.on.upper())
        if self.on not in _OBJECT_TYPES:
            msg = f"default privileges exist on {', '.join(_OBJECT_TYPES)}; found: {self.on}"
            raise ModelError(msg)

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        if parts.pop("with_grant_option"):
            raise ModelError("default privileges WITH GRANT OPTION cannot be written as a revision")
        return cls(**parts, on=key.table or "", schema=key.schema)

    @property
    def name(self) -> str:
        """The kind of objects and the role."""
        return f"{self.on} {self.to}"

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # without a schema they apply to the whole database
        return Key("default_grant", self.schema, self.on, self.to)

    @property
    def label(self) -> str:
        place = f" in schema {self.schema}" if self.schema else ""
        return f"default privileges of {self.to} on {self.on.lower()}{place}"

    def namespace(self) -> str:
        return creation_schema(self.schema) if self.schema else "0"

    def catalog_query(self) -> str:
        return _DEFAULT.select(
            _DEFAULT.printed,
            *_DEFAULT.place("", self.on),
            f"d.defaclrole = {_OWN_ROLE}",
            f"x.grantee = {grantee(self.to)}",
        )

    def side(self) -> Side:
        return Side(value=literal(", ".join(sequence(self.privileges))))

    def _statement(self, verb: str, privileges: str, direction: str) -> str:
        place = f" IN SCHEMA {ident(self.schema)}" if self.schema else ""
        change = f"{verb} {privileges} ON {self.on} {direction} {role(self.to)}"
        return f"ALTER DEFAULT PRIVILEGES{place} {change}"

    def create_sql(self) -> tuple[str, ...]:
        return (self._statement("GRANT", ", ".join(sequence(self.privileges)), "TO"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (self._statement("REVOKE", ", ".join(sequence(self.privileges)), "FROM"),)

    def replace_sql(self) -> tuple[str, ...]:
        return (self._statement("REVOKE", "ALL", "FROM"), *self.create_sql())
