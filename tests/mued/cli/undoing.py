"""Revisions that a test writes, in the place of the package's own, and the database that they run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from written import Written

from app_schema.migrations import api, lineage

Do = Callable[[str], None]
TABLE = "op.create_table('{0}', sa.Column('id', sa.Integer()))"
DROP = "op.drop_table('{0}')"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """A lineage in the place of the package's own."""
    own = Written(tmp_path)
    for module in (api, lineage):
        monkeypatch.setattr(module, "config", lambda _=None: own.config())
    return own


@pytest.fixture
def do(empty_url: str) -> Iterator[Do]:
    """Executes SQL on the database of the test."""
    with psycopg.connect(empty_url, autocommit=True) as connection:

        def do(sql: str) -> None:
            connection.execute(sql.encode())

        yield do
