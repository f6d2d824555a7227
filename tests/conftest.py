"""The databases come from the plugin that this project offers to others."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["app_schema.testing"]


@pytest.fixture(autouse=True)
def _no_database_of_yours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets a database that the developer's environment names."""
    for name in [name for name in os.environ if name.endswith("DATABASE_URL") or name.startswith("PG")]:
        monkeypatch.delenv(name)
