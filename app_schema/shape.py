"""The attributes of a mapped class as other programs see them: types, and who may read and write them."""

from __future__ import annotations

import typing
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from app_schema.application import Application
from app_schema.ddl import Grant, declared
from app_schema.ddl.sql import sequence
from app_schema.project import fits

Purpose = Literal["read", "create", "update"]
PURPOSES: tuple[Purpose, ...] = ("read", "create", "update")
_PRIVILEGES = {"create": "INSERT", "update": "UPDATE"}


@dataclass(frozen=True)
class Shape:
    """An attribute: `type_` is its annotation, None included where the column is nullable.

    `optional`: a row is complete without it.
    """

    name: str
    column: str
    type_: Any
    optional: bool
    doc: str | None


def shapes(
    app: Application, mapper: Mapper[Any], purpose: Purpose, requested: Collection[str] = ()
) -> list[Shape]:
    """The attributes of a purpose, in the order of the columns.

    Read: all but the secrets. Create and update: those that the database does not fill, limited to the
    granted columns if the role of a person has a grant on columns of the table.

    :param requested: attributes that are included regardless of these rules.
    """
    hints = _hints(mapper)
    table = mapper.local_table
    assert isinstance(table, sa.Table)
    writable = None if purpose == "read" else _writable(app, table, _PRIVILEGES[purpose])
    attributes = []
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if not isinstance(column, sa.Column):
            continue
        left_out = _secret(app, table, column) or (purpose != "read" and _filled(column, purpose))
        if writable is not None and column.name not in writable:
            left_out = True
        if left_out and attribute.key not in requested:
            continue
        optional = purpose == "update" or (
            purpose == "create" and (bool(column.nullable) or column.server_default is not None)
        )
        type_ = hints.get(attribute.key) or _python_type(column)
        attributes.append(Shape(attribute.key, column.name, type_, optional, column.doc))
    return attributes


def _hints(mapper: Mapper[Any]) -> dict[str, Any]:
    """The types inside of ``Mapped[...]``; none for a class that was mapped imperatively."""
    classes = {other.class_.__name__: other.class_ for other in mapper.registry.mappers}
    hints = typing.get_type_hints(mapper.class_, localns=classes)
    return {name: arguments[0] for name, hint in hints.items() if (arguments := typing.get_args(hint))}


def _python_type(column: sa.Column[Any]) -> Any:
    try:
        type_ = column.type.python_type
    except NotImplementedError:
        type_ = object
    return type_ | None if column.nullable else type_


def _secret(app: Application, table: sa.Table, column: sa.Column[Any]) -> bool:
    return any(fits(pattern, f"{table.name}.{column.name}") for pattern in app.secrets)


def _filled(column: sa.Column[Any], purpose: Purpose) -> bool:
    """True if the database fills the column: a computed column, a key with a default, a time of writing."""
    default = column.server_default
    text = str(default.arg) if isinstance(default, sa.DefaultClause) else ""
    key = column.primary_key and (default is not None or purpose == "update")
    return column.computed is not None or column.identity is not None or key or text == "now()"


def _writable(app: Application, table: sa.Table, privilege: str) -> set[str] | None:
    """The columns on which the role of a person has a grant; None with a grant on the table, or none."""
    if app.acting is None:
        return None
    columns: set[str] = set()
    for item in declared(app.metadata).values():
        if not isinstance(item, Grant) or item.to != app.acting.user or item.table != table.name:
            continue
        if (item.schema or "public") == (table.schema or "public") and privilege in sequence(item.privileges):
            if item.columns is None:
                return None
            columns |= set(item.columns)
    return columns or None
