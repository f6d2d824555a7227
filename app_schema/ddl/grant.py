"""Grants on tables, columns, functions and schemas, and the default privileges of new objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.block import refuse
from app_schema.ddl.catalog_query import CatalogQuery, Kind
from app_schema.ddl.function import Function
from app_schema.ddl.guard import Guard
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal, literals, qualified, role, sequence
from app_schema.ddl.table_object import TableObject
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


def _grantee(to: str) -> str:
    if to.upper() == "PUBLIC":
        return "0"
    return f"(SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = {literal(to)})"


_ROLE = "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END"
_WORD = "g.privilege_type || CASE WHEN g.is_grantable THEN '*' ELSE '' END"
# one privilege may be granted by several roles
_HELD = f"""\
CROSS JOIN LATERAL (
  SELECT g.grantee, string_agg(DISTINCT {_WORD}, ', ' ORDER BY {_WORD}) AS words,
         json_agg(DISTINCT g.privilege_type) AS privileges, bool_or(g.is_grantable) AS grantable,
         bool_or(NOT g.is_grantable) AS plain
    FROM aclexplode({{acl}}) AS g GROUP BY g.grantee) AS x"""
_PARTS = {
    "privileges": "x.privileges",
    "to": _ROLE,
    "with_grant_option": "x.grantable",
    "refused": "CASE WHEN x.grantable AND x.plain THEN 'a grant of which a part is WITH GRANT OPTION' END",
}


def _held(source: str, acl: str, owner: str, **given: Any) -> CatalogQuery:
    """The query of what roles other than the owner hold on objects of one catalog."""
    return CatalogQuery(
        f"{source} {_HELD.format(acl=acl)}",
        name=_ROLE,
        definition="x.words",
        **{"listed": f"x.grantee <> {owner}", "parts": _PARTS, **given},
    )


_ON_TABLES = _held(
    "pg_catalog.pg_class AS c",
    "c.relacl",
    "c.relowner",
    catalog="pg_class",
    oid="c.oid",
    kind="'grant'",
    namespace="c.relnamespace",
    table="c.relname",
    where="c.relacl IS NOT NULL AND c.relkind NOT IN ('i', 'I')",
)
_ON_COLUMNS = CatalogQuery(
    """\
