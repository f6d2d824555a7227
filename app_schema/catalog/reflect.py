"""Objects read back from the catalog, with the whole definition that a downgrade needs to create them."""

from __future__ import annotations

import copy
from functools import cache

from app_schema.catalog.answers import Answers
from app_schema.ddl import DDLObject, Key
from app_schema.ddl.sql import literal
from app_schema.errors import ModelError

# the catalog has 0 where an object, as default privileges of the whole database, is in no schema
_SCHEMA = (
    "coalesce((SELECT s.oid FROM pg_catalog.pg_namespace AS s WHERE s.nspname = :schema), CAST(0 AS oid))"
)


def reflect(answers: Answers, key: Key, definition: str, table: str | None = None) -> DDLObject:
    """The object of a snapshot's key; needs an empty search_path.

    :param table: the name that the object's table, type or sequence has after the renames.
    :raises ModelError: if no class has fields for all properties of the object.
    """
    cls = DDLObject.reflected.get(key.kind)
    if cls is None:
        raise ModelError(f"{key.kind.replace('_', ' ')} {key.name} cannot be written as a revision")
    if (obj := cls.from_definition(key, definition)) is not None:
        return obj
    parts = copy.deepcopy(answers.get(_parts(key.kind), key))
    refused = parts.pop("refused", None)
    if refused is not None:
        raise ModelError(f"{key.label} is {refused}, which cannot be written as a revision")
    return cls.from_parts(key._replace(table=table or key.table), parts)


@cache
def _parts(kind: str) -> str:
    """Query of one JSON object: the parts of the object of a key."""
    query = DDLObject.reflected[kind].query_of(kind)
    parts = ", ".join(f"{literal(name)}, {part}" for name, part in query.parts.items())
    # a colon before a word would be a parameter of text()
    columns, *place = (
        text.replace(":", "\\:")
        for text in (f"json_build_object({parts})", query.namespace, query.table, query.name)
    )
    conditions = [
        f"{expression} {'IS NOT DISTINCT FROM' if value == ':table' else '='} {value}"
        for expression, value in zip(place, (_SCHEMA, ":table", ":name"), strict=True)
        if expression and expression != "NULL"
    ]
    return query.select(columns, *conditions)
