"""Generated tables: six columns, a primary key, a unique constraint, an index and a foreign key each."""
# ruff: noqa: INP001 - copied into an Alembic environment

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

SHAPE = "BENCH_SHAPE"
"""The variable that says how many tables in how many schemas, and whether each has a trigger: "1000,4,0"."""

TOUCH = "\nBEGIN\n  NEW.created_at := now();\n  RETURN NEW;\nEND\n"
"""The body of the one function, which every trigger calls."""

CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


def shape() -> tuple[int, int, bool]:
    """Tables, schemas, and whether there are triggers."""
    tables, schemas, triggers = map(int, os.environ[SHAPE].split(","))
    return tables, schemas, bool(triggers)


def names(tables: int, schemas: int) -> Iterator[tuple[str, str]]:
    """Schema and name of each table."""
    return ((f"s{number % schemas}", f"t{number}") for number in range(tables))


def build(
    tables: int, schemas: int, items: Callable[[str], Iterable[SchemaItem]] = lambda _: ()
) -> sa.MetaData:
    """Ten tables refer to one, mostly of another schema; `items` adds to each table, by its name."""
    metadata = sa.MetaData(naming_convention=CONVENTION)
    known = list(names(tables, schemas))
    for number, (schema, name) in enumerate(known):
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False, index=True),
            sa.Column("amount", sa.Numeric(10, 2), nullable=False, server_default="0"),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
            sa.Column("note", sa.Text),
            sa.Column("parent_id", sa.ForeignKey("{}.{}.id".format(*known[number // 10]))),
            sa.UniqueConstraint("amount", "name"),
            *items(name),
            schema=schema,
        )
    return metadata
