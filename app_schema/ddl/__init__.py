"""What SQLAlchemy does not declare, one kind a file; and the guard: every statement converges or refuses."""

from __future__ import annotations

from app_schema.ddl import (  # noqa: F401 - each registers its kinds, and the guards of its constructs
    column,
    comment,
    constraint,
    enum,
    index,
    range_type,
    relation,
    table,
    type_grant,
)
from app_schema.ddl.aggregate import Aggregate
from app_schema.ddl.attachment import attach, declared
from app_schema.ddl.construct import converging
from app_schema.ddl.default_privileges import DefaultPrivileges
from app_schema.ddl.domain import Domain
from app_schema.ddl.enum import EnumType, RenamedLabels
from app_schema.ddl.extended_statistics import Statistics
from app_schema.ddl.extension import Extension
from app_schema.ddl.function import Function
from app_schema.ddl.grant import Grant
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.option import TableOption
from app_schema.ddl.policy import Policy
from app_schema.ddl.printed import PrintedType, TableConstraint, TableIndex
from app_schema.ddl.role import Role
from app_schema.ddl.row_security import RowSecurity
from app_schema.ddl.rule import Rule
from app_schema.ddl.schema import Schema
from app_schema.ddl.sequence import Sequence
from app_schema.ddl.statement import Create, DDLStatement, Drop, Guarded, Replace
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.trigger import Trigger
from app_schema.ddl.view import View

__all__ = [
    "Aggregate",
    "Create",
    "DDLObject",
    "DDLStatement",
    "DefaultPrivileges",
    "Domain",
    "Drop",
    "EnumType",
    "Extension",
    "Function",
    "Grant",
    "Guarded",
    "Key",
    "Policy",
    "PrintedType",
    "RenamedLabels",
    "Replace",
    "Role",
    "RowSecurity",
    "Rule",
    "Schema",
    "Sequence",
    "Statistics",
    "TableConstraint",
    "TableIndex",
    "TableObject",
    "TableOption",
    "Trigger",
    "View",
    "attach",
    "converging",
    "declared",
]
