"""What hangs on a dropped object by a name that is another object's: comments, options, types."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from autogen import autogenerate
from roundtrip import RoundTrip, changed, send  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    "grown",
    [
        """CREATE TYPE mood AS ENUM ('sad'); CREATE CAST (mood AS integer) WITH INOUT;
           COMMENT ON CAST (mood AS integer) IS 'c'""",
        """CREATE OPERATOR CLASS k FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int);
           COMMENT ON OPERATOR CLASS k USING btree IS 'c'; COMMENT ON OPERATOR FAMILY k USING btree IS 'f'""",
        """CREATE TABLE t (a int PRIMARY KEY, b int); COMMENT ON INDEX t_pkey IS 'i';
           COMMENT ON CONSTRAINT t_pkey ON t IS 'c';
           ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey, CLUSTER ON t_pkey""",
        """CREATE TYPE r AS RANGE (MULTIRANGE_TYPE_NAME = "m, r", SUBTYPE = int);
           CREATE TABLE t (r r, m "m, r")""",
    ],
    ids=["cast", "operator family", "index of a key", "multirange"],
)
def test_it_comes_back(changed: RoundTrip, grown: str) -> None:  # noqa: F811
    generated = changed(*grown.split(";"), metadata=sa.MetaData(), prune=True)
    assert "not mended" not in generated.text


@pytest.mark.parametrize(
    ("grown", "lost"),
    [
        (
            "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME own))",
            "the name own of the sequence of its column a",
        ),
        (
            """CREATE DOMAIN d AS text CONSTRAINT c CHECK (VALUE <> '');
               COMMENT ON CONSTRAINT c ON DOMAIN d IS 'c'""",
            "cannot be written as a revision",
        ),
    ],
)
def test_what_does_not_is_named(empty_engine: sa.Engine, grown: str, lost: str) -> None:
    send(empty_engine, *grown.split(";"))
    generated = autogenerate(empty_engine, sa.MetaData(), prune=True, managed_schemas={"public"})
    assert lost in generated.text
    for _ in range(2):
        generated.upgrade(empty_engine)
    for _ in range(2):
        generated.downgrade(empty_engine)
