"""The compared objects: those in managed schemas that pass the filters of the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app_schema.ddl import Key
from app_schema.ddl.mark import MARK
from app_schema.ddl.sequence import PrintedSequence
from app_schema.ddl.sql import ident, split
from app_schema.migrations.compare import keys
from app_schema.migrations.compare.filters import item
from app_schema.migrations.compare.keys import RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column

    from app_schema.catalog import Snapshot
    from app_schema.catalog.uncompared import Uncompared
    from app_schema.migrations.compare.chosen import Chosen
    from app_schema.migrations.compare.filters import EnvironmentFilters
    from app_schema.migrations.compare.rename import Renamed

_NAME = r'(?:"(?:[^"]|"")+"|[^\s".,()]+)'
_IN_SCHEMAS = re.compile(
    rf"\b(?:TABLE|FUNCTION|HANDLER|VALIDATOR) (?:ONLY )?({_NAME})\."
    rf"|TABLES IN SCHEMA ({_NAME}(?:, {_NAME})*)|(FOR ALL TABLES)"
)
_OF_A_TABLE = {"table", "column", "constraint", "index", "comment", "sequence", "partition", "table_option"}
_OF_A_TABLE |= {"trigger", "policy", "row_security", "grant", "column_grant"}
IF_DECLARED = {"database_grant", "setting", "not_null"}
"""The kinds of attributes that are compared if the metadata declares one of the kind."""
_TYPES = {"UNIQUE": "unique_constraint", "FOREIGN KEY": "foreign_key_constraint"}
"""Start of a definition -> Alembic's name for such a constraint."""


