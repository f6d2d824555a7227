"""A moment is the same moment after the adoption, whatever zone the session begins with."""

from __future__ import annotations

import psycopg
import pytest
from adopting import Shapes, WriteRevision, adopt, begin, rows, run, undo
from amount import ALL
from old_rows import NAMES
from psycopg import sql

from app_schema.testing.plugin import CreateDatabase

PLACES = ("PGTZ", "role", "database")
ZONES = ("Asia/Tokyo", "UTC", "America/New_York")


@pytest.mark.part(of=60, among="adoption")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", NAMES)
def test_moments_are_equal_under_any_zone_of_the_session(
    create_database: CreateDatabase,
    shapes: Shapes,
    write_revision: WriteRevision,
    monkeypatch: pytest.MonkeyPatch,
    shape: str,
    place: str,
    zone: str,
) -> None:
    url = create_database(shapes(shape))
    before = rows(url)
    _set(url, place, zone, monkeypatch)
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW TimeZone").fetchone() == (zone,)
    if ALL:
        begin(url)
        adopt(url)
    else:  # the shared revision, which CASES=all writes under each zone
        write_revision(shape)
        run(url, "upgrade")
    assert rows(url, of=before) == before
    undo(url)
    assert rows(url) == before


def _set(url: str, place: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "PGTZ":
        monkeypatch.setenv("PGTZ", zone)
        return
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    of = "DATABASE {0}" if place == "database" else "ROLE CURRENT_USER IN DATABASE {0}"
    with psycopg.connect(url, autocommit=True) as connection:
        command = sql.SQL(f"ALTER {of} SET TimeZone = {{1}}")
        connection.execute(command.format(sql.Identifier(str(name)), zone))
