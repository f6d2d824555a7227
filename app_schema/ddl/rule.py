"""Rules, by the text that PostgreSQL prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.object import DDLObject
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import NAME, ident, parsed, qualified
from app_schema.ddl.twin import Side, copied

_RULE = re.compile(rf"(?P<head>CREATE RULE {NAME} AS\s+ON \w+ TO ){NAME}\.{NAME}(?P<rest>\s.*)", re.DOTALL)
_ENABLED = {"ORIGIN": "ENABLE", "DISABLED": "DISABLE", "REPLICA": "ENABLE REPLICA", "ALWAYS": "ENABLE ALWAYS"}


_PRINTED = "pg_get_ruledef(u.oid)"
_STATE = "CASE u.ev_enabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' END"
_CATALOG = CatalogQuery(
    "pg_catalog.pg_rewrite AS u JOIN pg_catalog.pg_class AS c ON c.oid = u.ev_class "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    catalog="pg_rewrite",
    oid="u.oid",
    kind="'rule'",
    name="u.rulename",
    namespace="c.relnamespace",
    table="c.relname",
    relation="c.oid",
    where="u.rulename <> '_RETURN'",
    only_if="oid FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN'",
    definition=f"concat({_PRINTED}, ' ' || {_STATE})",
    comparable=f"""\
concat(regexp_replace(replace({_PRINTED}, format(' TO %I.%I', n.nspname, c.relname), ' TO it'),
                      ' TO pg_temp\\.("([^"]|"")+"|[^\\s".]+)', ' TO it'), ' ' || {_STATE})""",
    parts={"definition": _PRINTED, "enabled": f"coalesce({_STATE}, 'ORIGIN')"},
)


@dataclass(frozen=True)
class Rule(DDLObject):
    """A rule of a table or view by the whole statement that pg_get_ruledef prints."""

    kind: ClassVar[str] = "rule"
    comment_on: ClassVar[Mapping[str, str]] = {"rule": "RULE {name} ON {table}"}
    catalog = (_CATALOG,)
    ranks = (Drops.TRIGGER, Makes.TRIGGER)
    in_create_all = Makes.TRIGGER
    positional: ClassVar[tuple[str, ...]] = ("name", "table", "definition")
    stand_in: ClassVar[Mapping[str, Any]] = {"definition": ""}
    name: str
    definition: str
    _: KW_ONLY
    enabled: str = "ORIGIN"
    table: str | None = None
    schema: str | None = None

    def side(self) -> Side:
        table = copied(self.table, self.schema)
        expected = "CREATE RULE name AS ON event TO schema.table ..."
        match = parsed(_RULE, self.label, self.definition, "pg_get_ruledef", expected)
        create = f"{match['head']}{table.twin}{match['rest']}"
        return Side(twin=(create, *self._enable(table.twin)), like=table)

    def _enable(self, table: str) -> tuple[str, ...]:
        if self.enabled == "ORIGIN":
            return ()
        return (f"ALTER TABLE {table} {_ENABLED[self.enabled]} RULE {ident(self.name)}",)

    def create_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (self.definition, *self._enable(qualified(self.table, self.schema)))

    def drop_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (f"DROP RULE {ident(self.name)} ON {qualified(self.table, self.schema)}",)