pg_catalog.pg_class AS c CROSS JOIN LATERAL (
  SELECT g.grantee, g.privilege_type, bool_or(g.is_grantable) AS grantable,
         string_agg(DISTINCT a.column, ', ' ORDER BY a.column) AS columns,
         string_agg(DISTINCT a.column || a.star, ', ' ORDER BY a.column || a.star) AS words,
         json_agg(DISTINCT a.attname) AS names
    FROM pg_catalog.pg_attribute AS b CROSS JOIN LATERAL aclexplode(b.attacl) AS g
   CROSS JOIN LATERAL (SELECT b.attname::text, quote_ident(b.attname) COLLATE "C" AS column,
                              CASE WHEN g.is_grantable THEN '*' ELSE '' END AS star) AS a
   WHERE b.attrelid = c.oid AND b.attacl IS NOT NULL AND NOT b.attisdropped
   GROUP BY g.grantee, g.privilege_type) AS x""",
    catalog="pg_class",
    oid="c.oid",
    kind="'column_grant'",
    name=f"concat_ws(' ', {_ROLE}, x.privilege_type)",
    namespace="c.relnamespace",
    table="c.relname",
    relation="c.oid",
    where="c.relkind NOT IN ('i', 'I')",
    definition="x.words",
    comparable="x.columns",
    parts={
        "privileges": "x.privilege_type",
        "columns": "x.names",
        "to": _ROLE,
        "refused": "CASE WHEN x.grantable THEN 'a grant on columns WITH GRANT OPTION' END",
    },
)
(_FUNCTIONS,) = Function.catalog
_ON_FUNCTIONS = _held(
    "pg_catalog.pg_proc AS p",
    "coalesce(p.proacl, acldefault('f', p.proowner))",
    "p.proowner",
    catalog="pg_proc",
    oid="p.oid",
    kind="'function_grant'",
    namespace="p.pronamespace",
    table=_FUNCTIONS.name,
    where=_FUNCTIONS.where,
    listed=f"x.grantee <> p.proowner AND {_FUNCTIONS.listed}",
)
_ON_SCHEMAS = _held(
    "pg_catalog.pg_namespace AS n",
    "n.nspacl",
    "n.nspowner",
    catalog="pg_namespace",
    oid="n.oid",
    kind="'schema_grant'",
    namespace="n.oid",
)


def _sorted(privileges: str | Iterable[str]) -> tuple[str, ...]:
    names = sorted({privilege.upper() for privilege in sequence(privileges)})
    if not names or "ALL" in names or "ALL PRIVILEGES" in names:
        msg = (
            "name the privileges of a grant one by one: what ALL means differs between versions of PostgreSQL"
        )
        raise ModelError(msg)
    return tuple(names)


@dataclass(frozen=True)
class Grant(TableObject):
    """``GRANT privileges ON … TO role``: exactly these, of one role, on one object.

    On a table (in ``__table_args__``, or ``table=``); on ``columns`` of it, then one privilege at a time; on
    a ``function`` of the schema, given as ``name(types)``; else on the schema.
    """

    kind: ClassVar[str] = "grant"
    catalog = (_ON_TABLES, _ON_COLUMNS, _ON_FUNCTIONS, _ON_SCHEMAS)
    reflected_as = ("grant", "column_grant", "function_grant", "schema_grant")
    ranks = (Drops.GRANT, Makes.GRANT)
    in_create_all = Makes.GRANT
    positional: ClassVar[tuple[str, ...]] = ("privileges",)
    privileges: str | Iterable[str]
    _: KW_ONLY
    to: str
    columns: str | Iterable[str] | None = None
    function: str | None = None
    with_grant_option: bool = False
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "privileges", _sorted(self.privileges))
        if self.columns is not None:
            object.__setattr__(self, "columns", tuple(sorted(sequence(self.columns))))
            if len(self._words) != 1:
                words = ", ".join(self._words)
                msg = f"a grant on columns names one privilege, not {words}: write one for each"
                raise ModelError(msg)

    @property
    def _words(self) -> tuple[str, ...]:
        return sequence(self.privileges)

    @property
    def name(self) -> str:
        """Follows from the fields: the function if there is one, the role, the privilege if on columns."""
        function = [self.function] if self.function else []
        return " ".join([*function, self.to, *(self._words if self.columns else [])])

    @property
    def key(self) -> Key:
        return Key("column_grant" if self.columns else self.kind, self.schema, self.table, self.name)

    def reflected_key(self, default_schema: str) -> Key:
        schema = self.schema or default_schema
        if self.columns:
            return Key("column_grant", schema, self.table, self.name)
        if self.table:
            return Key("grant", schema, self.table, self.to)
        if self.function:
            return Key("function_grant", schema, self.function, self.to)
        return Key("schema_grant", schema, None, self.to)

    @property
    def label(self) -> str:
        place = qualified(self.table, self.schema) if self.table else self._target.lower()
        return f"grant to {self.to} on {place}"

    @property
    def _function(self) -> str:
        return f"{ident(self.schema)}.{self.function}" if self.schema else self.function or ""

    @property
    def _target(self) -> str:
        if self.table:
            return f"TABLE {qualified(self.table, self.schema)}"
        if self.function:
            return f"FUNCTION {self._function}"
        if not self.schema:
            msg = f"a grant to {self.to} names neither a table nor a function nor a schema"
            raise ModelError(msg)
        return f"SCHEMA {ident(self.schema)}"

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        place: dict[str, Any] = {"function" if key.kind == "function_grant" else "table": key.table}
        return cls(**parts, **place, schema=key.schema)

    def catalog_query(self) -> str:
        held_by = [f"x.grantee = {_grantee(self.to)}"]
        if self.columns:
            held_by.append(f"x.privilege_type = {literal(self._words[0])}")
            catalog, place = _ON_COLUMNS, _ON_COLUMNS.place("", self.table)
        elif self.table:
            catalog, place = _ON_TABLES, _ON_TABLES.place("", self.table)
        elif self.function:
            catalog, place = _ON_FUNCTIONS, [f"p.oid = to_regprocedure({literal(self._function)})"]
        else:
            catalog, place = _ON_SCHEMAS, _ON_SCHEMAS.place("")
        return catalog.select(catalog.printed, *place, *held_by)

    def side(self) -> Side:
        if self.columns:
            names = literals(sequence(self.columns))
            printed = """string_agg(quote_ident(u), ', ' ORDER BY quote_ident(u) COLLATE "C")"""
            return Side(value=f"(SELECT {printed} FROM unnest({names}) AS u)")
        star = "*" if self.with_grant_option else ""
        return Side(value=literal(", ".join(f"{word}{star}" for word in self._words)))

    def _statement(self, verb: str, direction: str, privileges: tuple[str, ...]) -> str:
        columns = f" ({', '.join(ident(name) for name in sequence(self.columns))})" if self.columns else ""
        words = ", ".join(f"{word}{columns}" for word in privileges)
        return f"{verb} {words} ON {self._target} {direction} {role(self.to)}"

    def remedy(self) -> str:
        return (
            "op.replace_grant(...) replaces what is there; on what another role owns, its owner runs: "
            f"{self.create_sql()[0]}"
        )

    def guarded(
        self, *, absent: tuple[str, ...] | None, different: tuple[str, ...] | None, old: DDLObject | None
    ) -> Guard:
        guard = super().guarded(absent=absent, different=different, old=old)
        refused = f"the role that migrates may not grant on {self._target.lower()}: {self.label} was not made"
        return dataclasses.replace(guard, ineffective=refused)

    def create_sql(self) -> tuple[str, ...]:
        option = " WITH GRANT OPTION" if self.with_grant_option else ""
        return (self._statement("GRANT", "TO", self._words) + option,)

    def drop_sql(self) -> tuple[str, ...]:
        if self.columns:
            return (self._revoked_on_columns(sequence(self.columns)),)
        return (self._revoked(", ".join(self._words), self._words),)

    def _revoked(self, privileges: str, words: tuple[str, ...] = ()) -> str:
        """The statement that revokes privileges on all but columns."""
        revoke = f"REVOKE {privileges} ON {self._target} FROM {role(self.to)}"
        kept, again = self._columns_kept() if self.table else ("", "")
        body = f"""
