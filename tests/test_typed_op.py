"""``from app_schema import op``: Alembic's module, with a stub that knows our operations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import alembic.op

from app_schema import op
from app_schema.migrations.stubs import files

WRONG = """\
from app_schema import op

op.create_trigger("tr", "t", before="UPDATE", execute="f()", schema="public")
op.create_trigger("tr", "t", befor="UPDATE", execute="f()")
op.no_such_operation()
"""
MYPY = """\
[mypy]
strict = true

[mypy-sqlalchemy.*]
follow_imports = skip
"""
"""The types of SQLAlchemy, which say nothing here, take four of five seconds to read."""


def test_it_is_alembics() -> None:
    assert op is alembic.op


def test_what_is_made_from_the_kinds_is_fresh() -> None:
    """A new kind is its own file and its test."""
    assert [path.name for path, text in files().items() if path.read_text(encoding="utf-8") != text] == [], (
        "run: make stubs"
    )


def test_misspelt_keyword_is_found_by_mypy(tmp_path: Path) -> None:
    (tmp_path / "revision.py").write_text(WRONG, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(MYPY, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "revision.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    found = [line for line in said.splitlines() if ": error: " in line]
    assert len(found) == 2, said
    assert ':4: error: Unexpected keyword argument "befor" for "create_trigger"' in found[0]
    assert ':5: error: Module has no attribute "no_such_operation"' in found[1]
