"""Keys that follow from other keys."""

from __future__ import annotations

from collections.abc import Container

from app_schema.ddl import Key

RELATIONS = ("table", "view", "materialized_view", "foreign_table", "composite")
VIEWS = frozenset({"view", "materialized_view"})


def table(key: Key) -> Key:
    """The table that an object is a part of."""
    return Key("table", key.schema, None, key.table or "")


def column(key: Key) -> Key:
    """The column of a comment, or of a default."""
    return Key("column", *key[1:])


def default(column_key: Key) -> Key:
    """The default of a column."""
    return Key("default", *column_key[1:])


def routine(side: Container[Key], key: Key) -> Key:
    """The aggregate of one side that a grant is on, or the function."""
    aggregate = Key("aggregate", key.schema, None, key.table or "")
    return aggregate if aggregate in side else aggregate._replace(kind="function")


def views(key: Key) -> set[Key]:
    """The views, of either kind, that an object may be a part of."""
    return {Key(kind, key.schema, None, key.table or "") for kind in VIEWS}


def described(key: Key) -> Key:
    """The object that a comment is on."""
    kind, _, name = key.name.partition(" ")
    return Key(kind, key.schema, key.table, name)
