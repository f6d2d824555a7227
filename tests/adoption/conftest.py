"""Databases as the old system left them: one template a shape, with rows."""

from __future__ import annotations

import contextlib
import shutil
import sys
from functools import cache
from pathlib import Path

import psycopg
import pytest
from adopting import Shapes, WriteRevision, begin, run
from amount import ALL
from old_rows import NAMES, break_rules, build

from app_schema.testing.databases import Databases
from app_schema.testing.plugin import CreateDatabase

# the matrix of tenants, and the proxy that cuts connections
sys.path += [str(Path(__file__).parents[1] / "mued" / part) for part in ("security", "faults")]
ROWS = 1_000 if ALL else 100


@pytest.fixture(scope="session")
def shapes(databases: Databases, template: str) -> Shapes:
    """The name of a database of a shape with sound rows; copy it, never connect to it.

    The template uses the roles, so that no downgrade of another test drops them.
    """
    del template

    @cache
    def named(shape: str) -> str:
        name = databases.create()
        with psycopg.connect(databases.url(name)) as connection:
            build(connection, shape, ROWS)
        return name

    return named


@pytest.fixture(scope="session")
def write_revision(
    databases: Databases, shapes: Shapes, tmp_path_factory: pytest.TempPathFactory
) -> WriteRevision:
    """A function that puts adopt.toml and the revision of a shape into the working directory."""

    @cache
    def written(shape: str) -> Path:
        directory = tmp_path_factory.mktemp(shape)
        name = databases.create(shapes(shape))
        with contextlib.chdir(directory):
            begin(databases.url(name))
            run(databases.url(name), "adopt", "--write")
        databases.drop(name)
        return directory

    return lambda shape: shutil.copytree(written(shape), Path.cwd(), dirs_exist_ok=True)


@pytest.fixture(params=NAMES)
def old_url(request: pytest.FixtureRequest, create_database: CreateDatabase, shapes: Shapes) -> str:
    """A database of the old system, in each shape."""
    return create_database(shapes(request.param))


@pytest.fixture
def broken_url(create_database: CreateDatabase, shapes: Shapes) -> str:
    """The shape "SQL files" with a row for each rule that old rows can break."""
    url = create_database(shapes("sql_files"))
    with psycopg.connect(url) as connection:
        break_rules(connection)
    return url


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no .env, adopt.toml or adoption/ of yours
