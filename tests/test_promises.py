"""The table of promises names tests that exist, each with its file."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| *(\d+)\.(\d+)\b[^|]*\|[^|]+\|([^|]+)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _rows() -> list[tuple[int, int, str]]:
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8").replace("\\|", "/")
    rows = [(int(section), int(item), tests) for section, item, tests in ROW.findall(text)]
    heads = ("| item ", "|---")
    assert len(rows) == sum(line.startswith("|") and not line.startswith(heads) for line in text.splitlines())
    return rows


def test_promises_stand_in_order_and_each_names_its_tests() -> None:
    rows = _rows()
    assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
    for section, item, tests in rows:
        assert TEST.sub("", tests).replace(",", "").strip() == "", f"{section}.{item}: only `path::test` here"
        assert TEST.search(tests), f"{section}.{item} names no test"


def test_every_test_of_the_table_is_defined() -> None:
    absent = [
        f"{path}::{name}"
        for _, _, tests in _rows()
        for path, name in TEST.findall(tests)
        if not (ROOT / path).is_file()
        or not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert absent == []
