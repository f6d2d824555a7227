"""The tests of the engine run on the shop, an application of ten tables with its own roles and revisions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app_schema.application import Application, load
from app_schema.migrations import upgrade
from app_schema.testing.databases import Databases
from app_schema.testing.plugin import Migrate

SHOP = Path(__file__).parent / "stranger" / "project"


@pytest.fixture(scope="session")
def application() -> Application:
    """The shop in place of the default application."""
    if str(SHOP) not in sys.path:
        sys.path.insert(0, str(SHOP))
    return load("shop.application:APPLICATION")


@pytest.fixture(scope="session")
def migrate(application: Application) -> Migrate:
    def to_head(url: str) -> None:
        upgrade(url, app=application)

    return to_head


@pytest.fixture(scope="session")
def template(databases: Databases, migrate: Migrate) -> str:
    """A template of the shop."""
    name = databases.create()
    migrate(databases.url(name))
    return name
