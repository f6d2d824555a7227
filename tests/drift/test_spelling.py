"""What is spelt in another way and means the same is no difference."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from spellings import SPELLINGS


@pytest.mark.parametrize("name", SPELLINGS)
def test_other_spelling_is_no_difference(name: str, empty_url: str, empty_engine: sa.Engine) -> None:
    spelling = SPELLINGS[name]
    metadata = sa.MetaData()
    spelling.declare(metadata)
    with psycopg.connect(empty_url) as connection:
        connection.execute(spelling.sql.encode())

    generated = autogenerate(empty_engine, metadata)

    assert generated.empty, generated.text
    assert generated.undeclared == []