@dataclass(frozen=True, eq=False)
class Managed:
    """Decides whether an object is compared.

    Parts of an excluded table are excluded too; so are the undeclared objects that the project accepts, with
    their parts.
    """

    filters: EnvironmentFilters
    declared: Snapshot
    reflected: Snapshot
    renamed: Renamed
    borrowed: frozenset[tuple[str | None, str]]

    def __call__(self, key: Key) -> bool:
        # a column may have the name of its type
        borrowed = (key.schema, key.name if key.table is None else key.table) in self.borrowed
        of_others = key.kind in IF_DECLARED - self._declared_kinds
        if borrowed or of_others or self._is_left_out(key):
            return False
        if key.kind == "role":
            return key in self.declared
        if key.kind in {"object_comment", "comment"} and self._is_mark(key):
            return False
        if key.kind == "object_comment":
            key = keys.described(key)
        schema = key.name if key.kind == "schema" else key.schema
        if schema is not None and schema not in self._schemas:
            return key.kind != "schema" and key in self.declared
        if key not in self.declared and not self._counts(key):
            return False
        return self._passes_filters(key, schema)

    def _is_left_out(self, key: Key) -> bool:
        """True if the kind of the object or of its owner is excluded."""
        chosen: Chosen | None = self.filters.opts.get("chosen")
        if chosen is None or key.kind in chosen.left_out:
            return chosen is not None
        subject = keys.described(key) if key.kind == "object_comment" else key
        owners = [
            owner for owner in self._owners(subject) if owner in self.reflected or owner in self.declared
        ]
        if chosen.with_parts:
            return any(owner.kind in chosen.left_out for owner in (subject, *owners))
        # nothing is set on an object that is not created
        return any(owner.kind in chosen.left_out and owner not in self.reflected for owner in owners)

    def _owners(self, key: Key) -> list[Key]:
        """The objects of which the object may be a part."""
        if not key.table:
            return []
        kinds = (*RELATIONS, "function", "enum", "domain", "range", "sequence", "foreign_server")
        return [Key(kind, key.schema, None, key.table) for kind in kinds]

    def uncompared(self, objects: Iterable[Uncompared]) -> list[str]:
        """The labels of the reported objects that no kind compares, each once."""
        labels = {
            label
            for label, schema, kind in objects
            if (schema is None or schema in self._schemas) and kind not in self._declared_kinds
        }
        accepted = self.filters.accepted
        return sorted(label for label in labels if not any(other.matches(label) for other in accepted))

    @cached_property
    def _declared_kinds(self) -> set[str]:
        """The kinds of such attributes that the metadata declares: the others may be a platform's.

        The option ``always`` has further kinds: a copy of the database has all of them.
        """
        declared = {key.kind for key in self.filters.metadata.objects if key.kind in IF_DECLARED}
        return {*declared, *self.filters.opts.get("always", ())}

    def _is_mark(self, key: Key) -> bool:
        return any((side.get(key) or "").endswith(MARK) for side in (self.declared, self.reflected))

    def _counts(self, key: Key) -> bool:
        """False for an undeclared object that needs no declaration."""
        schema = (self.reflected.get(key) or "").removeprefix("schema ")
        if key.kind == "extension" and schema not in map(ident, self._schemas):
            return False  # a publication is in no schema, but its objects are
        if not self.filters.accepted:
            return True
        owners = self._owners(key)
        if key.kind == "sequence":
            column = PrintedSequence.of(self.reflected[key]).column if key in self.reflected else None
            owners += [column, keys.table(column)] if column is not None else []
        if key.kind == "comment" and key.name:
            owners.append(keys.column(key))
        labels = [key.label, *(owner.label for owner in owners if owner in self.reflected)]
        return not any(accepted.matches(label) for accepted in self.filters.accepted for label in labels)

    def has_all_of(self, definition: str) -> bool:
        """True if all schemas in the definition of a publication or an event trigger are managed."""
        named: set[str] = set()
        for place, schemas, all_schemas in _IN_SCHEMAS.findall(definition):
            named |= {key.name for key in self.reflected if key.kind == "schema"} if all_schemas else set()
            named |= {name for text in (place, schemas) if text for name in split(text)}
        return named <= self._schemas

    @cached_property
    def _schemas(self) -> set[str]:
        metadata, opts = self.filters.metadata, self.filters.opts
        named: set[str] | None = opts.get("managed_schemas")
        every = opts.get("every_schema")
        if named or every is False:
            return named or {metadata.default_schema}
        reflected = {key.name for key in self.reflected if key.kind == "schema"}
        return metadata.schemas | (reflected if every else set())

    def _passes_filters(self, key: Key, schema: str | None) -> bool:
        table = key.name if key.kind in RELATIONS else key.table
        if schema is not None and not self.filters.schema(schema):
            return False
        if key.kind in {"view", "materialized_view", "foreign_table"}:
            return key in self.declared or self._is_included(key, "table", key.name)
        if key.kind not in _OF_A_TABLE or table is None:
            return True
        if not self._is_included(Key("table", key.schema, None, table), "table", table):
            return False
        type_ = self._type(key)
        return type_ is None or self._is_included(key, type_, table)

    def _type(self, key: Key) -> str | None:
        """Alembic's name for the kind of the object, if any."""
        if key.kind == "index":
            return "index"
        if key.kind == "column" or (key.kind == "comment" and key.name):
            return "column"
        if key.kind != "constraint":
            return None
        printed = self.declared.get(key) or self.reflected.get(key) or ""
        return next((type_ for word, type_ in _TYPES.items() if printed.startswith(word)), None)

    def _is_included(self, key: Key, type_: Any, table: str) -> bool:
        if not self.filters.name(key, type_, table):
            return False
        if not self.filters.any_for_objects:
            return True
        exists = key in self.reflected
        reflected = item(self._table(key, table), self.renamed.before(key)) if exists else None
        return self.filters.object(key, type_, table, reflected)

    def _table(self, key: Key, table: str) -> Any:
        kinds = (kind for kind in RELATIONS if Key(kind, key.schema or "", None, table) in self.reflected)
        return self.filters.table(key.schema or "", table, next(kinds, None))

    def reflected_column(self, key: Key) -> Column[Any]:
        """The column, reflected by SQLAlchemy."""
        column: Column[Any] = self._table(key, key.table or "").columns[key.name]
        return column
