from __future__ import annotations

import pytest
from commands import Run, data

from app_schema.testing.databases import Databases


@pytest.mark.parametrize(
    "arguments",
    [
        ["connect"],
        ["status"],
        ["history"],
        ["plan"],
        ["verify"],
        ["audit"],
        ["seed"],
        ["metrics", "2026-03-01"],
        ["upgrade"],
        ["rollback", "0015"],
        ["lint"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_json_is_all_that_goes_to_stdout(run: Run, shared_url: str, arguments: list[str]) -> None:
    assert isinstance(data(run(shared_url, *arguments, "--json")), dict | list)


@pytest.fixture(scope="module")
def shared_url(databases: Databases, template: str) -> str:
    """One database at the newest revision for all of them."""
    return databases.url(databases.create(template))
