"""The comparators, by the kinds of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from app_schema.ddl import ObjectGrant
from app_schema.migrations.compare.kinds.aggregate import AggregateComparator
from app_schema.migrations.compare.kinds.base import KindComparator
from app_schema.migrations.compare.kinds.column import ColumnComparator
from app_schema.migrations.compare.kinds.comment import CommentComparator, ObjectCommentComparator
from app_schema.migrations.compare.kinds.constraint import ConstraintComparator
from app_schema.migrations.compare.kinds.enum import EnumComparator
from app_schema.migrations.compare.kinds.foreign_server import ForeignServerComparator
from app_schema.migrations.compare.kinds.foreign_table import ForeignTableComparator
from app_schema.migrations.compare.kinds.function import FunctionComparator
from app_schema.migrations.compare.kinds.function_grant import FunctionGrantComparator
from app_schema.migrations.compare.kinds.grant import (
    ColumnGrantComparator,
    GrantComparator,
    ObjectGrantComparator,
    WholeGrantComparator,
)
from app_schema.migrations.compare.kinds.index import IndexComparator
from app_schema.migrations.compare.kinds.not_null import NotNullComparator
from app_schema.migrations.compare.kinds.operator import OperatorComparator
from app_schema.migrations.compare.kinds.option import TableOptionComparator
from app_schema.migrations.compare.kinds.owner import OwnerComparator
from app_schema.migrations.compare.kinds.partition import PartitionComparator
from app_schema.migrations.compare.kinds.role import RoleComparator
from app_schema.migrations.compare.kinds.sequence import SequenceComparator
from app_schema.migrations.compare.kinds.stored import CompositeComparator, DomainComparator, StoredComparator
from app_schema.migrations.compare.kinds.table import TableComparator
from app_schema.migrations.compare.kinds.view import MaterializedViewComparator, ViewComparator

__all__ = ["KINDS", "of"]

KINDS: Mapping[str, KindComparator] = {
    "role": RoleComparator(),
    "enum": EnumComparator(),
    "composite": CompositeComparator(),
    "domain": DomainComparator(),
    "range": StoredComparator(),
    "collation": StoredComparator(),
    "sequence": SequenceComparator(),
    "function": FunctionComparator(),
    "aggregate": AggregateComparator(),
    **dict.fromkeys(("operator", "operator_class", "operator_family"), OperatorComparator()),
    "table": TableComparator(),
    "foreign_server": ForeignServerComparator(),
    "foreign_table": ForeignTableComparator(),
    "partition": PartitionComparator(),
    "column": ColumnComparator(),
    "constraint": ConstraintComparator(),
    "not_null": NotNullComparator(),
    "index": IndexComparator(),
    "grant": GrantComparator(),
    "column_grant": ColumnGrantComparator(),
    "function_grant": FunctionGrantComparator(),
    "schema_grant": WholeGrantComparator(),
    "default_grant": WholeGrantComparator(),
    **dict.fromkeys(ObjectGrant.reflected_as, ObjectGrantComparator()),
    "owner": OwnerComparator(),
    "comment": CommentComparator(),
    "object_comment": ObjectCommentComparator(),
    "table_option": TableOptionComparator(),
    "view": ViewComparator(),
    "materialized_view": MaterializedViewComparator(),
}
"""The kinds with a special comparator, in the order in which they ``follow``."""
_OTHER = KindComparator()


def of(kind: str) -> KindComparator:
    """The comparator of a kind."""
    return KINDS.get(kind, _OTHER)
