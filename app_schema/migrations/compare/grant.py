"""Grants that follow from others: default privileges, and the EXECUTE of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_schema.catalog import Snapshot
from app_schema.ddl import Function, Grant, Key
from app_schema.migrations.directives import CallOp, Drops, Makes, OnTheWayBackOp

if TYPE_CHECKING:
    from app_schema.migrations.compare.comparison import Comparison


def fresh(comparison: Comparison, grant: Key) -> bool:
    """Whether the relation of a grant is made in this revision, so that default privileges have a say."""
    return any(
        (relation := Key(kind, grant.schema, None, grant.table or "")) in comparison.made
        or (relation in comparison.wanted and relation not in comparison.found)
        for kind in ("table", "view", "materialized_view")
    )


def take_default_grants_away(comparison: Comparison, relation: Key) -> None:
    """Revokes what default privileges grant on a new relation and nobody declared."""
    for call in _default_grants(comparison, relation, comparison.wanted):
        comparison.plan.make(Makes.GRANT, call)


def forget_default_grants(comparison: Comparison, relation: Key) -> None:
    """The same for a relation that the downgrade makes again."""
    for call in _default_grants(comparison, relation, comparison.found):
        comparison.plan.drop(Drops.GRANT, OnTheWayBackOp(call))


def _default_grants(comparison: Comparison, relation: Key, side: Any) -> list[CallOp]:
    calls = []
    schemas = (None, relation.schema)
    for default in [one for schema in schemas for one in comparison.of_table(schema, "TABLES")]:
        if default.kind != "default_grant":
            continue
        privileges = comparison.found[default]
        if Key("grant", relation.schema, relation.name, default.name) not in side:
            words = privileges.replace("*", "").split(", ")
            calls.append(
                CallOp("drop_grant", words, to=default.name, table=relation.name, schema=relation.schema)
            )
    return calls


def comes_with_function(comparison: Comparison, key: Key) -> bool:
    """Whether the function is made here: its grants are in its statement, or PUBLIC's by birth."""
    return Key("function", key.schema, None, key.table or "") not in comparison.found


def granted_function(comparison: Comparison, key: Key) -> Key | None:
    function = Key("function", key.schema, None, key.table or "")
    declared = comparison.declared.objects.get(function)
    return function if isinstance(declared, Function) and declared.execute is not None else None


def to_public(key: Key) -> Grant:
    """The EXECUTE that every role has of a function which names no roles: default privileges may lack it."""
    return Grant("EXECUTE", to=key.name, function=key.table, schema=key.schema)


def executors(side: Snapshot, function: Key) -> str:
    """The roles besides the owner that may execute a function."""
    place = ("function_grant", function.schema, function.name)
    roles = [f"{one.name}{'*' if side[one].endswith('*') else ''}" for one in side if one[:3] == place]
    return f"EXECUTE to {', '.join(sorted(roles)) or 'nobody'}"


def change_function(comparison: Comparison, key: Key) -> None:
    if (
        comparison.has(key)
        and key in comparison.wanted
        and key not in comparison.changed
        and key not in comparison.made
    ):
        comparison.replace(
            key, comparison.declared.objects[key], comparison.reflect(key, comparison.found[key])
        )


def type_is_on_both_sides(comparison: Comparison, grant: Key) -> bool:
    types = [Key(kind, grant.schema, None, grant.table or "") for kind in ("enum", "domain", "range")]
    return any(one in comparison.found and one in comparison.wanted for one in types)
