"""Grants on tables, columns, functions and schemas, and the default privileges of new objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from app_schema.ddl.guard import Guard, Side, creation_schema, refuse
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal, literals, qualified, role, sequence
from app_schema.ddl.table_object import TableObject
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


def _privileges(acl: str, to: str) -> str:
    word = "x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END"
    listed = f"SELECT string_agg(DISTINCT {word}, ', ' ORDER BY {word})"
    return f"({listed} FROM aclexplode({acl}) AS x WHERE x.grantee = {_grantee(to)})"


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
    def _target(self) -> str:
        if self.table:
            return f"TABLE {qualified(self.table, self.schema)}"
        if self.function:
            place = f"{ident(self.schema)}." if self.schema else ""
            return f"FUNCTION {place}{self.function}"
        if not self.schema:
            msg = f"a grant to {self.to} names neither a table nor a function nor a schema"
            raise ModelError(msg)
        return f"SCHEMA {ident(self.schema)}"

    def catalog_query(self) -> str:
        if self.columns:
            return f"""\
SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY quote_ident(a.attname) COLLATE "C")
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
 WHERE c.relnamespace = $1 AND c.relname = {literal(self.table or "")}
   AND EXISTS (SELECT 1 FROM aclexplode(a.attacl) AS x
                WHERE x.grantee = {_grantee(self.to)} AND x.privilege_type = {literal(self._words[0])})"""
        if self.table:
            return f"""\
SELECT {_privileges("c.relacl", self.to)} FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = $1 AND c.relname = {literal(self.table)}"""
        if self.function:
            found = literal(self._target.removeprefix("FUNCTION "))
            return f"""\
SELECT {_privileges("p.proacl", self.to)} FROM pg_catalog.pg_proc AS p
 WHERE p.oid = to_regprocedure({found})"""
        return f"""\
SELECT {_privileges("n.nspacl", self.to)} FROM pg_catalog.pg_namespace AS n WHERE n.oid = $1"""

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
        function = literal(self._target.removeprefix("FUNCTION "))
        if self.columns:
            acls = f"""pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid,
         aclexplode(a.attacl) AS x
   WHERE {place} AND NOT a.attisdropped"""
            acls += f" AND a.attname = ANY ({literals(columns)})" if columns else ""
        elif self.table:
            acls = f"pg_catalog.pg_class AS c, aclexplode(c.relacl) AS x WHERE {place}"
        elif self.function:
            acls = f"""pg_catalog.pg_proc AS p, aclexplode(p.proacl) AS x
   WHERE p.oid = to_regprocedure({function})"""
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


@dataclass(frozen=True)
class DefaultPrivileges(DDLObject):
    """``ALTER DEFAULT PRIVILEGES IN SCHEMA schema GRANT privileges ON … TO role``.

    It holds for what the current role makes.

    :param on: TABLES, SEQUENCES, FUNCTIONS, TYPES, SCHEMAS or, from PostgreSQL 18 on, LARGE OBJECTS.
    """

    kind: ClassVar[str] = "default_privileges"
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
        return f"""\
SELECT {_privileges("d.defaclacl", self.to)} FROM pg_catalog.pg_default_acl AS d
 WHERE d.defaclrole = quote_ident(current_user)::regrole AND d.defaclnamespace = $1
   AND d.defaclobjtype = '{_OBJECT_TYPES[self.on]}'"""

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
