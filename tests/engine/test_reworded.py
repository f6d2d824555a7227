"""Undeclared definitions in the words of a type that goes."""

from __future__ import annotations

import sqlalchemy as sa
from roundtrip import RoundTrip, changed  # noqa: F401 - a fixture

ROWS = "INSERT INTO t VALUES (1, 'a', '1'), (2, 'b', '2')"


def test_undeclared_check_stays_when_text_becomes_an_enum(changed: RoundTrip) -> None:  # noqa: F811
    metadata = sa.MetaData()
    enum = sa.Enum("a", "b", name="letter")
    sa.Table("t", metadata, sa.Column("id", sa.Integer), sa.Column("n", enum), sa.Column("x", sa.Integer))
    generated = changed(
        "CREATE TABLE t (id int, n text, x varchar(3), CONSTRAINT listed CHECK (n IN ('a', 'b')),"
        " CONSTRAINT said CHECK (n <> 'n' OR id > 0), CONSTRAINT digits CHECK (x ~ '^[0-9]+$'))",
        ROWS,
        metadata=metadata,
    )
    assert "\"CHECK (((n)::text = ANY (ARRAY['a'::text, 'b'::text])))\"" in generated.text
    assert "<> 'n'::text" in generated.text
