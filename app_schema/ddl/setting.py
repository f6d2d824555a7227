"""Settings of the database, and of a role in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

from app_schema.ddl.catalog_query import CatalogQuery
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.order import Drops, Makes
from app_schema.ddl.sql import LISTS, ident, literal, literals, on_database, split
from app_schema.ddl.twin import Side
from app_schema.errors import ModelError

_NAME = re.compile(r"[a-z_][\w$]*(?:\.[a-z_][\w$]*)*")
# the entry of the database itself has the role 0
_CATALOG = CatalogQuery(
    """\
pg_catalog.pg_db_role_setting AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase AND d.datname = current_database()
 CROSS JOIN unnest(s.setconfig) AS e(entry)""",
    catalog="pg_db_role_setting",
    oid="d.oid",
    kind="'setting'",
    name="""\
concat(lower(split_part(e.entry, '=', 1)),
       CASE WHEN s.setrole <> 0 THEN ' for role ' || pg_get_userbyid(s.setrole) END)""",
    definition="substr(e.entry, strpos(e.entry, '=') + 1)",
    attribute=True,
    parts={
        "name": "lower(split_part(e.entry, '=', 1))",
        "value": "substr(e.entry, strpos(e.entry, '=') + 1)",
        "role": "CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END",
    },
)


@dataclass(frozen=True)
class Setting(DDLObject):
    """``ALTER DATABASE … SET name TO value``; with a role ``ALTER ROLE role IN DATABASE … SET``.

    The database is that of the connection, because each environment has a database of another name. New
    sessions have the value.

    :param value: as in SHOW; a list of names, such as a search_path, as ``'app, "$user"'``.
    """

    kind: ClassVar[str] = "setting"
    catalog = (_CATALOG,)
    ranks = (Drops.DEFAULT_GRANT, Makes.DEFAULT_GRANT)
    in_create_all = Makes.DEFAULT_GRANT
    positional: ClassVar[tuple[str, ...]] = ("name", "value")
    stand_in: ClassVar[Mapping[str, Any]] = {"value": ""}
    name: str
    value: str | float
    _: KW_ONLY
    role: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.lower())
        if _NAME.fullmatch(self.name) is None:
            raise ModelError(f"{self.name!r} is no name of a setting: write work_mem, or app.name")
        value = ("off", "on")[self.value] if isinstance(self.value, bool) else str(self.value)
        object.__setattr__(self, "value", value)

    @property
    def key(self) -> Key:
        of_role = f" for role {self.role}" if self.role else ""
        return Key(self.kind, None, None, f"{self.name}{of_role}")

    def reflected_key(self, default_schema: str) -> Key:
        del default_schema  # a setting is in no schema
        return self.key

    @property
    def label(self) -> str:
        return self.key.label

    def namespace(self) -> str:
        return "NULL"

    def catalog_query(self) -> str:
        return _CATALOG.select(_CATALOG.printed, *_CATALOG.place(self.key.name))

    @property
    def _names(self) -> list[str]:
        """The names of a list; an empty list is the list of an empty name."""
        return list(split(str(self.value))) or [""]

    def side(self) -> Side:
        if self.name not in LISTS:
            return Side(value=literal(str(self.value)))
        # PostgreSQL alone knows which names it quotes
        names = f"unnest({literals(self._names)}) WITH ORDINALITY AS u(name, n)"
        return Side(value=f"(SELECT string_agg(quote_ident(u.name), ', ' ORDER BY u.n) FROM {names})")

    def _statement(self, action: str) -> str:
        return on_database(f"ALTER ROLE {ident(self.role)} IN" if self.role else "ALTER", action)

    @property
    def _place(self) -> str:
        return ".".join(map(ident, self.name.split(".")))

    def create_sql(self) -> tuple[str, ...]:
        value = literal(str(self.value))
        if self.name in LISTS:
            value = ", ".join(map(literal, self._names))
        return (self._statement(f"SET {self._place} TO {value}"),)

    def replace_sql(self) -> tuple[str, ...]:
        return self.create_sql()

    def drop_sql(self) -> tuple[str, ...]:
        return (self._statement(f"RESET {self._place}"),)
