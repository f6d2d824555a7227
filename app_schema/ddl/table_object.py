"""Objects of one table, which stand in ``__table_args__``."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import event
from sqlalchemy.schema import SchemaItem, Table

from app_schema.ddl.attachment import attach
from app_schema.ddl.object import DDLObject
from app_schema.errors import ModelError


class TableObject(SchemaItem, DDLObject):
    """An object of one table: it stands in ``__table_args__`` like an Index.

    Schema and table are those of the table in whose arguments it stands.
    """

    __visit_name__ = "app_schema_table_object"


@event.listens_for(TableObject, "after_parent_attach", propagate=True)
def _attach(item: TableObject, parent: Any) -> None:
    if not isinstance(parent, Table):
        msg = f"{item.label} belongs into the arguments of a table, not of {parent!r}"
        raise ModelError(msg)
    attach(parent.metadata, dataclasses.replace(item, table=parent.name, schema=parent.schema))
