"""Each query of the application has its index, as app_user too, and reads few pages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from app_schema.testing.databases import Databases

DATA = Path(__file__).parents[2] / "bench" / "data"
SCALE = 0.01
LIST = 300
"""Pages that a list of at most 50 rows, with the names of others, reads at this size."""


@pytest.fixture(scope="module")
def measure() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DATA))
    yield importlib.import_module("measure")
    sys.path.remove(str(DATA))


@pytest.fixture(scope="module")
def loaded(
    databases: Databases, template: str, measure: ModuleType
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    name = databases.create(template)
    with psycopg.connect(databases.url(name), autocommit=True) as connection:
        measure.load(connection, SCALE, "rows.sql", "vectors.sql")
        connection.execute("SET enable_seqscan = off")  # these tables are so small that one page is the table
        yield connection
    databases.drop(name)


def test_each_query_has_its_index(loaded: Any, measure: ModuleType) -> None:
    asked = measure.ask(loaded, measure.QUERIES, before=False)
    without = [
        (query.name, role)
        for query in measure.QUERIES
        for role in measure.ROLES
        if query.index not in asked[query.name, role].plan
    ]
    assert without == []
    read = {query: found.pages for (query, role), found in asked.items() if role == "app_user"}
    assert {name: pages for name, pages in read.items() if pages > LIST} == {}


def test_one_row_by_its_key_costs_app_user_no_page_more(loaded: Any, measure: ModuleType) -> None:
    for name in ("Q01", "Q06", "Q12", "session", "message"):
        (query,) = (query for query in measure.QUERIES if query.name == name)
        pages = {measure.read(loaded, query.sql, role, query.person).pages for role in measure.ROLES}
        assert len(pages) == 1, name
