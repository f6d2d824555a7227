"""Indexes of materialized views and of single partitions, which no Table has."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import round_trip, send

from app_schema import ddl
from app_schema.ddl import Partition, TableIndex, View

pytestmark = pytest.mark.part(of=4)


def _declared(index: str | None = "(id)", query: str = "id", *, extra: str | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer), schema="public")
    sa.Table("p", metadata, sa.Column("id", sa.Integer), schema="public", postgresql_partition_by="LIST (id)")
    ddl.attach(
        metadata,
        View("m", f"SELECT {query} FROM public.t", materialized=True, schema="public"),
        View("v", "SELECT id FROM public.m", schema="public"),
        Partition("p1", "public.p", "FOR VALUES IN (1)", schema="public"),
    )
    if index is not None:
        made = f"CREATE UNIQUE INDEX ix ON public.m USING btree {index}"
        ddl.attach(metadata, TableIndex("ix", made, schema="public"))
    if extra is not None:
        of_one = f"CREATE INDEX of_one ON public.p1 USING btree {extra}"
        ddl.attach(metadata, TableIndex("of_one", of_one, schema="public"))
    return metadata


CHANGES = {
    "created": (_declared(None), _declared(extra="(id)")),
    "created with its view": (sa.MetaData(), _declared(extra="(id)")),
    "changed": (_declared(extra="(id)"), _declared("(id DESC)", extra="(id DESC)")),
    "changed with its view": (_declared(), _declared("(id, n)", "id, 1 AS n")),
    "kept under another query": (_declared(), _declared("(id)", "id, 1 AS n")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_declared_index_of_a_materialized_view_and_of_a_partition(
    empty_engine: sa.Engine, change: tuple[sa.MetaData, sa.MetaData]
) -> None:
    before, after = change
    with empty_engine.begin() as connection:
        before.create_all(connection)
        before.create_all(connection)
    if before.tables:
        send(
            empty_engine,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO p VALUES (1)",
            "REFRESH MATERIALIZED VIEW m",
        )
    assert autogenerate(empty_engine, before, prune=True, managed_schemas={"public"}).diffs == []
    round_trip(empty_engine, after, prune=True, managed_schemas={"public"})
