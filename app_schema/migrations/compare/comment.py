"""Comments on tables and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.migrations.directives import CallOp, Makes

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def added(comparison: Comparison, key: Key, wanted: str) -> None:
    """Plans a comment that is absent; that of a new table or column comes with it."""
    if not comparison.new(key):
        _set(comparison, key, wanted, None)


def changed(comparison: Comparison, key: Key, wanted: str, found: str) -> None:
    """Plans another text."""
    _set(comparison, key, wanted, found)


def removed(comparison: Comparison, key: Key, found: str) -> None:
    """Plans that a comment goes."""
    _set(comparison, key, None, found)


def views(key: Key) -> set[Key]:
    """What the view may be on whose column a comment is."""
    return {Key(kind, key.schema, None, key.table or "") for kind in ("view", "materialized_view")}


def call(key: Key, text: str | None) -> CallOp:
    """The comment on a column."""
    return CallOp("alter_column", key.table, key.name, comment=text, schema=key.schema)


def _set(comparison: Comparison, key: Key, wanted: str | None, found: str | None) -> None:
    schema = comparison.schema(key)
    column = Key("column", key.schema, key.table, key.name)
    if key.name and (column not in comparison.found or column in comparison.gone):
        return  # comes with the column
    if key.name:
        call = CallOp("alter_column", key.table, key.name, comment=wanted, schema=schema)
        call.undone_by("alter_column", key.table, key.name, comment=found, schema=schema)
    elif wanted is None:
        call = CallOp("drop_table_comment", key.table, schema=schema).undone_by(
            "create_table_comment", key.table, found, schema=schema
        )
    elif found is None:
        call = CallOp("create_table_comment", key.table, wanted, schema=schema).undone_by(
            "drop_table_comment", key.table, schema=schema
        )
    else:
        call = CallOp("create_table_comment", key.table, wanted, schema=schema).undone_by(
            "create_table_comment", key.table, found, schema=schema
        )
    comparison.plan.make(Makes.COMMENT, call)
