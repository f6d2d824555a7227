"""What is there and nobody declared: reported, or dropped where that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_schema.ddl import Key
from app_schema.migrations.compare import grant, object_comment, sequence

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def is_child(comparison: Comparison, key: Key) -> bool:  # noqa: PLR0911 - a list of cases
    """Whether it belongs to something that is not declared either, which is named itself."""
    relations = [
        Key(kind, key.schema, None, key.table or "")
        for kind in ("table", "view", "materialized_view", "foreign_table", "composite")
    ]
    owner = next((one for one in relations if one in comparison.found or one in comparison.wanted), None)
    if key.kind == "sequence" and "OWNED BY" in comparison.found[key]:
        return not _owner_is_declared(comparison, key)
    if key.kind in {"comment", "column_grant", "object_comment"} and _of_undeclared_part(comparison, key):
        return True
    if key.kind == "type_grant":
        return not grant.type_is_on_both_sides(comparison, key)
    if key.kind == "function_grant":
        return Key("function", key.schema, None, key.table or "") not in comparison.wanted
    if owner is None or key.kind in {"schema_grant", "default_grant", "object_comment"}:
        return False
    if owner.kind != "table" and key.kind == "column":
        return True
    if owner.kind == "materialized_view" and key.kind == "index" and comparison.prune:
        return False
    if owner in comparison.wanted:
        return False
    if (
        "PARTITION BY" in comparison.found[owner]
        or Key("partition", key.schema, None, owner.name) in comparison.found
    ):
        return True  # it cannot be dropped by a revision, so nothing of it is
    return not comparison.prune or key.kind in {"column", "constraint", "index", "comment"}


def _owner_is_declared(comparison: Comparison, key: Key) -> bool:
    """Whether the sequence hangs on a column that is declared without one; an identity's goes with the
    identity."""
    column = sequence.owner(comparison.found[key])
    if column is None or column not in comparison.found:
        return False
    return column in comparison.wanted and sequence.counts(comparison.found, column) != "identity"


def _of_undeclared_part(comparison: Comparison, key: Key) -> bool:
    if key.kind == "object_comment":
        owner = object_comment.of(key)
        return owner in comparison.found and owner not in comparison.wanted
    return key.kind == "comment" and bool(key.name) and Key("column", *key[1:]) not in comparison.wanted
