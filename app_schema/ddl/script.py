"""The DDL of a whole metadata as plain statements, for a database that is known to be empty."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import MetaData, Sequence, create_mock_engine
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateSequence, ExecutableDDLElement
from sqlalchemy.types import SchemaType

from app_schema import upstream
from app_schema.ddl.attachment import declared
from app_schema.ddl.sql import plain
from app_schema.ddl.statement import Create

_T = TypeVar("_T")


def statements(metadata: MetaData, default_schema: str = "public") -> list[str]:
    """What ``create_all`` would send, without guards, the same each time; schemas that tables and types stand
    in are made as well."""
    sent: list[str] = []
    indexes: list[str] = []  # of one table: SQLAlchemy keeps them in a set, whose order is another each time

    def collect(construct: ExecutableDDLElement, *_: Any, **__: Any) -> None:
        if isinstance(construct, CreateIndex):
            indexes.append(plain(construct))
            return
        sent.extend(sorted(indexes))
        indexes.clear()
        if isinstance(construct, CreateSequence) and plain(construct) in sent:
            return  # SQLAlchemy makes it for each column that it is the default of
        if isinstance(construct, Create):
            sent.extend(construct.element.create_sql())
        else:
            sent.append(plain(construct))

    made = {obj.name for obj in declared(metadata).values() if obj.kind == "schema"}
    made |= {"public", default_schema}
    for schema in sorted(schemas(metadata, default_schema) - made):
        collect(CreateSchema(schema))
    metadata.create_all(create_mock_engine("postgresql://", collect), checkfirst=False)
    return sent + sorted(indexes)


def schemas(metadata: MetaData, default_schema: str = "public") -> set[str]:
    """The schemas in which something is declared, the default one for what names none."""
    named = {table.schema for table in metadata.tables.values()}
    named |= {type_.schema for type_ in of_class(metadata, SchemaType)}
    named |= {sequence.schema for sequence in of_class(metadata, Sequence)}
    named |= {
        obj.schema or (obj.name if obj.kind == "schema" else None) for obj in declared(metadata).values()
    }
    return {schema or default_schema for schema in named}


def of_class(metadata: MetaData, cls: type[_T]) -> list[_T]:
    """The types and sequences of a metadata, in whatever schema, by name."""
    found = [obj for obj in upstream.schema_objects(metadata) if isinstance(obj, cls)]
    return sorted(found, key=lambda obj: (getattr(obj, "schema", None) or "", str(getattr(obj, "name", ""))))
