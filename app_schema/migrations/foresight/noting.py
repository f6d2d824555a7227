"""Records in the session the objects that a run has created: the catalog does not show which run did."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from alembic.ddl.base import AddColumn
from sqlalchemy.schema import CreateTable

from app_schema.ddl import Create, Guarded
from app_schema.ddl.block import block
from app_schema.ddl.enum import EnumType
from app_schema.ddl.lookup import regclass
from app_schema.ddl.sql import dollar, ident, literal, qualified
from app_schema.migrations.foresight.constructs import subject

_CREATED = "app_schema.created"
"""Setting: the objects that the run has created."""
_NOTED = f"coalesce(current_setting('{_CREATED}', true), '')"


def is_holder(construct: Any) -> bool:
    """True if a construct creates a table or an enum, whose parts later statements may change."""
    return isinstance(construct, CreateTable) or (
        isinstance(construct, Create) and isinstance(construct.element, EnumType)
    )


def noted(construct: Any, create: Any, run: str) -> Guarded:
    """The statement; if it creates its table, enum or column, the session records the creation.

    :param run: identifies this run among the runs of the session.
    """
    note = literal(_note(subject(construct), run))
    absent = _absent(construct)
    return Guarded(
        block(
            [
                "DECLARE",
                f"  absent CONSTANT boolean := {absent};",
                "BEGIN",
                f"  EXECUTE {dollar(create.sql())};",
                f"  IF absent AND NOT ({absent}) THEN",
                f"    PERFORM set_config('{_CREATED}', concat({_NOTED}, {note}), false);",
                "  END IF;",
                "END",
            ]
        )
    )


def was_noted(key: Hashable, run: str) -> str:
    """SQL expression: the run has created the object."""
    return f"strpos({_NOTED}, {literal(_note(key, run))}) > 0"


def _note(key: Any, run: str) -> str:
    return f"{run} {'.'.join(ident(part) for part in key if part)};"


def _absent(construct: Any) -> str:
    """SQL expression: no object has the name of the created object."""
    if isinstance(construct, AddColumn):
        attribute = f"attrelid = {regclass(str(construct.table_name), construct.schema)}"
        attribute += f" AND attname = {literal(str(construct.column.name))} AND NOT attisdropped"
        return f"NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE {attribute})"
    element = construct.element
    if isinstance(construct, CreateTable):
        return f"{regclass(str(element.name), element.schema)} IS NULL"
    return f"to_regtype({literal(qualified(element.name, element.schema))}) IS NULL"
