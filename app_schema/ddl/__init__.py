"""Kinds that SQLAlchemy does not declare, each in a file; the guard: a statement converges or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.ddl import (  # noqa: F401 - each registers the guards of its constructs
    column,
    comment,
    constraint,
    domain,
    enum,
    index,
    kinds,
    relation,
    table,
)
from app_schema.ddl.attachment import attach, declared
from app_schema.ddl.construct import converging
from app_schema.ddl.files import FILES
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.printed_type import PrintedType
from app_schema.ddl.registry import load
from app_schema.ddl.statement import Create, DDLStatement, Drop, Guarded, Replace
from app_schema.ddl.table_object import TableObject

if TYPE_CHECKING:
    from app_schema.ddl.kinds import *  # noqa: F403

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

if not TYPE_CHECKING:  # a type checker would accept any name

    def __getattr__(name: str) -> Any:
        """A kind, whose file is imported at its first use."""
        if name not in FILES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = load(name)
        return globals()[name]
