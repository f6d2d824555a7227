"""Row-level security policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.lookup import regclass
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import ident, literal, qualified, role, sequence
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side, copied

ROLES = """\
(SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text)
   FROM unnest(p.polroles) AS r)"""
_PARTS = {
    "as_": "CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END",
    "for_": "CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' "
    "WHEN 'd' THEN 'DELETE' ELSE 'ALL' END",
    "to": """\
(SELECT json_agg(coalesce(r.rolname, 'PUBLIC') ORDER BY r.rolname)
   FROM unnest(p.polroles) AS x LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x)""",
    "using": "pg_get_expr(p.polqual, p.polrelid)",
    "with_check": "pg_get_expr(p.polwithcheck, p.polrelid)",
}


@dataclass(frozen=True)
class Policy(TableObject):
    """``CREATE POLICY name ON table AS … FOR … TO … USING (…) WITH CHECK (…)``."""

    kind: ClassVar[str] = "policy"
    comment_on: ClassVar[Mapping[str, str]] = {"policy": "POLICY {name} ON {table}"}
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid",
            catalog="pg_policy",
            only_if="oid FROM pg_catalog.pg_policy",
            oid="p.oid",
            kind="'policy'",
            name="p.polname",
            namespace="c.relnamespace",
            table="c.relname",
            relation="c.oid",
            definition=f"""\
format('AS %s FOR %s TO %s%s%s', {_PARTS["as_"]}, {_PARTS["for_"]}, {ROLES},
       ' USING (' || {_PARTS["using"]} || ')', ' WITH CHECK (' || {_PARTS["with_check"]} || ')')""",
            parts=_PARTS,
        ),
    )
    ranks = (Drops.POLICY, Makes.POLICY)
    in_create_all = Makes.POLICY
    refuses_existing = compared_together = True
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "drop", "replace"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("name", "table")
    name: str
    _: KW_ONLY
    as_: str = "PERMISSIVE"
    for_: str = "ALL"
    to: str | Iterable[str] = ("PUBLIC",)
    using: str | None = None
    with_check: str | None = None
    table: str | None = None
    schema: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "to", sequence(self.to))

    def exists(self) -> str | None:
        return f"""\
SELECT ''::text FROM pg_catalog.pg_policy AS p
 WHERE p.polrelid = {regclass(self.table or "", self.schema)} AND p.polname = {literal(self.name)}"""

    def side(self) -> Side:
        table = copied(self.table, self.schema)
        return Side(twin=(self._create(table.twin),), like=table)

    def _create(self, table: str) -> str:
        clauses = [
            f"CREATE POLICY {ident(self.name)} ON {table}",
            f"AS {self.as_} FOR {self.for_} TO {', '.join(role(to) for to in self.to)}",
            *([f"USING ({self.using})"] if self.using is not None else []),
            *([f"WITH CHECK ({self.with_check})"] if self.with_check is not None else []),
        ]
        return " ".join(clauses)

    def create_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (self._create(qualified(self.table, self.schema)),)

    def lent_sql(self) -> tuple[str, ...]:
        return replace(self, to=["PUBLIC"]).create_sql()

    def drop_sql(self) -> tuple[str, ...]:
        assert self.table is not None
        return (f"DROP POLICY {ident(self.name)} ON {qualified(self.table, self.schema)}",)
