"""Grants on tables, columns, functions and schemas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.acl import ROLE, PrintedGrant, checked_privileges, grantee, held, printed_words
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.function import Function
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.revocation import Revocation
from app_schema.ddl.sql import ident, literal, literals, qualified, role, sequence
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_ON_TABLES = held(
    "pg_catalog.pg_class AS c",
    "c.relacl",
    "c.relowner",
    catalog="pg_class",
    oid="c.oid",
    kind="'grant'",
    namespace="c.relnamespace",
    table="c.relname",
    where="c.relacl IS NOT NULL AND c.relkind NOT IN ('i', 'I')",
    only_if="oid FROM pg_catalog.pg_class WHERE relacl IS NOT NULL",
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
    name=f"concat_ws(' ', {ROLE}, x.privilege_type)",
    namespace="c.relnamespace",
    table="c.relname",
    relation="c.oid",
    where="c.relkind NOT IN ('i', 'I')",
    # a change of the owner makes one of a grant to the former or to the new owner
    listed="x.grantee <> c.relowner",
    only_if="attrelid FROM pg_catalog.pg_attribute WHERE attacl IS NOT NULL",
    printed_as=PrintedGrant,
    fields={"words": "x.words", "names": "x.names", "grantable": "x.grantable"},
    comparable="x.columns",
    parts={
        "privileges": "x.privilege_type",
        "columns": "x.names",
        "to": ROLE,
        "refused": "CASE WHEN x.grantable THEN 'a grant on columns WITH GRANT OPTION' END",
    },
)
(_FUNCTIONS,) = Function.catalog
_ON_FUNCTIONS = held(
    "pg_catalog.pg_proc AS p",
    "coalesce(p.proacl, acldefault('f', p.proowner))",
    "p.proowner",
    catalog="pg_proc",
    oid="p.oid",
    kind="'function_grant'",
    namespace="p.pronamespace",
    table=_FUNCTIONS.name,
    where="p.prokind <> 'p'",  # of a procedure they are a part of its declaration
    only_if="oid FROM pg_catalog.pg_proc WHERE prokind <> 'p'",
    listed=f"x.grantee <> p.proowner AND {_FUNCTIONS.listed}",
)
_ON_SCHEMAS = held(
    "pg_catalog.pg_namespace AS n",
    "n.nspacl",
    "n.nspowner",
    catalog="pg_namespace",
    oid="n.oid",
    kind="'schema_grant'",
    namespace="n.oid",
    attribute=True,
)


@dataclass(frozen=True)
class Grant(TableObject):
    """``GRANT privileges ON … TO role``: exactly these privileges of a role on an object.

    The object is the table (of ``__table_args__``, or ``table=``); ``columns`` of the table, with one
    privilege a grant; a ``function`` of the schema, given as ``name(types)``; or else the schema.
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
        object.__setattr__(self, "privileges", checked_privileges(self.privileges))
        if self.columns is not None:
            object.__setattr__(self, "columns", tuple(sorted(sequence(self.columns))))
            if len(self._words) != 1:
                words = ", ".join(self._words)
                msg = f"a grant on columns names one privilege, not {words}: write a Grant for each"
                raise ModelError(msg)

    @property
    def _words(self) -> tuple[str, ...]:
        return sequence(self.privileges)

    @property
    def name(self) -> str:
        """Function if any, role, and for columns the privilege."""
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
            msg = f"a grant to {self.to} names no table, function or schema"
            raise ModelError(msg)
        return f"SCHEMA {ident(self.schema)}"

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        place: dict[str, Any] = {"function" if key.kind == "function_grant" else "table": key.table}
        return cls(**parts, **place, schema=key.schema)

    def catalog_query(self) -> str:
        held_by = [f"x.grantee = {grantee(self.to)}"]
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
        return Side(value=literal(printed_words(self._words, grantable=self.with_grant_option)))

    def remedy(self) -> str:
        return (
            "op.replace_grant(...) replaces the grant; if another role owns the object, that role must run: "
            f"{self.create_sql()[0]}"
        )

    @property
    def ineffective(self) -> str:
        return f"the migrating role may not grant on {self._target.lower()}: {self.label} was not created"

    def create_sql(self) -> tuple[str, ...]:
        columns = f" ({', '.join(ident(name) for name in sequence(self.columns))})" if self.columns else ""
        words = ", ".join(f"{word}{columns}" for word in self._words)
        option = " WITH GRANT OPTION" if self.with_grant_option else ""
        return (f"GRANT {words} ON {self._target} TO {role(self.to)}{option}",)

    def drop_sql(self) -> tuple[str, ...]:
        if self.columns:
            return (self._revocation().on_columns(self._words[0], sequence(self.columns)),)
        return (self._revocation().on_object(self._words),)

    def replace_sql(self) -> tuple[str, ...]:
        if self.columns:
            return (self._revocation().on_columns(self._words[0]), *self.create_sql())
        return (self._revocation().on_object(), *self.create_sql())

    def _revocation(self) -> Revocation:
        function = self._function if self.function else None
        return Revocation(self.label, self._target, self.to, self.namespace(), self.table, function)
