"""Definitions that PostgreSQL prints differently after it has read its own print are replaced and undone."""

from __future__ import annotations

import sqlalchemy as sa
from autogen import autogenerate
from lineage import catalog

from app_schema.catalog import diff
from app_schema.ddl import Function, Policy, Trigger, attach


def _declared(*, other: bool) -> sa.MetaData:
    """A policy and a trigger that ask for a varchar in a list; with ``other``, for more than that."""
    metadata = sa.MetaData()
    more = "id > 0 AND " if other else ""
    sa.Table(
        "word",
        metadata,
        sa.Column("id", sa.Integer),
        sa.Column("text", sa.String),
        Policy("p_word", using=f"{more}text IN ('it''s', 'b]')", with_check=f"{more}text IN ('a')"),
        Trigger(
            "t_word",
            before="UPDATE",
            when=f"{more.replace('id', 'new.id')}new.text IN ('a', 'b')",
            execute="public.touch()",
        ),
        schema="public",
    )
    attach(metadata, Function("touch", "BEGIN RETURN NEW; END", returns="trigger", schema="public"))
    return metadata


def test_policy_and_trigger_on_a_list_of_varchar(empty_engine: sa.Engine, empty_url: str) -> None:
    autogenerate(empty_engine, _declared(other=False)).upgrade(empty_engine)
    before = catalog(empty_url)
    generated = autogenerate(empty_engine, _declared(other=True))
    assert "op.replace_policy(" in generated.text
    assert "op.replace_trigger(" in generated.text
    for _ in range(2):
        for _ in range(2):
            generated.upgrade(empty_engine)
            assert autogenerate(empty_engine, _declared(other=True)).diffs == []
        for _ in range(2):
            generated.downgrade(empty_engine)
            assert autogenerate(empty_engine, _declared(other=False)).diffs == []
    assert {difference.key.kind for difference in diff(before, catalog(empty_url))} <= {
        "policy",
        "trigger",
    }  # its spelling
