"""A moment is the same moment after the adoption, whatever zone the session begins with."""

from __future__ import annotations

import psycopg
import pytest
from adopting import adopt, begin, rows, undo
from psycopg import sql

PLACES = ("PGTZ", "role", "database")
ZONES = ("Asia/Tokyo", "UTC", "America/New_York")


@pytest.mark.part(of=40, among="adoption")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("place", PLACES)
def test_moments_are_equal_under_any_zone_of_the_session(
    old_url: str, place: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(old_url)
    before = rows(old_url)
    _set(old_url, place, zone, monkeypatch)
    with psycopg.connect(old_url) as connection:
        assert connection.execute("SHOW TimeZone").fetchone() == (zone,)
    adopt(old_url)
    assert rows(old_url, of=before) == before
    undo(old_url)
    assert rows(old_url) == before


def _set(url: str, place: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "PGTZ":
        monkeypatch.setenv("PGTZ", zone)
        return
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    of = "DATABASE {0}" if place == "database" else "ROLE CURRENT_USER IN DATABASE {0}"
    with psycopg.connect(url, autocommit=True) as connection:
        command = sql.SQL(f"ALTER {of} SET TimeZone = {{1}}")
        connection.execute(command.format(sql.Identifier(str(name)), zone))