DECLARE
  held text;{kept}
BEGIN
  EXECUTE {literal(revoke)};{again}{self._held_still(words)}
END
"""
        return "DO " + dollar(body, "revoke")

    def _held_still(self, words: tuple[str, ...], columns: tuple[str, ...] = ()) -> str:
        """Refuses what stays: REVOKE is silent of what neither its role nor the owner has granted."""
        place = f"c.relnamespace = {self.namespace()} AND c.relname = {literal(self.table or '')}"
        if self.columns:
            acls = f"""pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid,
         aclexplode(a.attacl) AS x
   WHERE {place} AND NOT a.attisdropped"""
            acls += f" AND a.attname = ANY ({literals(columns)})" if columns else ""
        elif self.table:
            acls = f"pg_catalog.pg_class AS c, aclexplode(c.relacl) AS x WHERE {place}"
        elif self.function:
            acls = f"""pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS x
   WHERE p.oid = to_regprocedure({literal(self._function)})"""
        else:
            acls = f"pg_catalog.pg_namespace AS n, aclexplode(n.nspacl) AS x WHERE n.oid = {self.namespace()}"
        among = f" AND x.privilege_type = ANY ({literals(words)})" if words else ""
        what = f"{self.label} stays: REVOKE takes back what its own role has granted, and no more"
        hint = "as the role that granted it, run REVOKE ... FROM " + role(self.to)
        return f"""
  SELECT string_agg(DISTINCT concat(x.privilege_type, ' granted by ', x.grantor::regrole), ', ') INTO held
    FROM {acls}
     AND x.grantee = {_grantee(self.to)}{among};
  IF held IS NOT NULL THEN
{refuse(what, hint, detail="concat('found: ', held)")}
  END IF;"""

    def _columns_kept(self) -> tuple[str, str]:
        """A REVOKE on a table also takes the same privileges on its columns away: those are granted again."""
        table, to = qualified(self.table or "", self.schema), role(self.to)
        alive = "a.attrelid = c.oid AND NOT a.attisdropped"
        granted = f"aclexplode(a.attacl) AS x WHERE {alive} AND x.grantee = {_grantee(self.to)}"
        kept = f"""
  grant_again text;
  kept text[] := ARRAY(
    SELECT format('GRANT %s (%I) ON %s TO %s', x.privilege_type, a.attname, {literal(table)}, {literal(to)})
      FROM pg_catalog.pg_class AS c, pg_catalog.pg_attribute AS a, {granted}
       AND c.relname = {literal(self.table or "")} AND c.relnamespace = {self.namespace()});"""
        again = """
  FOREACH grant_again IN ARRAY kept LOOP
    EXECUTE grant_again;
  END LOOP;"""
        return kept, again

    def _revoked_on_columns(self, columns: tuple[str, ...] = ()) -> str:
        """Revokes the privilege on those of the columns, or on all columns, on which it was granted."""
        table = qualified(self.table or "", self.schema)
        among = f" AND a.attname = ANY ({literals(columns)})" if columns else ""
        revoke = f"REVOKE {self._words[0]} (%I) ON {table} FROM {role(self.to)}".replace("%", "%%")
        body = f"""
