"""Random pairs of schemas of which the first has grown under other names than anybody declares."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from schemas import pairs
from shape import Shape
from test_fuzz import Ground, _settings, ground  # noqa: F401 - the fixture

SCRAMBLE = r"""
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', t.conrelid::regclass, t.conname,
                  left('was ' || t.conname, 60)) AS sql
      FROM pg_constraint AS t JOIN pg_class AS c ON c.oid = t.conrelid
     WHERE t.conrelid >= 16384 AND t.contype IN ('p', 'u', 'c', 'f', 'x') AND t.conparentid = 0
       AND t.coninhcount = 0  -- renamed with that of the parent
    UNION ALL
    SELECT format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass, left('was ' || c.relname, 60))
      FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
     WHERE i.indexrelid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint AS t WHERE t.conindid = c.oid)
    UNION ALL
    SELECT format('ALTER SEQUENCE %s RENAME TO %I', c.oid::regclass, left('was ' || c.relname, 60))
      FROM pg_class AS c WHERE c.relkind = 'S' AND c.oid >= 16384
    UNION ALL
    SELECT format('ALTER TYPE %s RENAME TO %I', y.oid::regtype, left('was ' || y.typname, 60))
      FROM pg_type AS y WHERE y.typtype = 'e' AND y.oid >= 16384
  LOOP
    EXECUTE one.sql;
  END LOOP;
END
$$
"""


def _examples() -> settings:
    many = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
    return settings(_settings(), max_examples=200 if many else 2)


@given(pair=pairs())
@_examples()
def test_other_names_become_the_declared_ones_and_come_back(
    request: pytest.FixtureRequest, pair: tuple[Shape, Shape]
) -> None:
    place: Ground = request.getfixturevalue("ground")
    try:
        _there_and_back(place, *pair)
    finally:
        place.renew()


def _there_and_back(place: Ground, first: Shape, second: Shape) -> None:
    birth = place.revision(first)
    birth.upgrade(place.changed)
    with place.changed.begin() as connection:
        connection.exec_driver_sql(SCRAMBLE, execution_options={"no_parameters": True})
    start = place.revision(first)  # the sequence of a column has no name of its own to come back
    change = place.revision(second)
    for _ in range(2):
        change.upgrade(place.changed)
        again = place.revision(second)
        assert again.diffs == [], "a second comparison"
    for _ in range(2):
        change.downgrade(place.changed)
        assert place.revision(first).text == start.text, "downgrade"
