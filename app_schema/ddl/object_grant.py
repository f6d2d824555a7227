"""Grants on types, languages, foreign data wrappers, foreign servers and the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple

from app_schema.ddl.acl import checked_privileges, grantee, held, printed_words
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.revocation import revoked
from app_schema.ddl.sql import literal, on_database, qualified, role, sequence
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError


class _Target(NamedTuple):
    """The kind of object that a grant is on: the rows ``o`` of a catalog.

    :param of_public: what PostgreSQL itself grants to PUBLIC. It counts as no grant; the lack of it is one.
    """

    kind: str
    catalog: str
    prefix: str
    owner: str
    of_public: tuple[str, ...] = ()

    @property
    def acl(self) -> str:
        return f"o.{self.prefix}acl"

    @property
    def query(self) -> CatalogQuery:
        of_database = self.kind == "database_grant"
        name = f"o.{self.prefix}name"
        owner = f"o.{self.owner}"
        usual = f"(x.grantee = 0 AND x.words = {literal(', '.join(self.of_public))})"
        return held(
            f"pg_catalog.{self.catalog} AS o",
            self.acl,
            owner,
            catalog=self.catalog,
            oid="o.oid",
            kind=literal(self.kind),
            namespace="o.typnamespace" if self.kind == "type_grant" else "",
            table="NULL" if of_database else name,
            attribute=True,
            only_if="oid FROM pg_catalog.pg_type WHERE typacl IS NOT NULL" if self.prefix == "typ" else "",
            where=f"{self.acl} IS NOT NULL" + (f" AND {name} = current_database()" if of_database else ""),
            listed=f"x.grantee <> {owner}" + (f" AND NOT {usual}" if self.of_public else ""),
            of_public=bool(self.of_public),
        )


_TARGETS = {
    "TYPE": _Target("type_grant", "pg_type", "typ", "typowner", ("USAGE",)),
    "LANGUAGE": _Target("language_grant", "pg_language", "lan", "lanowner", ("USAGE",)),
    "FOREIGN DATA WRAPPER": _Target("wrapper_grant", "pg_foreign_data_wrapper", "fdw", "fdwowner"),
    "FOREIGN SERVER": _Target("server_grant", "pg_foreign_server", "srv", "srvowner"),
    "DATABASE": _Target("database_grant", "pg_database", "dat", "datdba", ("CONNECT", "TEMPORARY")),
}


@dataclass(frozen=True)
class ObjectGrant(DDLObject):
    """``GRANT privileges ON TYPE name TO role``: exactly these privileges of a role on an object.

    :param privileges: empty, of PUBLIC alone: none of the privileges that PostgreSQL itself grants to PUBLIC.
    :param on: TYPE, LANGUAGE, FOREIGN DATA WRAPPER, FOREIGN SERVER or DATABASE.
    :param of: the name of the object; None for the database, which is that of the connection.
    :param schema: the schema of a type.
    """

    kind: ClassVar[str] = "object_grant"
    catalog = tuple(target.query for target in _TARGETS.values())
    reflected_as = tuple(target.kind for target in _TARGETS.values())
    ranks = (Drops.GRANT, Makes.GRANT)
    in_create_all = Makes.GRANT
    positional: ClassVar[tuple[str, ...]] = ("privileges",)
    privileges: str | Iterable[str]
    _: KW_ONLY
    to: str
    on: str
    of: str | None = None
    with_grant_option: bool = False
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", self.on.upper())
        if self.on not in _TARGETS or (self.of is None) is not (self.on == "DATABASE"):
            msg = f"a grant is on a {', '.join(_TARGETS)}; of= is its name, and the database needs none"
            raise ModelError(f"{msg}; found: on={self.on!r}, of={self.of!r}")
        privileges = sequence(self.privileges)
        if privileges or not self._of_public:
            privileges = checked_privileges(
                "TEMPORARY" if word.upper() == "TEMP" else word for word in privileges
            )
        if privileges and privileges == self._of_public:
            msg = f"PostgreSQL grants {', '.join(privileges)} on each {self.on.lower()} to PUBLIC"
            raise ModelError(f"{msg}: leave this grant out")
        object.__setattr__(self, "privileges", privileges)

    @property
    def _of_public(self) -> tuple[str, ...]:
        """The privileges that PostgreSQL itself grants to this role."""
        return self._target.of_public if self.to.upper() == "PUBLIC" else ()

    @property
    def _target(self) -> _Target:
        return _TARGETS[self.on]

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        (on,) = (word for word, target in _TARGETS.items() if target.kind == key.kind)
        return cls(**parts, on=on, of=key.table, schema=key.schema)

    @property
    def name(self) -> str:
        """The object and the role."""
        return " ".join(part for part in (self.on, self.of, self.to) if part)

    def reflected_key(self, default_schema: str) -> Key:
        schema = (self.schema or default_schema) if self.on == "TYPE" else None
        return Key(self._target.kind, schema, self.of, self.to)

    @property
    def label(self) -> str:
        return f"grant to {self.to} on {self._place or 'the database'}"

    @property
    def _place(self) -> str:
        return f"{self.on} {qualified(self.of, self.schema)}" if self.of else ""

    def namespace(self) -> str:
        return creation_schema(self.schema) if self.on == "TYPE" else "NULL"

    def catalog_query(self) -> str:
        catalog = self._target.query
        place = catalog.place("", self.of)
        return catalog.select(catalog.printed, *place, f"x.grantee = {grantee(self.to)}", catalog.listed)

    def side(self) -> Side:
        return Side(value=literal(printed_words(sequence(self.privileges), grantable=self.with_grant_option)))

    def remedy(self) -> str:
        privileges = sequence(self.privileges)
        before, after = self._words("GRANT" if privileges else "REVOKE", privileges)
        return (
            "op.replace_object_grant(...) replaces the grant; if another role owns the object, that role "
            f"must run: {before} {self._place or 'DATABASE ...'} {after}"
        )

    @property
    def ineffective(self) -> str:
        refused = f"the migrating role may not grant on {self._place or 'the database'}"
        return f"{refused}: {self.label} was not created"

    def create_sql(self) -> tuple[str, ...]:
        return (*([self._statement("REVOKE")] if self._of_public else []), *self._granted())

    def drop_sql(self) -> tuple[str, ...]:
        """Revokes the privileges; PUBLIC gets again what PostgreSQL itself grants."""
        regrant = [self._statement("GRANT", self._of_public)] if self._of_public else []
        return (self._revoked(), *regrant)

    def replace_sql(self) -> tuple[str, ...]:
        return (self._revoked(), *self._granted())

    def _granted(self) -> tuple[str, ...]:
        privileges = sequence(self.privileges)
        return (self._statement("GRANT", privileges),) if privileges else ()

    def _revoked(self) -> str:
        catalog = self._target.query
        place = catalog.place("", self.of, namespace=self.namespace())
        entries = f"pg_catalog.{catalog.catalog} AS o, aclexplode({self._target.acl}) AS x"
        acls = f"{entries} WHERE {' AND '.join([catalog.where, *place])}"
        return revoked(self.label, self.to, self._statement("REVOKE"), acls)

    def _words(self, verb: str, privileges: tuple[str, ...] = ()) -> tuple[str, str]:
        """The words before and after the object."""
        if verb == "REVOKE":
            return "REVOKE ALL ON", f"FROM {role(self.to)}"
        option = " WITH GRANT OPTION" if self.with_grant_option else ""
        return f"GRANT {', '.join(privileges)} ON", f"TO {role(self.to)}{option}"

    def _statement(self, verb: str, privileges: tuple[str, ...] = ()) -> str:
        before, after = self._words(verb, privileges)
        return f"{before} {self._place} {after}" if self.of else on_database(before, after)
