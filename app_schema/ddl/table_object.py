"""Objects of one table, declared in ``__table_args__``."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import event
from sqlalchemy.schema import SchemaItem, Table

from app_schema.ddl.attachment import attach
from app_schema.ddl.object import DDLObject
from app_schema.errors import ModelError


class TableObject(SchemaItem, DDLObject):
    """An object of one table, declared in ``__table_args__`` like an Index.

    The table sets its fields ``table`` and ``schema``.
    """

    __visit_name__ = "app_schema_table_object"


@event.listens_for(TableObject, "after_parent_attach", propagate=True)
def _attach(item: TableObject, parent: Any) -> None:
    if not isinstance(parent, Table):
        msg = f"{item.label} must be an argument of a Table, not of {parent!r}"
        raise ModelError(msg)
    attach(parent.metadata, dataclasses.replace(item, table=parent.name, schema=parent.schema))
