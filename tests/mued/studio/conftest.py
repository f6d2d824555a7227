"""A small database in the studio: two people with their sessions and entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app_schema.studio.app import studio

Open = Callable[..., TestClient]
PEOPLE = """\
INSERT INTO users (clerk_id, email, name)
VALUES ('ann', 'ann@example.org', 'Ann'), ('bob', 'bob@example.org', 'Bob')"""
SESSIONS = """\
INSERT INTO sessions (user_id, type, title, user_short_note, daw_meta, project_name, created_at)
SELECT u.id, 'practice', u.name || ' ' || i, E'first line\\nsecond', '{"tempo": {"bpm": 90}}',
       CASE WHEN mod(i, 3) > 0 THEN 'project ' || mod(i, 7) END,
       timestamptz '2026-01-01' + i * interval '1 hour'
  FROM users AS u CROSS JOIN generate_series(1, 40) AS i"""


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    """The engine of a database with rows."""
    with engine.begin() as connection:
        connection.execute(sa.text(PEOPLE))
        connection.execute(sa.text(SESSIONS))
    return engine


@pytest.fixture
def browse(filled: sa.Engine) -> Iterator[Open]:
    """A function that opens the studio and gives a client that was let in."""
    made: list[TestClient] = []

    def opened(*, write: bool = False) -> TestClient:
        app = studio(filled, token="secret", port=80, write=write)
        client = TestClient(app, base_url="http://127.0.0.1")
        made.append(client)
        assert client.get("/?token=secret").status_code == 200
        return client

    yield opened
    for client in made:
        client.close()
