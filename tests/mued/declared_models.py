"""The declared tables and objects, by their entries in the data dictionary."""

from collections.abc import Iterator
from typing import Any

import pytest
from dictionary import DICTIONARY
from sqlalchemy import (
    Table,
)

from app_schema.ddl import declared
from app_schema.mued.models.base import Base

Entry = dict[str, Any]
TABLES: list[Entry] = DICTIONARY["tables"]
OBJECTS = declared(Base.metadata)
each_table = pytest.mark.parametrize("entry", TABLES, ids=lambda entry: f"{entry['schema']}.{entry['name']}")


def table(entry: Entry) -> Table:
    return Base.metadata.tables[f"{entry['schema']}.{entry['name']}"]


def objects(kind: str, entry: Entry | None = None) -> Iterator[Any]:
    """The declared objects of one kind: of one table, or else those of no table."""
    place = (entry["schema"], entry["name"]) if entry else None
    for obj in OBJECTS.values():
        bound = (obj.schema, obj.table) if obj.table else None
        if obj.kind == kind and bound == place:
            yield obj


MAPPERS = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
