"""The facts of a kind are in its class: every registry is derived, and names each kind once."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from alembic.operations import Operations

from app_schema.catalog.address import statement
from app_schema.ddl import DDLObject
from app_schema.ddl.catalog_query import Kind
from app_schema.migrations import setup
from app_schema.migrations.operation import LOCKS, STRENGTH

CREATED = [cls for cls in DDLObject.kinds.values() if cls.is_created()]


@pytest.mark.parametrize("cls", CREATED, ids=lambda cls: cls.kind)
def test_kind_is_created_by_create_all_or_says_what_to_declare(cls: type[DDLObject]) -> None:
    assert (cls.in_create_all is None) is ("instead" in cls.__dict__)


@pytest.mark.parametrize("cls", CREATED, ids=lambda cls: cls.kind)
def test_kind_has_a_rank_and_operations(cls: type[DDLObject]) -> None:
    setup()  # Alembic may not have loaded the plugin yet
    dropped, created = cls.ranks
    assert dropped >= 0
    assert created >= 0
    verbs = (*cls.verbs, "replace")
    assert all(callable(getattr(Operations, f"{verb}_{cls.kind}")) for verb in verbs)
    assert set(cls.locks) <= set(verbs)
    assert set(cls.locks.values()) <= set(STRENGTH)


def test_each_kind_of_a_snapshot_has_one_class() -> None:
    counts = Counter(kind for cls in CREATED for kind in cls.reflected_as)
    assert set(counts.values()) == {1}
    assert set(counts) == set(DDLObject.reflected)
    assert all(cls.reflected_as for cls in CREATED)


def test_locks_are_those_of_the_kinds() -> None:
    derived = {f"{verb}_{cls.kind}": lock for cls in CREATED for verb, lock in cls.locks.items()}
    assert derived.items() <= LOCKS.items()


def test_kinds_are_in_each_query_of_what_depends() -> None:
    """A new kind needs no line there."""
    for name in ("dependents.sql", "strangers.sql", "layers.sql"):
        text = str(statement(name))
        assert not re.search(r"\{\w+\}", text)
        kinds = [kind for kind in Kind.all() if kind.reads or name != "layers.sql"]
        queries = [query for kind in kinds for query in kind.catalog if query.is_object]
        assert len(queries) > 2
        assert all(query.kind in text and query.source in text for query in queries)


def test_a_type_of_columns_is_never_dropped_to_be_created_again() -> None:
    of_types = {
        kind
        for kind in Kind.all()
        for query in kind.catalog
        if query.catalog == "pg_type" and query.is_object
    }
    assert of_types
    assert all(kind.keeps_values for kind in of_types)
