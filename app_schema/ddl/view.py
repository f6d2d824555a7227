"""Views and materialized views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl import privileges
from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.guarded_drop import drop
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.relation import KIND_OF_NAME, OPTIONS, RELKIND
from app_schema.ddl.sql import dollar, ident, literal, pairs, qualified
from app_schema.ddl.twin import Side

_COLUMNS = """\
(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"""
_DEFAULTS = """\
(SELECT string_agg(format(' DEFAULT %I %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), '' ORDER BY a.attnum)
   FROM pg_catalog.pg_attrdef AS d
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  WHERE d.adrelid = c.oid)"""
_CATALOG = CatalogQuery(
    "pg_catalog.pg_class AS c",
    catalog="pg_class",
    oid="c.oid",
    kind="CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized_view' END",
    name="c.relname",
    namespace="c.relnamespace",
    owner="c.relowner",
    where="c.relkind IN ('v', 'm')",
    only_if="oid FROM pg_catalog.pg_class WHERE relkind IN ('v', 'm')",
    definition=f"concat_ws(' ', {OPTIONS}, format('(%s) AS %s', {_COLUMNS}, pg_get_viewdef(c.oid)))",
    parts={
        "definition": "btrim(rtrim(pg_get_viewdef(c.oid), ';'))",
        "options": "coalesce(to_json(c.reloptions), '[]')",
        "materialized": "c.relkind = 'm'",
    },
)


@dataclass(frozen=True)
class View(DDLObject):
    """``CREATE VIEW schema.name WITH (options) AS definition``.

    :param options: reloptions, such as ``{"security_invoker": True}``.
    :param defaults: column -> its default for INSERT into the view, as SQL. An existing view is compared with
        them if there are any.
    :param materialized: CREATE MATERIALIZED VIEW, WITH DATA.
    """

    kind: ClassVar[str] = "view"
    reads = True
    comment_on: ClassVar[Mapping[str, str]] = {
        "view": "VIEW {place}",
        "materialized_view": "MATERIALIZED VIEW {place}",
    }
    owned_as = "relation"
    catalog = (_CATALOG,)
    reflected_as = ("view", "materialized_view")
    ranks = (Drops.VIEW, Makes.VIEW)
    in_create_all = Makes.VIEW
    positional: ClassVar[tuple[str, ...]] = ("name", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    options: Mapping[str, object] | Iterable[tuple[str, object]] = ()
    defaults: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    materialized: bool = False
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "defaults", pairs(self.defaults))
        object.__setattr__(self, "options", pairs(self.options))

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        options = [tuple(option.split("=", 1)) for option in parts["options"]]
        return super().from_parts(key, {**parts, "options": options})

    def reflected_key(self, default_schema: str) -> Key:
        kind = "materialized_view" if self.materialized else "view"
        return Key(kind, self.schema or default_schema, None, self.name)

    @property
    def label(self) -> str:
        return f"{self._words} {qualified(self.name, self.schema)}"

    @property
    def _words(self) -> str:
        return "materialized view" if self.materialized else "view"

    def catalog_query(self) -> str:
        # the twin is a plain view: PostgreSQL has no temporary materialized view, and prints both alike
        is_kind = f"c.relkind = '{'m' if self.materialized else 'v'}' OR c.relnamespace = pg_my_temp_schema()"
        view = f"concat({_CATALOG.printed}, {_DEFAULTS})" if self.defaults else _CATALOG.printed
        printed = f"CASE WHEN {is_kind} THEN {view} ELSE {RELKIND} END"
        return _CATALOG.select(printed, *_CATALOG.place(self.name), any_kind=True)

    def side(self) -> Side:
        twin = qualified(self.name, "pg_temp")
        return Side(twin=(self._create("CREATE TEMPORARY VIEW", twin), *self._set_defaults(twin)))

    def _set_defaults(self, place: str) -> tuple[str, ...]:
        return tuple(
            f"ALTER VIEW {place} ALTER COLUMN {ident(column)} SET DEFAULT {default}"
            for column, default in pairs(self.defaults)
        )

    def _create(self, verb: str, name: str) -> str:
        options = ", ".join(f"{ident(option)} = {_value(value)}" for option, value in pairs(self.options))
        return f"{verb} {name}{f' WITH ({options})' if options else ''} AS\n{self.definition}"

    def create_sql(self) -> tuple[str, ...]:
        place = qualified(self.name, self.schema)
        return (self._create(f"CREATE {self._words.upper()}", place), *self._set_defaults(place))

    def privileges_sql(self) -> tuple[str, ...]:
        return (privileges.of_object("r", f"TABLE {qualified(self.name, self.schema)}"),)

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP {self._words.upper()} {qualified(self.name, self.schema)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """CREATE OR REPLACE keeps grants and dependents. PostgreSQL refuses other columns: drop, create."""
        (create, *defaults), drop_ = self.create_sql(), self.drop_sql()[0]
        if self.materialized:
            return (drop_, create, *self.privileges_sql())
        replace = self._create("CREATE OR REPLACE VIEW", qualified(self.name, self.schema))
        recreation = f"""
BEGIN
  EXECUTE {dollar(replace, "new")};
EXCEPTION WHEN invalid_table_definition THEN
  EXECUTE {dollar(drop_, "old")};
  EXECUTE {dollar(create, "new")};
  EXECUTE {dollar(self.privileges_sql()[0])};
END
"""
        return ("DO " + dollar(recreation, "replace"), *defaults)

    def dropped(self, *, recreated: bool = False) -> str:
        exists = KIND_OF_NAME.format(name=literal(self.name))
        return drop(self.label, self.namespace(), exists, self._words, self.drop_sql(), recreated=recreated)


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
