"""CLUSTER and REPLICA IDENTITY hang on an index by its name, and come back with it, renamed or not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from roundtrip import RoundTrip, changed  # noqa: F401 - a fixture

pytestmark = pytest.mark.part(of=6)

ROWS = (
    "CREATE TABLE t (id int PRIMARY KEY, c text NOT NULL, n int)",
    "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
)
MARKED = ("ALTER TABLE t REPLICA IDENTITY USING INDEX {0}", "ALTER TABLE t CLUSTER ON {0}")
KEY = "CREATE UNIQUE INDEX {0} ON t (c)"
CONSTRAINT = "ALTER TABLE t ADD CONSTRAINT {0} UNIQUE (c)"


def _table(*items: Any, type_: Any = sa.Text) -> sa.MetaData:
    metadata = sa.MetaData()
    number = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    sa.Table("t", metadata, number, sa.Column("c", type_, nullable=False), sa.Column("n", sa.Integer), *items)
    return metadata


@pytest.mark.parametrize("name", ["ix_t", "old", '"of T"'])
@pytest.mark.parametrize("created", [KEY, CONSTRAINT])
def test_options_come_back_with_a_pruned_index(created: str, name: str, changed: RoundTrip) -> None:  # noqa: F811
    lines = [line.format(name) for line in (created, *MARKED)]
    changed(*ROWS, *lines, metadata=_table(), prune=True)


@pytest.mark.parametrize("name", ["new", "old"])
def test_index_that_is_renamed_and_rebuilt_stays_clustered(name: str, changed: RoundTrip) -> None:  # noqa: F811
    changed(
        *ROWS,
        "CREATE INDEX was ON t (c, (n + 1))",
        "ALTER TABLE t CLUSTER ON was",
        metadata=_table(sa.Index(name, "c", sa.text("(n + 1)")), type_=sa.Text(collation="C")),
    )


def test_unique_index_that_is_renamed_and_rebuilt_stays_the_identity(changed: RoundTrip) -> None:  # noqa: F811
    changed(
        *ROWS,
        "CREATE UNIQUE INDEX was ON t (c text_pattern_ops)",
        *(line.format("was") for line in MARKED),
        metadata=_table(
            sa.Index("new", "c", unique=True, postgresql_ops={"c": "text_pattern_ops"}), type_=sa.String(9)
        ),
    )
