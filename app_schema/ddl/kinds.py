"""The kinds that metadata declares. Made from their files by `make stubs`; a test keeps it fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app_schema.ddl.aggregate import Aggregate
    from app_schema.ddl.cast import Cast
    from app_schema.ddl.collation import Collation
    from app_schema.ddl.composite import Composite
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
    from app_schema.ddl.object_grant import ObjectGrant
    from app_schema.ddl.operator import Operator
    from app_schema.ddl.operator_class import OperatorClass, OperatorFamily
    from app_schema.ddl.option import TableOption
    from app_schema.ddl.owner import Owner
    from app_schema.ddl.partition import Partition
    from app_schema.ddl.policy import Policy
    from app_schema.ddl.printed import TableConstraint, TableIndex
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
    "DefaultPrivileges",
    "Domain",
    "EnumType",
    "EventTrigger",
    "Extension",
    "ForeignDataWrapper",
    "ForeignServer",
    "ForeignTable",
    "Function",
    "Grant",
    "NotNull",
    "ObjectGrant",
    "Operator",
    "OperatorClass",
    "OperatorFamily",
    "Owner",
    "Partition",
    "Policy",
    "Procedure",
    "Publication",
    "RangeType",
    "RenamedFrom",
    "RenamedLabels",
    "Role",
    "RowSecurity",
    "Rule",
    "Schema",
    "Sequence",
    "Setting",
    "Statistics",
    "TableConstraint",
    "TableIndex",
    "TableOption",
    "TextSearchConfiguration",
    "TextSearchDictionary",
    "Trigger",
    "View",
]
