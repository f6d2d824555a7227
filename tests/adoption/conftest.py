"""Databases as the old system left them: one template a shape, with rows."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from old_rows import break_rules, fill

from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

SHAPES = Path(__file__).parent / "shapes"
NAMES = ("sql_files", "drizzle")
ROWS = 40


@pytest.fixture(scope="session")
def shapes(databases: Databases, template: str) -> dict[str, str]:
    """The name of a database of each shape with sound rows; copy it, never connect to it.

    The template uses the roles, so that no downgrade of another test drops them.
    """
    del template
    names = {shape: databases.create() for shape in NAMES}
    for shape, name in names.items():
        with psycopg.connect(databases.url(name)) as connection:
            connection.execute((SHAPES / f"{shape}.sql").read_bytes())
            fill(connection, ROWS)
    return names


@pytest.fixture(params=NAMES)
def old_url(request: pytest.FixtureRequest, create_database: CreateDatabase, shapes: dict[str, str]) -> str:
    """A database of the old system, in each shape."""
    return create_database(shapes[request.param])


@pytest.fixture
def broken_url(create_database: CreateDatabase, shapes: dict[str, str]) -> str:
    """The shape "SQL files" with a row for each rule that old rows can break."""
    url = create_database(shapes["sql_files"])
    with psycopg.connect(url) as connection:
        break_rules(connection)
    return url


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env, adopt.toml or adoption/ of yours
