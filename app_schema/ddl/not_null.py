"""NOT NULL constraints with a name of their own, NO INHERIT or NOT VALID: of PostgreSQL 18 and later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.block import block
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import regclass
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import checked, dollar, ident, literal, qualified
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side

# PostgreSQL chooses table_column_not_null; a rename of the table or column does not change the name
CHOSEN = "_not_null[0-9]*$"
"""The pattern of the names that PostgreSQL chooses."""
_SPECIAL = f"(t.connoinherit OR NOT t.convalidated OR t.conname !~ '{CHOSEN}')"
# PostgreSQL renames no constraint that a table inherits, even if the table also declares it
_LOCAL = "t.contype = 'n' AND t.conrelid <> 0 AND t.conislocal AND t.coninhcount = 0"
_PRINTED = "concat(quote_ident(t.conname), CASE WHEN t.connoinherit THEN ' NO INHERIT' END{validity})"
_CATALOG = CatalogQuery(
    """\
pg_catalog.pg_constraint AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.conrelid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = t.conkey[1]""",
    catalog="pg_constraint",
    oid="t.oid",
    kind="'not_null'",
    name="a.attname",
    namespace="c.relnamespace",
    table="c.relname",
    relation="c.oid",
    attribute=True,
    where=_LOCAL,
    listed=_SPECIAL,
    only_if=f"t.oid FROM pg_catalog.pg_constraint AS t WHERE {_LOCAL} AND {_SPECIAL}",
    # the column has NOT VALID
    definition=_PRINTED.format(validity=""),
    parts={
        "name": "t.conname",
        "column": "a.attname",
        "no_inherit": "t.connoinherit",
        "not_valid": "NOT t.convalidated",
    },
)
_KNOWN = """\
  SELECT t.conname, t.connoinherit, a.attname, c.relname INTO known
    FROM {source}
   WHERE c.oid = {table} AND a.attname = {column} AND t.contype = 'n' LIMIT 1;"""
_CHOOSE = """\
    chosen := format('%s_%s_not_null', known.relname, known.attname);
    IF octet_length(chosen) > 60 THEN
      chosen := format('%s_%s_not_null', left(known.relname, 5), left(known.attname, 5));
    END IF;
    WHILE EXISTS (
      SELECT FROM pg_catalog.pg_constraint AS o WHERE o.conrelid = {table} AND o.conname = chosen
    ) LOOP
      number := number + 1;
      chosen := regexp_replace(chosen, '[0-9]*$', number::text);
    END LOOP;"""


@dataclass(frozen=True)
class NotNull(TableObject):
    """``CONSTRAINT name NOT NULL column``, of a column with ``nullable=False``.

    PostgreSQL before 18 has no such names, so no statement is rendered for it.

    :param no_inherit: tables that inherit do not have the constraint.
    :param not_valid: it holds for new rows alone; the column has ``nullable=True``.
    """

    kind: ClassVar[str] = "not_null"
    catalog = (_CATALOG,)
    ranks = (Drops.CONSTRAINT, Makes.CONSTRAINT)
    in_create_all = Makes.FUNCTION
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "drop", "replace"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("column", "table", "name")
    stand_in: ClassVar[Mapping[str, Any]] = {"name": ""}
    column: str
    name: str
    _: KW_ONLY
    no_inherit: bool = False
    not_valid: bool = False
    table: str | None = None
    schema: str | None = None

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        return cls(**parts, table=key.table, schema=key.schema)

    @property
    def key(self) -> Key:
        return Key(self.kind, self.schema, self.table, self.column)

    def reflected_key(self, default_schema: str) -> Key:
        return self.key._replace(schema=self.schema or default_schema)

    def undeclarable(self) -> str | None:
        if re.search(CHOSEN, self.name) and not (self.no_inherit or self.not_valid):
            return "has a name that PostgreSQL chooses, and such names are not compared: leave it out"
        return super().undeclarable()

    @property
    def label(self) -> str:
        return f"NOT NULL of column {self.column} of {qualified(self.table or '', self.schema)}"

    def catalog_query(self) -> str:
        """NULL where PostgreSQL has chosen another name, and the constraint has no other property."""
        validity = "" if self.not_valid else ", CASE WHEN NOT t.convalidated THEN ' NOT VALID' END"
        named = _SPECIAL if self.no_inherit else f"({_SPECIAL} OR t.conname = {literal(self.name)})"
        place = _CATALOG.place(checked(self.column), self.table)
        return _CATALOG.select(_PRINTED.format(validity=validity), *place, named)

    def side(self) -> Side:
        # a validated constraint satisfies NOT VALID
        return Side(
            value=f"concat(quote_ident({literal(self.name)}), {literal(self._inherit)})", qualified=True
        )

    @property
    def _inherit(self) -> str:
        return " NO INHERIT" if self.no_inherit else ""

    def create_sql(self) -> tuple[str, ...]:
        """Renames the constraint that the column has; a nullable column gets one."""
        validity = " NOT VALID" if self.not_valid else ""
        add = f"ADD CONSTRAINT {ident(self.name)} NOT NULL {ident(self.column)}{self._inherit}{validity}"
        return self._block(
            "  IF NOT FOUND THEN",
            f"    EXECUTE {dollar(self._alter(add))};",
            "    RETURN;",
            "  END IF;",
            f"  IF known.conname <> {literal(self.name)} THEN",
            self._rename(literal(self.name)),
            "  END IF;",
            f"  IF known.connoinherit <> {str(self.no_inherit).lower()} THEN",
            f"    EXECUTE {dollar(self._alter(self._altered(ident(self.name))))};",
            "  END IF;",
        )

    def drop_sql(self) -> tuple[str, ...]:
        """Renames the constraint to the name that PostgreSQL chooses; drops a NOT VALID one."""
        if self.not_valid:
            return (self._alter(f"ALTER COLUMN {ident(self.column)} DROP NOT NULL"),)
        inherit = dollar(self._format("ALTER CONSTRAINT %I INHERIT"))
        return self._block(
            "  IF NOT FOUND THEN RETURN; END IF;",
            f"  chosen := known.conname;\n  IF chosen !~ '{CHOSEN}' THEN",
            _CHOOSE.format(table=regclass(self.table or "", self.schema)),
            self._rename("chosen"),
            "  END IF;",
            "  IF known.connoinherit THEN",
            f"    EXECUTE format({inherit}, chosen);",
            "  END IF;",
        )

    def replace_sql(self) -> tuple[str, ...]:
        return self.create_sql()

    def _block(self, *lines: str) -> tuple[str, ...]:
        known = _KNOWN.format(
            source=_CATALOG.source,
            table=regclass(self.table or "", self.schema),
            column=literal(checked(self.column)),
        )
        return (
            block(
                [
                    "DECLARE",
                    "  known record;",
                    "  chosen text;",
                    "  number integer := 0;",
                    "BEGIN",
                    "  IF current_setting('server_version_num')::integer < 180000 THEN RETURN; END IF;",
                    known,
                    *lines,
                    "END",
                ]
            ),
        )

    def _altered(self, name: str) -> str:
        return f"ALTER CONSTRAINT {name}{self._inherit or ' INHERIT'}"

    def _rename(self, name: str) -> str:
        """PL/pgSQL; ``name`` is an expression.

        RENAME CONSTRAINT fails if a table that inherits has the constraint under another name.
        """
        rename = dollar(self._format("RENAME CONSTRAINT %I TO %I"))
        recreation = "ALTER COLUMN %1$I DROP NOT NULL, ADD CONSTRAINT %2$I NOT NULL %1$I"
        return (
            f"    BEGIN\n      EXECUTE format({rename}, known.conname, {name});\n"
            "    EXCEPTION WHEN undefined_object THEN\n"
            f"      EXECUTE format({dollar(self._format(recreation))}, known.attname, {name});\n    END;"
        )

    def _format(self, action: str) -> str:
        """The statement as a format."""
        return f"ALTER TABLE {qualified(self.table or '', self.schema).replace('%', '%%')} {action}"

    def _alter(self, action: str) -> str:
        return f"ALTER TABLE {qualified(self.table or '', self.schema)} {action}"
