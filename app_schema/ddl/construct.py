"""The guard of SQLAlchemy's own DDL constructs.

``converging(construct)`` returns the statement that converges or refuses. A construct without a guard
is returned unchanged: PostgreSQL itself makes some statements converge.
"""

from __future__ import annotations

from functools import singledispatch

from sqlalchemy.schema import CreateSchema, DropSchema, ExecutableDDLElement

from app_schema.ddl.schema import Schema
from app_schema.ddl.statement import Create, Drop


@singledispatch
def converging(construct: ExecutableDDLElement) -> ExecutableDDLElement:
    """The guarded form of a DDL construct.

    :raises ModelError: if the construct cannot be guarded, such as a constraint without a name.
    """
    return construct


@converging.register
def _(construct: CreateSchema) -> ExecutableDDLElement:
    return Create(Schema(str(construct.element)))


@converging.register
def _(construct: DropSchema) -> ExecutableDDLElement:
    return Drop(Schema(str(construct.element)))
