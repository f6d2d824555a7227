"""The DDL of a whole metadata as unguarded statements, for an empty scratch database."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Enum, MetaData, Sequence, create_mock_engine
from sqlalchemy.dialects.postgresql.named_types import NamedType
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateSequence, ExecutableDDLElement
from sqlalchemy.types import SchemaType

from app_schema import upstream
from app_schema.ddl.attachment import declared
from app_schema.ddl.enum import RenamedLabels
from app_schema.ddl.renamed_from import RenamedFrom
from app_schema.ddl.sql import plain
from app_schema.ddl.statement import Create

_T = TypeVar("_T")


def statements(metadata: MetaData, default_schema: str = "public") -> list[str]:
    """The statements of ``create_all`` without guards, in a stable order, with the schemas of tables and
    types."""
    sent: list[str] = []
    indexes: list[str] = []  # of one table, sorted: SQLAlchemy keeps indexes in a set, in no stable order

    def collect(construct: ExecutableDDLElement, *_: Any, **__: Any) -> None:
        if isinstance(construct, CreateIndex):
            indexes.append(plain(construct))
            return
        sent.extend(sorted(indexes))
        indexes.clear()
        if isinstance(construct, CreateSequence) and plain(construct) in sent:
            return  # SQLAlchemy creates a sequence once for each column that uses it
        if isinstance(construct, Create):
            sent.extend(construct.element.scratch_sql())
        else:
            sent.append(plain(construct))

    created = {obj.name for obj in declared(metadata).values() if obj.kind == "schema"}
    created |= {"public", default_schema}
    for schema in sorted(schemas(metadata, default_schema) - created):
        collect(CreateSchema(schema))
    metadata.create_all(create_mock_engine("postgresql://", collect), checkfirst=False)
    return sent + sorted(indexes)


def schemas(metadata: MetaData, default_schema: str = "public") -> set[str]:
    """The schemas of all declared objects; the default one for an object without a schema."""
    named = {table.schema for table in metadata.tables.values()}
    named |= {type_.schema for type_ in of_class(metadata, SchemaType)}
    named |= {sequence.schema for sequence in of_class(metadata, Sequence)}
    named |= {
        obj.schema or (obj.name if obj.kind == "schema" else None) for obj in declared(metadata).values()
    }
    return {schema or default_schema for schema in named}


def managed(metadata: MetaData, default_schema: str = "public") -> set[str]:
    """The schemas in which the metadata declares objects, and the declared schemas.

    Not those that it only names, as in a grant, or in which PostgreSQL would create an extension: the objects
    in these belong to others.
    """
    named = {table.schema for table in metadata.tables.values()}
    named |= {type_.schema for type_ in of_class(metadata, SchemaType) if _is_created(type_)}
    named |= {sequence.schema for sequence in of_class(metadata, Sequence)}
    names = {schema or default_schema for schema in named}
    for obj in declared(metadata).values():
        if obj.kind == "schema":
            names.add(obj.key.name)
        elif not isinstance(obj, RenamedFrom | RenamedLabels):
            key = obj.reflected_key(default_schema)
            if key.schema is not None and key.table is None and not _is_attribute(key.kind):
                names.add(key.schema)
    return names


def _is_created(type_: SchemaType) -> bool:
    return isinstance(type_, NamedType) or (
        isinstance(type_, Enum) and bool(type_.name and type_.native_enum)
    )


def _is_attribute(kind: str) -> bool:
    return kind in {"object_comment", "owner"} or kind.endswith("_grant")


def of_class(metadata: MetaData, cls: type[_T]) -> list[_T]:
    """The types or sequences of a metadata, sorted by schema and name."""
    types = [obj for obj in upstream.schema_objects(metadata) if isinstance(obj, cls)]
    return sorted(types, key=lambda obj: (getattr(obj, "schema", None) or "", str(getattr(obj, "name", ""))))
