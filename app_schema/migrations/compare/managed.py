"""Which objects a comparison looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.ddl.made import MARK
from app_schema.migrations.compare import object_comment

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison

_OF_A_TABLE = {"table", "column", "constraint", "index", "comment", "sequence", "partition"}
_OF_A_TABLE |= {"trigger", "policy", "row_security", "grant", "column_grant"}


def managed(comparison: Comparison, key: Key) -> bool:
    """Whether an object is in a managed schema and passes the filters of the environment."""
    schemas = comparison.context.opts.get("managed_schemas") or {
        table[0] for table in comparison.declared.tables
    } | {
        one.schema or "public" if one.kind != "schema" else one.name
        for one in comparison.declared.objects.values()
    }
    if key.kind == "role":
        return key in comparison.wanted
    if key.kind in {"object_comment", "comment"} and any(
        (side.get(key) or "").endswith(MARK) for side in (comparison.wanted, comparison.found)
    ):
        return False
    if key.kind == "object_comment":
        key = object_comment.of(key)
    space = key.name if key.kind == "schema" else key.schema
    if space is not None and space not in schemas:
        return key.kind != "schema" and key in comparison.wanted
    table = key.table if key.kind != "table" else key.name
    if table is not None and key.kind in _OF_A_TABLE:
        if not comparison.context.run_name_filters(table, "table", {"schema_name": key.schema}):
            return False
        declared_table = comparison.declared.tables.get((key.schema or "", table))
        if declared_table is not None and not comparison.context.run_object_filters(
            declared_table, table, "table", key not in comparison.wanted, None
        ):
            return False
    return True
