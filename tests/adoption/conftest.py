"""Databases as the old system left them: one template a shape, with rows."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

SHAPES = Path(__file__).parent / "shapes"
NAMES = ("sql_files", "drizzle")


def build(url: str, shape: str) -> None:
    """Makes the tables of a shape and fills them."""
    with psycopg.connect(url) as connection:
        connection.execute((SHAPES / f"{shape}.sql").read_bytes())


@pytest.fixture(scope="session")
def shapes(databases: Databases) -> dict[str, str]:
    """The name of a database of each shape; copy it, never connect to it."""
    names = {shape: databases.create() for shape in NAMES}
    for shape, name in names.items():
        build(databases.url(name), shape)
    return names


@pytest.fixture(params=NAMES)
def old_url(request: pytest.FixtureRequest, create_database: CreateDatabase, shapes: dict[str, str]) -> str:
    """A database of the old system, in each shape."""
    return create_database(shapes[request.param])
