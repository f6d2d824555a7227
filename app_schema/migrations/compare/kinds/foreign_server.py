"""Foreign servers: what PostgreSQL changes while foreign tables are on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl.foreign_server import fixed
from app_schema.ddl.sql import ident
from app_schema.migrations.compare.kinds.base import KindComparator

if TYPE_CHECKING:
    from app_schema.ddl import Key
    from app_schema.migrations.compare.sides import Sides


class ForeignServerComparator(KindComparator):
    """Foreign servers."""

    def cannot_change(self, sides: Sides, key: Key, new: str, old: str) -> str | None:
        """No ALTER SERVER sets another type or wrapper, and foreign tables keep the server."""
        heads = {fixed(definition.partition(" OPTIONS (")[0]) for definition in (new, old)}
        on_it = f" SERVER {ident(key.name)}"
        tables = [
            table.label
            for table, definition in sides.reflected.items()
            if table.kind == "foreign_table" and f"{definition} ".find(f"{on_it} ") >= 0
        ]
        if len(heads) == 1 or not tables:
            return None
        return (
            f"{key.label} cannot get another type or foreign data wrapper, because {tables[0]} is on it: "
            "declare a server of another name, and the foreign tables on that one"
        )
