"""A foreign project for each test that wants one."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_project import Foreign


@pytest.fixture
def foreign(empty_url: str, tmp_path: Path) -> Foreign:
    return Foreign(empty_url, tmp_path)
