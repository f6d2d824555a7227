"""Kinds that SQLAlchemy does not declare, each in a file; the guard: a statement converges or refuses."""

from __future__ import annotations

from app_schema.ddl import (  # noqa: F401 - each registers its kinds, and the guards of its constructs
    column,
    comment,
    constraint,
    enum,
    index,
    relation,
    table,
)
from app_schema.ddl.aggregate import Aggregate
from app_schema.ddl.attachment import attach, declared
from app_schema.ddl.cast import Cast
from app_schema.ddl.collation import Collation
from app_schema.ddl.composite import Composite
from app_schema.ddl.construct import converging
from app_schema.ddl.declared_comment import Comment
from app_schema.ddl.default_privileges import DefaultPrivileges
from app_schema.ddl.domain import Domain
from app_schema.ddl.enum import EnumType, RenamedLabels
from app_schema.ddl.event_trigger import EventTrigger
from app_schema.ddl.extended_statistics import Statistics
from app_schema.ddl.extension import Extension
from app_schema.ddl.foreign_data_wrapper import ForeignDataWrapper
from app_schema.ddl.foreign_server import ForeignServer
from app_schema.ddl.foreign_table import ForeignTable
from app_schema.ddl.function import Function
from app_schema.ddl.grant import Grant
from app_schema.ddl.not_null import NotNull
from app_schema.ddl.object import DDLObject, Key
from app_schema.ddl.object_grant import ObjectGrant
from app_schema.ddl.operator import Operator
from app_schema.ddl.operator_class import OperatorClass, OperatorFamily
from app_schema.ddl.option import TableOption
from app_schema.ddl.owner import Owner
from app_schema.ddl.partition import Partition
from app_schema.ddl.policy import Policy
from app_schema.ddl.printed import PrintedType, TableConstraint, TableIndex
from app_schema.ddl.procedure import Procedure
from app_schema.ddl.publication import Publication
from app_schema.ddl.range_type import RangeType
from app_schema.ddl.renamed_from import RenamedFrom
from app_schema.ddl.role import Role
from app_schema.ddl.row_security import RowSecurity
from app_schema.ddl.rule import Rule
from app_schema.ddl.schema import Schema
from app_schema.ddl.sequence import Sequence
from app_schema.ddl.setting import Setting
from app_schema.ddl.statement import Create, DDLStatement, Drop, Guarded, Replace
from app_schema.ddl.table_object import TableObject
from app_schema.ddl.text_search_configuration import TextSearchConfiguration
from app_schema.ddl.text_search_dictionary import TextSearchDictionary
from app_schema.ddl.trigger import Trigger
from app_schema.ddl.view import View

__all__ = [
    "Aggregate",
    "Cast",
    "Collation",
    "Comment",
    "Composite",
    "Create",
    "DDLObject",
    "DDLStatement",
    "DefaultPrivileges",
    "Domain",
    "Drop",
    "EnumType",
    "EventTrigger",
    "Extension",
    "ForeignDataWrapper",
    "ForeignServer",
    "ForeignTable",
    "Function",
    "Grant",
    "Guarded",
    "Key",
    "NotNull",
    "ObjectGrant",
    "Operator",
    "OperatorClass",
    "OperatorFamily",
    "Owner",
    "Partition",
    "Policy",
    "PrintedType",
    "Procedure",
    "Publication",
    "RangeType",
    "RenamedFrom",
    "RenamedLabels",
    "Replace",
    "Role",
    "RowSecurity",
    "Rule",
    "Schema",
    "Sequence",
    "Setting",
    "Statistics",
    "TableConstraint",
    "TableIndex",
    "TableObject",
    "TableOption",
    "TextSearchConfiguration",
    "TextSearchDictionary",
    "Trigger",
    "View",
    "attach",
    "converging",
    "declared",
]
