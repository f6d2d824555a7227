"""Extensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app_schema.ddl.block import DIFFERENT
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.mark import MARK, skip_unless_ours
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, ident, literal
from app_schema.ddl.twin import Side

_CATALOG = CatalogQuery(
    "pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace",
    catalog="pg_extension",
    oid="e.oid",
    kind="'extension'",
    name="e.extname",
    listed="e.extname <> 'plpgsql'",
    definition="format('schema %I', n.nspname)",
    parts={"schema": "n.nspname"},
)


@dataclass(frozen=True)
class Extension(DDLObject):
    """``CREATE EXTENSION name SCHEMA schema``. A downgrade drops only an extension that app_schema created.

    :param version: the minimum version; a newer one is equal.
    """

    kind: ClassVar[str] = "extension"
    comment_on: ClassVar[Mapping[str, str]] = {"extension": "EXTENSION {name}"}
    lent = True
    catalog = (_CATALOG,)
    ranks = (Drops.EXTENSION, Makes.EXTENSION)
    in_create_all = Makes.EXTENSION
    name: str
    version: str | None = None
    schema: str | None = None

    @property
    def label(self) -> str:
        return f"extension {self.name}"

    @property
    def key(self) -> Key:
        return Key(self.kind, None, None, self.name)

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # an extension is in no schema; its objects are
        return self.key

    def namespace(self) -> str:
        return "NULL"

    def catalog_query(self) -> str:
        printed = ["'extension'", *(["' in ' || " + _CATALOG.definition] if self.schema else [])]
        if self.version:
            numbers = "string_to_array(regexp_replace({}, '[^0-9.].*$', ''), '.')::int[]"
            older = f"{numbers.format('e.extversion')} < {numbers.format(literal(self.version))}"
            printed.append(f"CASE WHEN {older} THEN ' version ' || e.extversion ELSE '' END")
        return _CATALOG.select(" || ".join(printed), *_CATALOG.place(self.name))

    def side(self) -> Side:
        place = f" || format(' in schema %I', {literal(self.schema)})" if self.schema else ""
        return Side(value=f"'extension'{place}")

    def remedy(self) -> str:
        return f"its owner must run: ALTER EXTENSION {ident(self.name)} UPDATE (or SET SCHEMA ...)"

    def create_sql(self) -> tuple[str, ...]:
        place = f" SCHEMA {ident(self.schema)}" if self.schema else ""
        missing = f"the extension {self.name} is not available on this server"
        hint = f"install {self.name} on the server, or enable it at the provider; then run again"
        by_another = (
            f"as a superuser or in the provider's console, run CREATE EXTENSION {ident(self.name)}{place}; "
            "then run again"
        )
        make = f"""
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = {literal(self.name)}) THEN
    RAISE EXCEPTION USING ERRCODE = '{DIFFERENT}', MESSAGE = {literal(missing)}, HINT = {literal(hint)};
  END IF;
  BEGIN
    CREATE EXTENSION {ident(self.name)}{place};
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = '42501', HINT = {literal(by_another)},
      MESSAGE = concat(current_user, {literal(f" may not create the extension {self.name}")});
  END;
  EXECUTE format('COMMENT ON EXTENSION %I IS %L', {literal(self.name)}, concat_ws(' ',
    (SELECT obj_description(oid, 'pg_extension')
       FROM pg_catalog.pg_extension WHERE extname = {literal(self.name)}),
    {literal(MARK)}));
END
"""
        return ("DO " + dollar(make, "extension"),)

    def lent_sql(self) -> tuple[str, ...]:
        place = f" SCHEMA {ident(self.schema)}" if self.schema else ""
        return (f"CREATE EXTENSION IF NOT EXISTS {ident(self.name)}{place} CASCADE",)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP EXTENSION {ident(self.name)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """Updates an extension older than the minimum version, and moves it to the declared schema."""
        place = (
            (f"ALTER EXTENSION {ident(self.name)} SET SCHEMA {ident(self.schema)}",) if self.schema else ()
        )
        return (*((f"ALTER EXTENSION {ident(self.name)} UPDATE",) if self.version else ()), *place)

    def dropped(self, *, recreated: bool = False) -> str:
        del recreated  # an extension that others use too is not dropped to be recreated
        keep = skip_unless_ours("pg_extension", "extname", self.name, self.label)
        exists = f"SELECT 'extension'::text FROM pg_catalog.pg_extension WHERE extname = {literal(self.name)}"
        return drop(self.label, self.namespace(), exists, self.kind, self.drop_sql(), keep=keep)
