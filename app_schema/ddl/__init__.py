"""Kinds that SQLAlchemy does not declare, each in a file; the guard: a statement converges or refuses."""

from __future__ import annotations

from app_schema.ddl import (  # noqa: F401 - each registers its kinds, and the guards of its constructs
    column,
    comment,
    constraint,
    index,
    kinds,
    relation,
    table,
)
from app_schema.ddl.attachment import attach, declared
from app_schema.ddl.construct import converging
from app_schema.ddl.kinds import *  # noqa: F403
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.printed import PrintedType
from app_schema.ddl.statement import Create, DDLStatement, Drop, Guarded, Replace
from app_schema.ddl.table_object import TableObject

__all__ = [
    "Create",
    "DDLObject",
    "DDLStatement",
    "Drop",
    "Guarded",
    "Key",
    "PrintedType",
    "Replace",
    "TableObject",
    "attach",
    "converging",
    "declared",
]
__all__ += kinds.__all__
