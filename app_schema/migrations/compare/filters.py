"""The filters of an environment, and the tables that are passed to them."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table
from sqlalchemy.exc import SAWarning

from app_schema.migrations.compare.keys import RELATIONS
from app_schema.project import Accepted, accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.sql.schema import SchemaItem

    from app_schema.ddl import Key
    from app_schema.migrations.declared import Declared


class EnvironmentFilters:
    """The filters of an environment.

    ``include_name`` and ``include_object`` are called as Alembic calls them: for schemas, tables, columns,
    indexes, unique constraints and foreign keys, and with the type of a table for undeclared views and
    foreign tables. An undeclared object is passed as reflected.
    """

    def __init__(self, context: AutogenContext, metadata: Declared) -> None:
        self._context = context
        self.opts = context.opts
        self.metadata = metadata
        entries: list[Accepted] | None = context.opts.get("accepted")
        left: Callable[[], Sequence[Accepted]] | None = context.opts.get("left")
        self.accepted = [*(accepted() if entries is None else entries), *(left() if left else ())]
        """The undeclared objects that the project or the application accepts."""
        self.table: Callable[[str, str, str | None], Table] = cache(self._reflect)
        """A table by schema, name and kind, as SQLAlchemy reflects it; without a kind it does not exist."""

    def schema(self, name: str) -> bool:
        """True if the schema passes."""
        return self._context.run_name_filters(self._named(name), "schema", {})

    def name(self, key: Key, type_: Any, table: str) -> bool:
        """True if the name passes, for an object of Alembic's ``type_``."""
        schema = key.schema or ""
        declared = self.metadata.tables.get((schema, table))
        parents: Any = {"schema_name": self._named(schema) if declared is None else declared.schema}
        if type_ != "table":
            parents["table_name"] = table
        return self._context.run_name_filters(key.name, type_, parents)

    def object(self, key: Key, type_: Any, table: str, reflected: SchemaItem | None) -> bool:
        """True if the object passes."""
        declared = item(self.metadata.tables.get((key.schema or "", table)), key)
        subject, other = (declared, reflected) if declared is not None else (reflected, None)
        return subject is None or self._context.run_object_filters(
            subject, key.name, type_, declared is None, other
        )

    @property
    def any_for_objects(self) -> bool:
        """True if the environment filters objects; otherwise no object is reflected."""
        return self.opts.get("include_object") is not None

    def _named(self, schema: str) -> str | None:
        """The schema as Alembic names it: the default schema has no name."""
        return None if schema == self.metadata.default_schema else schema

    def _reflect(self, schema: str, name: str, kind: str | None) -> Table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # a type or an index unknown to SQLAlchemy
            info = {"is_view": True} if kind is not None and "view" in kind else {}  # as Alembic's cookbook
            source = self._context.connection if kind is not None else None
            return Table(name, MetaData(), schema=schema, autoload_with=source, resolve_fks=False, info=info)


def item(table: Table | None, key: Key) -> SchemaItem | None:
    """The table, or the column, index or constraint of it that has this name."""
    if table is None or key.kind in RELATIONS:
        return table
    items: Iterable[Any] = table.columns
    if key.kind in {"index", "constraint"}:
        items = table.indexes if key.kind == "index" else table.constraints
    return next((item_ for item_ in items if item_.name == key.name), None)
