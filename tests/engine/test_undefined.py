"""A declared object that cannot be created is one sentence with the line to write."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from sqlalchemy.dialects.postgresql import JSON, ExcludeConstraint

from app_schema.ddl import Extension, attach
from app_schema.ddl.printed_type import PrintedType
from app_schema.errors import ModelError

pytestmark = pytest.mark.part(of=4)

TRIGRAMS = 'app_schema.ddl.attach(metadata, Extension("pg_trgm"))'
CASES: dict[str, tuple[list[Any], str]] = {
    "gin of a varchar": (
        [sa.Column("name", sa.String(40)), sa.Index("ix", "name", postgresql_using="gin")],
        f'; write postgresql_ops={{"name": "gin_trgm_ops"}} in the Index, and declare {TRIGRAMS}',
    ),
    "gin of some columns": (
        [
            sa.Column("Name", sa.Text),
            sa.Column("tags", PrintedType("text[]")),
            sa.Index("ix", "tags", "Name", postgresql_using="gin"),
        ],
        f'; write postgresql_ops={{"Name": "gin_trgm_ops"}} in the Index, and declare {TRIGRAMS}',
    ),
    "operator class of an extension": (
        [
            sa.Column("name", sa.Text),
            sa.Index("ix", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        ],
        f"; declare it: {TRIGRAMS}",
    ),
    "gist of a number": (
        [sa.Column("n", sa.Integer), ExcludeConstraint(("n", "="), name="ex", using="gist")],
        '; declare it: app_schema.ddl.attach(metadata, Extension("btree_gist"))',
    ),
    "gin of a number": (
        [sa.Column("n", sa.Integer), sa.Index("ix", "n", postgresql_using="gin")],
        '; declare it: app_schema.ddl.attach(metadata, Extension("btree_gin"))',
    ),
    "btree of json": (
        [sa.Column("doc", JSON), sa.Index("ix", "doc")],
        "; btree has no operator class for this type: use another type, or an expression of it",
    ),
    "a type": (
        [sa.Column("name", PrintedType("citext"))],
        '; declare it: app_schema.ddl.attach(metadata, Extension("citext"))',
    ),
    "nothing known": (
        [sa.Column("name", PrintedType("stranger"))],
        "; declare it with app_schema.ddl.attach(metadata, ...), or create it in the database first",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_defined_names_its_remedy(name: str, empty_engine: sa.Engine) -> None:
    items, remedy = CASES[name]
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *items)
    with pytest.raises(ModelError, match=r"^the declared objects cannot be created: ") as refused:
        autogenerate(empty_engine, metadata)
    first = str(refused.value).partition("\nin: ")[0]
    assert first.endswith(remedy), first


def test_the_remedy_mends_it(empty_engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    attach(metadata, Extension("pg_trgm"))
    index = sa.Index("ix", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"})
    sa.Table("t", metadata, sa.Column("name", sa.String(40)), index)
    generated = autogenerate(empty_engine, metadata)
    generated.upgrade(empty_engine)
    assert autogenerate(empty_engine, metadata).diffs == []
