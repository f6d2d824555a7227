"""``schema_translate_map``: a construct in the schemas that the connection's map names.

A construct is translated before it is guarded, because a guard is text. SQLAlchemy translates unguarded
constructs, such as an insert. Neither translates SQL text.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable, Mapping
from functools import singledispatch, wraps
from typing import Any

from alembic.ddl import base as ops
from alembic.operations import Operations
from sqlalchemy import ARRAY, Column, Connection, Constraint, MetaData, Table
from sqlalchemy.dialects.postgresql.named_types import CreateEnumType, DropEnumType
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropColumnComment,
    DropConstraint,
    DropIndex,
    DropTable,
    DropTableComment,
    SetColumnComment,
    SetTableComment,
)
from sqlalchemy.types import SchemaType, TypeEngine

from app_schema.ddl import Create, Drop, Replace

Map = Mapping[str | None, str | None]

_DONE = "app_schema_translated"


def map_of(connection: object) -> Map:
    """The connection's map; empty without a map."""
    if not isinstance(connection, Connection):  # --sql has no connection, hence no map
        return {}
    return connection.get_execution_options().get("schema_translate_map") or {}


def table_of(table: Table, map_: Map) -> Table:
    """A copy of a table and its referenced tables, in the schemas of the map."""
    if not map_ or _DONE in table.metadata.info:
        return table
    metadata = MetaData(naming_convention=table.metadata.naming_convention, info={_DONE: True})
    copies = {original: _copied(original, metadata, map_) for original in table.metadata.tables.values()}
    return copies[table] if table in copies else _copied(table, metadata, map_)


def _copied(table: Table, metadata: MetaData, map_: Map) -> Table:
    new = table.to_metadata(
        metadata,
        schema=map_.get(table.schema, table.schema),  # type: ignore[arg-type]  # None is the default schema
        referred_schema_fn=lambda *args: map_.get(args[3], args[3]),
    )
    for column in new.columns:
        column.type = _type(column.type, map_)
    return new


def _type(type_: TypeEngine[Any], map_: Map) -> TypeEngine[Any]:
    if isinstance(type_, ARRAY):
        array: ARRAY[Any] = copy.copy(type_)
        array.item_type = _type(type_.item_type, map_)
        return array
    if isinstance(type_, SchemaType) and hasattr(type_, "schema") and type_.schema in map_:
        type_ = copy.copy(type_)
        type_.schema = map_[type_.schema]  # type: ignore[attr-defined]  # the copy of a SchemaType is one
    return type_


@singledispatch
def translated(construct: Any, map_: Map) -> Any:
    """The construct in the schemas of the map; the same construct if it names no mapped schema."""
    del map_
    return construct


@translated.register(CreateTable)
@translated.register(DropTable)
@translated.register(SetTableComment)
@translated.register(DropTableComment)
def _(construct: Any, map_: Map) -> Any:
    return _with_element(construct, table_of(construct.element, map_))


@translated.register(SetColumnComment)
@translated.register(DropColumnComment)
def _(construct: Any, map_: Map) -> Any:
    column = construct.element
    return _with_element(construct, table_of(column.table, map_).columns[column.key])


@translated.register(AddConstraint)
@translated.register(DropConstraint)
def _(construct: Any, map_: Map) -> Any:
    constraint = construct.element
    if type(constraint) is Constraint:  # op.drop_constraint() without type_; to_metadata() cannot copy it
        new = copy.copy(constraint)
        schema: Any = map_.get(constraint.table.schema, constraint.table.schema)
        new.parent = Table(constraint.table.name, MetaData(), schema=schema)
        return _with_element(construct, new)
    table = table_of(constraint.table, map_)
    if table is constraint.table:
        return construct
    copies = [
        new for new in table.constraints if type(new) is type(constraint) and new.name == constraint.name
    ]
    return _with_element(construct, copies[0])


@translated.register(CreateIndex)
@translated.register(DropIndex)
def _(construct: Any, map_: Map) -> Any:
    index = construct.element
    table = table_of(index.table, map_)
    if table is index.table:
        return construct
    return _with_element(construct, next(new for new in table.indexes if new.name == index.name))


@translated.register(CreateEnumType)
@translated.register(DropEnumType)
def _(construct: Any, map_: Map) -> Any:
    return _with_element(construct, _type(construct.element, map_))


@translated.register
def _(construct: ops.AlterTable, map_: Map) -> Any:
    new = copy.copy(construct)
    new.schema = map_.get(construct.schema, construct.schema)
    for name in ("type_", "existing_type"):
        if isinstance(type_ := getattr(new, name, None), TypeEngine):
            setattr(new, name, _type(type_, map_))
    if isinstance(column := getattr(new, "column", None), Column):
        if (table := column.table) is not None:  # the compiler reads the table of a foreign key
            column = table_of(table, map_).columns[column.key]
        new.column = column  # type: ignore[attr-defined]  # AddColumn and DropColumn have one
    return new


@translated.register
def _(construct: Create, map_: Map) -> Any:
    return Create(_object(construct.element, map_))


@translated.register
def _(construct: Drop, map_: Map) -> Any:
    return Drop(_object(construct.element, map_), recreated=construct.recreated)


@translated.register
def _(construct: Replace, map_: Map) -> Any:
    old = None if construct.old is None else _object(construct.old, map_)
    return Replace(_object(construct.element, map_), old)


def operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that writes SQL text, with its ``schema`` translated."""
    if "schema" not in inspect.signature(function).parameters:
        return function

    @wraps(function)
    def call(self: Operations, *args: Any, **kwargs: Any) -> Any:
        map_ = map_of(self.get_context().connection)
        if map_:
            schema = kwargs.get("schema")
            kwargs["schema"] = map_.get(schema, schema)
        return function(self, *args, **kwargs)

    return call


def _object(obj: Any, map_: Map) -> Any:
    names = {field.name for field in dataclasses.fields(obj)}
    if "schema" not in names or obj.schema not in map_ or obj.kind == "extension":
        return obj
    return dataclasses.replace(obj, schema=map_[obj.schema])


def _with_element(construct: Any, element: Any) -> Any:
    new = copy.copy(construct)
    new.element = element
    return new
