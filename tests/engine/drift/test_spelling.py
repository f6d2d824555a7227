"""Another spelling of the same definition is no difference."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from autogen import autogenerate
from spellings import SPELLINGS

from app_schema.catalog import Difference
from app_schema.catalog.spelling import Spelling
from app_schema.ddl import Key


@pytest.mark.part(of=6)
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


@pytest.mark.parametrize("kind", ["function", "comment", "enum"])
def test_every_space_counts_where_postgresql_prints_what_was_written(
    empty_engine: sa.Engine, kind: str
) -> None:
    left, right = "AS (SELECT  'a' AND ('b' AND 'c'))", "AS (SELECT 'a' AND 'b' AND 'c')"
    different = Difference(Key(kind, "public", None, "f"), left, right)
    same = Difference(Key("view", "public", None, "f"), left, right)
    with empty_engine.connect() as connection:
        found = Spelling(connection).in_more_than_spelling([different, same])
    assert found == [different], "of what it parses, PostgreSQL keeps neither"
