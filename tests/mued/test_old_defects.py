"""Every defect of the old system's list has a test that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_defect_of_access_and_data_has_a_test() -> None:
    named: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                head = re.match(r"(?:[A-Z]\d\d(?:, )?)+(?=:)", ast.get_docstring(node) or "")
                named |= set(head[0].split(", ")) if head else set()
    codes = {f"R{number:02}" for number in range(1, 19)} | {f"D{number:02}" for number in range(1, 27)}
    assert codes - named == set()