DECLARE
  revoke text;
  held text;
BEGIN
  FOR revoke IN
    SELECT format({literal(revoke.replace("(%%I)", "(%I)"))}, a.attname)
      FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
     WHERE c.relname = {literal(self.table or "")} AND c.relnamespace = {self.namespace()}
       AND NOT a.attisdropped{among}
       AND EXISTS (SELECT 1 FROM aclexplode(a.attacl) AS x
                    WHERE x.grantee = {_grantee(self.to)} AND x.privilege_type = {literal(self._words[0])})
  LOOP
    EXECUTE revoke;
  END LOOP;{self._held_still(self._words, columns)}
END
"""
        return "DO " + dollar(body, "revoke")

    def replace_sql(self) -> tuple[str, ...]:
        if self.columns:
            return (self._revoked_on_columns(), *self.create_sql())
        return (self._revoked("ALL"), *self.create_sql())


class TypeGrants(Kind):
    """Grants on types, which no class of ours declares."""

    reflected_as = ("type_grant",)
    catalog = (
        _held(
            "pg_catalog.pg_type AS y",
            "coalesce(y.typacl, acldefault('T', y.typowner))",
            "y.typowner",
            catalog="pg_type",
            oid="y.oid",
            kind="'type_grant'",
            namespace="y.typnamespace",
            table="y.typname",
            where="y.typtype IN ('e', 'd', 'r')",
        ),
    )


_OWN_ROLE = "quote_ident(current_user)::regrole"
# Default privileges act on what their role creates: the role that migrates owns the version table, and before
# there is one it is the role that asks.
_MIGRATES = f"""\
d.defaclrole = coalesce((
  SELECT c.relowner FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relname = 'alembic_version' AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
   ORDER BY n.nspname <> 'public', n.nspname LIMIT 1), {_OWN_ROLE})"""
_WORDS = " ".join(f"WHEN '{letter}' THEN '{word}'" for word, letter in _OBJECT_TYPES.items())
_ON = f"CASE d.defaclobjtype {_WORDS} END"
_DEFAULT = _held(
    "pg_catalog.pg_default_acl AS d",
    "d.defaclacl",
    "d.defaclrole",
    catalog="pg_default_acl",
    oid="d.oid",
    kind="'default_grant'",
    namespace="d.defaclnamespace",
    without_schema=True,
    table=_ON,
    listed=f"x.grantee <> d.defaclrole AND {_MIGRATES}",
)


class DefaultAcls(Kind):
    """Privileges that PostgreSQL grants by itself, and the default privileges of the database do not."""

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
            listed=_MIGRATES,
            definition="'no ' || x.words",
        ),
    )


@dataclass(frozen=True)
class DefaultPrivileges(DDLObject):
    """``ALTER DEFAULT PRIVILEGES IN SCHEMA schema GRANT privileges ON … TO role``.

    It holds for what the current role makes.

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
        object.__setattr__(self, "privileges", _sorted(self.privileges))
        object.__setattr__(self, "on", self.on.upper())
        if self.on not in _OBJECT_TYPES:
            msg = f"default privileges are on one of {', '.join(_OBJECT_TYPES)}, not on {self.on}"
            raise ModelError(msg)

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        if parts.pop("with_grant_option"):
            raise ModelError("default privileges WITH GRANT OPTION cannot be written as a revision")
        return cls(**parts, on=key.table or "", schema=key.schema)

    @property
    def name(self) -> str:
        """Follows from the fields: the kind of objects and the role."""
        return f"{self.on} {self.to}"

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # default privileges of no schema are those of the whole database
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
            f"x.grantee = {_grantee(self.to)}",
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
