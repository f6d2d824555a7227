"""Configurations of text search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import creation_schema
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import dollar, literal, pairs, qualified
from app_schema.ddl.twin import Side

_MAPPINGS = """\
SELECT y.alias AS token, string_agg(format('%I.%I', e.nspname, d.dictname), ', ' ORDER BY q.mapseqno) AS by
      FROM pg_catalog.pg_ts_config_map AS q JOIN pg_catalog.pg_ts_dict AS d ON d.oid = q.mapdict
      JOIN pg_catalog.pg_namespace AS e ON e.oid = d.dictnamespace
      JOIN ts_token_type(k.cfgparser) AS y ON y.tokid = q.maptokentype
     WHERE q.mapcfg = k.oid GROUP BY y.alias"""
_PARSER = "format('%I.%I', n.nspname, m.prsname)"
_CATALOG = CatalogQuery(
    "pg_catalog.pg_ts_config AS k JOIN pg_catalog.pg_ts_parser AS m ON m.oid = k.cfgparser "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = m.prsnamespace",
    catalog="pg_ts_config",
    oid="k.oid",
    kind="'text_search_configuration'",
    name="k.cfgname",
    namespace="k.cfgnamespace",
    owner="k.cfgowner",
    definition=f"""\
concat_ws(' ', {_PARSER},
  (SELECT string_agg(format('%s: %s', x.token, x.by), '; ' ORDER BY x.token) FROM ({_MAPPINGS}) AS x))""",
    parts={
        "parser": _PARSER,
        "mappings": f"(SELECT coalesce(json_object_agg(x.token, x.by), '{{}}') FROM ({_MAPPINGS}) AS x)",
    },
    only_if="oid FROM pg_catalog.pg_ts_config",
)


@dataclass(frozen=True)
class TextSearchConfiguration(DDLObject):
    """``CREATE TEXT SEARCH CONFIGURATION schema.name (PARSER = parser)``, and its mappings.

    :param mappings: types of tokens -> dictionaries in the order of their look-up, each with its schema:
        ``{"asciiword, word": "public.stem, pg_catalog.simple"}``.
    """

    kind: ClassVar[str] = "text_search_configuration"
    comment_on: ClassVar[Mapping[str, str]] = {
        "text_search_configuration": "TEXT SEARCH CONFIGURATION {place}"
    }
    owned_as = "text_search_configuration"
    lent = True
    catalog = (_CATALOG,)
    # among the objects of text search: dropped before the dictionaries, created after them
    ranks = (Drops.EARLY_FUNCTION, Makes.TYPE)
    in_create_all = Makes.TYPE
    stand_in: ClassVar[Mapping[str, Any]] = {"mappings": {}}
    name: str
    _: KW_ONLY
    mappings: Mapping[str, str] | Iterable[tuple[str, str]]
    parser: str = 'pg_catalog."default"'
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mappings", tuple(sorted(pairs(self.mappings))))

    @property
    def step(self) -> int:
        """After the dictionaries that a mapping names."""
        return 1

    @classmethod
    def from_parts(cls, key: Key, parts: dict[str, Any]) -> DDLObject:
        tokens: dict[str, list[str]] = {}
        for token, dictionaries in sorted(parts["mappings"].items()):
            tokens.setdefault(dictionaries, []).append(token)
        mappings = tuple((", ".join(each), dictionaries) for dictionaries, each in tokens.items())
        return cls(key.name, mappings=mappings, parser=parts["parser"], schema=key.schema)

    def side(self) -> Side:
        return Side(twin=self._create(qualified(self.name, "pg_temp")))

    def _create(self, place: str) -> tuple[str, ...]:
        return (f"CREATE TEXT SEARCH CONFIGURATION {place} (PARSER = {self.parser})", *self._map(place))

    def _map(self, place: str) -> tuple[str, ...]:
        alter = f"ALTER TEXT SEARCH CONFIGURATION {place} ADD MAPPING FOR"
        return tuple(f"{alter} {tokens} WITH {dictionaries}" for tokens, dictionaries in pairs(self.mappings))

    def create_sql(self) -> tuple[str, ...]:
        return self._create(qualified(self.name, self.schema))

    def drop_sql(self) -> tuple[str, ...]:
        return (f"DROP TEXT SEARCH CONFIGURATION {qualified(self.name, self.schema)}",)

    def replace_sql(self) -> tuple[str, ...]:
        """Replaces the mappings in place, because an index may depend on the configuration.

        PostgreSQL cannot change the parser.
        """
        place = qualified(self.name, self.schema)
        unmap = f"""
DECLARE
  token text;
BEGIN
  FOR token IN
    SELECT DISTINCT y.alias
      FROM pg_catalog.pg_ts_config AS k JOIN pg_catalog.pg_ts_config_map AS q ON q.mapcfg = k.oid
      JOIN ts_token_type(k.cfgparser) AS y ON y.tokid = q.maptokentype
     WHERE k.cfgnamespace = {creation_schema(self.schema)} AND k.cfgname = {literal(self.name)}
  LOOP
    EXECUTE {dollar(f"ALTER TEXT SEARCH CONFIGURATION {place} DROP MAPPING FOR ")} || token;
  END LOOP;
END
"""
        return ("DO " + dollar(unmap, "unmap"), *self._map(place))
