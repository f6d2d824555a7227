"""Autogenerate of an enum: labels added, renamed, reordered and removed."""

from __future__ import annotations

from enum import StrEnum

import pytest
import sqlalchemy as sa
from autogen import autogenerate, mend, send
from lineage import catalog

from app_schema.catalog import diff
from app_schema.ddl import RenamedLabels, attach

pytestmark = pytest.mark.part(of=6)


def _moods(labels: list[str], **renamed: str) -> sa.MetaData:
    metadata = sa.MetaData()
    enum = sa.Enum(
        StrEnum("Mood", [(label, label) for label in labels]),
        name="mood",
        values_callable=lambda cls: [cl.value for cl in cls],
    )
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", enum, server_default=labels[0]),
        sa.Column("moods", sa.ARRAY(enum)),
    )
    if renamed:
        attach(metadata, RenamedLabels("mood", renamed))
    return metadata


def test_enum_through_its_life(empty_engine: sa.Engine, empty_url: str) -> None:
    life = [
        _moods(["low", "high"]),
        _moods(["low", "mid", "high", "top"]),  # added in the middle and at the end
        _moods(["low", "middle", "high", "top"], middle="mid"),  # renamed
        _moods(["low", "middle", "higher", "x", "top"], higher="high"),  # renamed and added at once
        _moods(["top", "low", "middle", "higher", "x"]),  # other order
        _moods(["top", "low"]),  # removed
    ]
    before = catalog(empty_url)
    states, revisions = [before], []
    for metadata in life:
        generated = autogenerate(empty_engine, metadata)
        for _ in range(2):
            generated.upgrade(empty_engine)
            assert autogenerate(empty_engine, metadata).diffs == []
        revisions.append(generated)
        states.append(catalog(empty_url))
    for generated, state in zip(reversed(revisions), reversed(states[:-1]), strict=True):
        for _ in range(2):
            generated.downgrade(empty_engine)
            assert diff(state, catalog(empty_url)) == []


def test_added_value_can_be_used_in_the_same_revision(empty_engine: sa.Engine) -> None:
    mend(empty_engine, _moods(["low", "high"]))
    metadata = _moods(["mid", "low", "high"])  # and is the new default
    assert "op.add_enum_value(" in mend(empty_engine, metadata)


def test_removed_label_in_use_is_refused_with_its_rows(empty_engine: sa.Engine) -> None:
    mend(empty_engine, _moods(["low", "high"]))
    send(empty_engine, "INSERT INTO public.t (mood) VALUES ('high'), ('high')")
    with pytest.raises(Exception, match="2 rows of t use a dropped label"):
        mend(empty_engine, _moods(["low"]))
