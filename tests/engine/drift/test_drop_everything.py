"""A revision from an empty metadata drops a grown database whole, and its downgrade brings it back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from grown import GROWN, INHERITED
from measuring import dumped, execute

pytestmark = pytest.mark.part(of=4)


@pytest.mark.part(of=6)
@pytest.mark.parametrize("shape", GROWN)
def test_grown_database_is_dropped_whole_and_comes_back(shape: str, empty_engine: sa.Engine) -> None:
    execute(empty_engine, GROWN[shape])
    start = dumped(empty_engine)
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    for _ in range(2):
        generated.upgrade(empty_engine)
    left = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert (left.diffs, left.undeclared) == ([], [])
    for _ in range(2):
        generated.downgrade(empty_engine)
    end = dumped(empty_engine)
    missing = [line for line in start if line not in end], [line for line in end if line not in start]
    if shape == INHERITED:
        assert "creates table public.child without the inheritance of its columns" in generated.text
        missing = ([], [])
    assert missing == ([], []), generated.text
