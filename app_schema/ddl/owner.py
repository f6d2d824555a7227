"""The owner of an object, where it is another role than the migrating one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from app_schema.ddl.block import block, refuse
from app_schema.ddl.catalog_query import Kind
from app_schema.ddl.enum import EnumType
from app_schema.ddl.function import Function
from app_schema.ddl.lookup import creation_schema, table_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import Relations
from app_schema.ddl.sql import dollar, ident, literal
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_TABLE = "relation"
"""The word of a snapshot for tables, views and sequences."""
# ALTER TABLE, TYPE and ROUTINE accept every relation, type and function
_GENERIC: Mapping[str, tuple[type[Kind], str]] = {
    _TABLE: (Relations, "TABLE {place}"),
    "type": (EnumType, "TYPE {place}"),
    "function": (Function, "ROUTINE {place}"),
}
_MEMBER = """\
pg_has_role(current_user, {role},
    CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END)"""
_MAY_CREATE = "(current_setting('is_superuser')::boolean OR has_schema_privilege({role}, {space}, 'CREATE'))"


def _owned_as(of: str) -> str:
    """The word of a snapshot for the owners of objects of this kind.

    :raises ModelError: for a kind without owners.
    """
    known = {word: kind.owned_as for kind in Kind.all() for word in kind.reflected_as if kind.owned_as}
    known |= {word: word for word in known.values()}
    if of not in known:
        raise ModelError(f"a {of} has no owner: expected one of {', '.join(sorted(known))}")
    return known[of]


@dataclass(frozen=True)
class Owner(TableObject):
    """``ALTER … OWNER TO role``: an argument of a table, or of any other object with ``of`` and ``name``.

    Without it the migrating role owns an object. The sequence of a column has the owner of the table.

    :param of: the kind of the object: view, function, type, schema, ...
    :param name: of a function with the types of its arguments, ``"even(integer)"``.
    """

    kind: ClassVar[str] = "owner"
    reflected_as = ("owner",)
    # the migrating role owns the object until all else is done, and from the first statement back
    ranks = (Drops.DEFAULT_GRANT, Makes.COMMENT)
    in_create_all = Makes.COMMENT
    verbs = ("set", "reset")
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys(("set", "reset", "replace"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("role",)
    stand_in: ClassVar[Mapping[str, Any]] = {"role": ""}
    role: str
    of: str = "table"
    name: str = ""
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        owned_as = _owned_as(self.of)
        object.__setattr__(self, "of", "table" if owned_as == _TABLE else owned_as)
        if owned_as == _TABLE and self.name:
            object.__setattr__(self, "table", self.name)
            object.__setattr__(self, "name", "")

    @classmethod
    def from_definition(cls, key: Key, definition: str) -> DDLObject:
        return cls(definition, of=key.name, name=key.table or "", schema=key.schema)

    @property
    def _owned_as(self) -> str:
        return _TABLE if self.of == "table" else self.of

    @property
    def _owned(self) -> tuple[type[Kind], str]:
        """The class of the object's kind, and the object in ALTER."""
        if self._owned_as in _GENERIC:
            return _GENERIC[self._owned_as]
        owned = next(kind for kind in Kind.all() if kind.owned_as == self.of)
        return owned, next(iter(owned.comment_on.values()))

    @property
    def _name(self) -> str:
        return self.table or self.name

    @property
    def _in_schema(self) -> bool:
        return bool(self._owned[0].catalog[0].namespace)

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, self._name, self._owned_as)

    def reflected_key(self, default_schema: str) -> Key:
        return self.key._replace(schema=(self.schema or default_schema) if self._in_schema else None)

    def undeclarable(self) -> str | None:
        if not self._name:
            return "names no object: make it an argument of a Table, or write of= and name="
        return super().undeclarable()

    @property
    def _place(self) -> str:
        kind, words = self._owned
        return words.format(name=ident(self._name), place=kind.sql_name(self._name, self.schema))

    @property
    def label(self) -> str:
        return f"owner of {self._place}" if self._name else f"owner {self.role}"

    def namespace(self) -> str:
        if self.table is not None:
            return table_schema(self.table, self.schema)
        return creation_schema(self.schema) if self._in_schema else "NULL"

    def catalog_query(self) -> str:
        """NULL for an object of the migrating role, unless that is the declared owner."""
        kind, _ = self._owned
        catalog = kind.catalog[0]
        owner = f"pg_get_userbyid({catalog.owner})::text"
        declared = f"({owner} <> current_user OR current_user = {literal(self.role)})"
        place = kind.place_of(catalog, self._name, None, self.schema)
        return catalog.select(owner, *place, declared, any_kind=self._owned_as in _GENERIC)

    def side(self) -> Side:
        return Side(value=literal(self.role), qualified=True)

    def create_sql(self) -> tuple[str, ...]:
        """One block: the errors of PostgreSQL name neither the object nor the missing GRANT."""
        role = literal(self.role)
        grant = f"format('write: GRANT %I TO %I', {role}, current_user)"
        no_member = f"{self.label} cannot become {self.role}: the migrating role is not a member of that role"
        lines = [
            f"  IF NOT {_MEMBER.format(role=role)} THEN",
            refuse(no_member, detail=grant),
            "  END IF;",
        ]
        if self._in_schema:
            space = f"(SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = {self.namespace()})"
            grant = f"format('write: GRANT CREATE ON SCHEMA %I TO %I', {space}, {role})"
            lines += [
                f"  IF NOT {_MAY_CREATE.format(role=role, space=space)} THEN",
                refuse(
                    f"{self.label} cannot become {self.role}, which may not create in the schema",
                    detail=grant,
                ),
                "  END IF;",
            ]
        change = f"  EXECUTE {dollar(f'ALTER {self._place} OWNER TO {ident(self.role)}')};"
        return (block(["BEGIN", *lines, change, "END"]),)

    def scratch_sql(self) -> tuple[str, ...]:
        """None: the comparison knows the owner, and another server may lack the role."""
        return ()

    def drop_sql(self) -> tuple[str, ...]:
        return (f"ALTER {self._place} OWNER TO CURRENT_USER",)

    def replace_sql(self) -> tuple[str, ...]:
        return self.create_sql()
