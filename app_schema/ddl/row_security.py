"""Row-level security of a table: disabled, enabled or forced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import qualified
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.twin import Side


@dataclass(frozen=True)
class RowSecurity(TableObject):
    """``ALTER TABLE table ENABLE ROW LEVEL SECURITY``.

    :param forced: also ``FORCE``: policies apply to the owner too.
    """

    kind: ClassVar[str] = "row_security"
    catalog = (
        CatalogQuery(
            "pg_catalog.pg_class AS c",
            catalog="pg_class",
            oid="c.oid",
            kind="'row_security'",
            name="''::name",
            namespace="c.relnamespace",
            table="c.relname",
            relation="c.oid",
            listed="c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity)",
            only_if="oid FROM pg_catalog.pg_class WHERE relrowsecurity OR relforcerowsecurity",
            definition="""\
CASE WHEN c.relrowsecurity THEN CASE WHEN c.relforcerowsecurity THEN 'enabled, forced' ELSE 'enabled' END
     WHEN c.relforcerowsecurity THEN 'forced but not enabled' END""",
            parts={"enabled": "c.relrowsecurity", "forced": "c.relforcerowsecurity"},
        ),
    )
    ranks = (Drops.ROW_SECURITY, Makes.ROW_SECURITY)
    in_create_all = Makes.ROW_SECURITY
    verbs = ("enable", "disable")
    locks: ClassVar[Mapping[str, str]] = dict.fromkeys((*verbs, "replace"), "ACCESS EXCLUSIVE")
    positional: ClassVar[tuple[str, ...]] = ("table",)
    _: KW_ONLY
    forced: bool = False
    enabled: bool = True
    table: str | None = None
    schema: str | None = None

    @property
    def name(self) -> str:
        """Empty: a table has at most one row security."""
        return ""

    def side(self) -> Side:
        if not self.enabled:
            return Side(value="'forced but not enabled'")
        return Side(value="'enabled, forced'" if self.forced else "'enabled'")

    @property
    def _alter(self) -> str:
        assert self.table is not None
        return f"ALTER TABLE {qualified(self.table, self.schema)}"

    def create_sql(self) -> tuple[str, ...]:
        enable = "ENABLE" if self.enabled else "DISABLE"
        return (
            f"{self._alter} {enable} ROW LEVEL SECURITY{', FORCE ROW LEVEL SECURITY' if self.forced else ''}",
        )

    def drop_sql(self) -> tuple[str, ...]:
        return (f"{self._alter} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",)

    def replace_sql(self) -> tuple[str, ...]:
        enable, force = "ENABLE" if self.enabled else "DISABLE", "" if self.forced else "NO "
        return (f"{self._alter} {enable} ROW LEVEL SECURITY, {force}FORCE ROW LEVEL SECURITY",)
