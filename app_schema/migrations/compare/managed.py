"""Which objects a comparison looks at: those in managed schemas that pass the filters of the environment."""

from __future__ import annotations

import warnings
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.exc import SAWarning

from app_schema.ddl import Key
from app_schema.ddl.made import MARK
from app_schema.ddl.sql import ident
from app_schema.migrations.compare import object_comment, sequence
from app_schema.project import Accepted, accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.sql.schema import SchemaItem

    from app_schema.migrations.compare.comparison import Comparison

RELATIONS = ("table", "view", "materialized_view", "foreign_table", "composite")
_OF_A_TABLE = {"table", "column", "constraint", "index", "comment", "sequence", "partition"}
_OF_A_TABLE |= {"trigger", "policy", "row_security", "grant", "column_grant"}


class Managed:
    """Whether a comparison says anything about an object.

    ``include_name`` and ``include_object`` are asked as Alembic asks them: for schemas, tables, columns,
    indexes, unique constraints and foreign keys, and as for tables for views and foreign tables that nobody
    declared. What hangs on a table that is left out is left out too. A reflected object is given where
    nothing is declared. So it is with what the project has accepted as undeclared.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._context: AutogenContext = comparison.context
        self._reflected: Callable[[str, str], Table] = cache(self._reflect)
        given: list[Accepted] | None = self._context.opts.get("accepted")
        self._accepted = accepted() if given is None else given

    def __call__(self, key: Key) -> bool:
        sides = (self._comparison.wanted, self._comparison.found)
        borrowed = self._comparison.borrowed & {(key.schema, key.name), (key.schema, key.table or "")}
        if borrowed or key.kind == "table_option":  # no metadata declares these
            return False
        if key.kind == "role":
            return key in self._comparison.wanted
        if key.kind in {"object_comment", "comment"} and any(
            (side.get(key) or "").endswith(MARK) for side in sides
        ):
            return False
        if key.kind == "object_comment":
            key = object_comment.of(key)
        space = key.name if key.kind == "schema" else key.schema
        if space is not None and space not in self._schemas:
            return key.kind != "schema" and key in self._comparison.wanted
        if key not in self._comparison.wanted and not self._counts(key):
            return False
        return self._passes(key, space)

    def _counts(self, key: Key) -> bool:
        """False for what nobody declared and need not declare."""
        found = self._comparison.found
        place = (found.get(key) or "").removeprefix("schema ")
        if key.kind == "extension" and place not in map(ident, self._schemas):
            return False  # its name is in no schema, but it is
        if not self._accepted:
            return True
        owners = [
            Key(kind, key.schema, None, key.table)
            for kind in (*RELATIONS, "function", "enum", "domain", "range", "sequence")
            if key.table
        ]
        if key.kind == "sequence" and (column := sequence.owner(found.get(key) or "")) is not None:
            owners += [column, Key("table", column.schema, None, column.table or "")]
        if key.kind == "comment" and key.name:
            owners.append(Key("column", *key[1:]))
        labels = [one.label for one in (key, *owners) if one == key or one in found]
        return not any(one.matches(label) for one in self._accepted for label in labels)

    @property
    def anywhere(self) -> bool:
        """Whether any schema is looked at: by name, as every other, or for what is declared in it."""
        opts, declared = self._context.opts, self._comparison.declared
        named = bool(opts.get("managed_schemas")) or opts.get("every_schema") is not None
        return named or bool(declared.tables or declared.objects or declared.functions)

    @cached_property
    def _schemas(self) -> set[str]:
        named: set[str] | None = self._context.opts.get("managed_schemas")
        declared = self._comparison.declared
        default = self._comparison.default_schema
        every = self._context.opts.get("every_schema")
        if named or every is False:
            return named or {default}
        return (
            {schema for schema, _ in declared.tables}
            | {
                one.schema or default if one.kind != "schema" else one.name
                for one in declared.objects.values()
            }
            | ({key.name for key in self._comparison.found if key.kind == "schema"} if every else set())
        )

    def _passes(self, key: Key, schema: str | None) -> bool:
        table = key.name if key.kind in RELATIONS else key.table
        if schema is not None and not self._context.run_name_filters(self._named(schema), "schema", {}):
            return False
        if key.kind in {"view", "materialized_view", "foreign_table"}:
            return key in self._comparison.wanted or self._asked(key, "table", key.name)
        if key.kind not in _OF_A_TABLE or table is None:
            return True
        if not self._asked(Key("table", key.schema, None, table), "table", table):
            return False
        type_ = self._type(key)
        return type_ is None or self._asked(key, type_, table)

    def _named(self, schema: str) -> str | None:
        """The schema as Alembic names it: the default one has no name."""
        return None if schema == self._comparison.default_schema else schema

    def _type(self, key: Key) -> Any:
        """What Alembic calls the object, if it knows it."""
        if key.kind == "index":
            return "index"
        if key.kind == "column" or (key.kind == "comment" and key.name):
            return "column"
        if key.kind != "constraint":
            return None
        printed = self._comparison.wanted.get(key) or self._comparison.found.get(key) or ""
        words = {"UNIQUE": "unique_constraint", "FOREIGN KEY": "foreign_key_constraint"}
        return next((type_ for word, type_ in words.items() if printed.startswith(word)), None)

    def _asked(self, key: Key, type_: Any, table: str) -> bool:
        schema = key.schema or ""
        declared_table = self._comparison.declared.tables.get((schema, table))
        named = self._named(schema) if declared_table is None else declared_table.schema
        parents: Any = {"schema_name": named}
        if type_ != "table":
            parents["table_name"] = table
        if not self._context.run_name_filters(key.name, type_, parents):
            return False
        if self._context.opts.get("include_object") is None:  # spares reflecting what nobody looks at
            return True
        declared = _item(declared_table, key)
        there = key in self._comparison.found
        if declared is None and not there:
            return True
        before = self._comparison.renamed.before(key)
        reflected = _item(self._reflected(schema, table), before) if there else None
        one = declared if declared is not None else reflected
        other = reflected if declared is not None else None
        return one is None or self._context.run_object_filters(one, key.name, type_, declared is None, other)

    def reflected_column(self, key: Key) -> Column[Any]:
        """The found column as SQLAlchemy reflects it."""
        return self._reflected(key.schema or "", key.table or "").columns[key.name]

    def _reflect(self, schema: str, table: str) -> Table:
        kinds = [one for one in RELATIONS if Key(one, schema, None, table) in self._comparison.found]
        known = bool(kinds)
        source = self._comparison.connection if known else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # a type or an index that SQLAlchemy does not know
            info = {"is_view": True} if known and "view" in kinds[0] else {}  # as Alembic's cookbook has it
            return Table(table, MetaData(), schema=schema, autoload_with=source, resolve_fks=False, info=info)


def _item(table: Table | None, key: Key) -> SchemaItem | None:
    """The table, or the column, index or constraint of it that has this name."""
    if table is None or key.kind in RELATIONS:
        return table
    chosen: Iterable[Any] = table.columns
    if key.kind in {"index", "constraint"}:
        chosen = table.indexes if key.kind == "index" else table.constraints
    return next((one for one in chosen if one.name == key.name), None)
