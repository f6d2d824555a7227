"""docs/application.md: its blocks run in order, its application answers, and its types hold."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from page import Page
from sqlalchemy.orm import Session

import app_schema
from app_schema import database
from app_schema.application import DEFAULT, load
from app_schema.mued.factories import SessionFactory, UserFactory
from app_schema.schemas_stub import stub
from app_schema.typescript import typescript

PAGE = Page("docs/application.md")
STUB = Path(app_schema.__file__).parent / "schemas.pyi"
HEADERS = {"x-user": "user_ann"}
OF_BOB = uuid.UUID("00000000-0000-4000-8000-00000000000b")
CARELESS = """
@app.post("/careless/{key}")
def careless(key: uuid.UUID, session: Caller) -> None:
    session.get_one(PracticeSession, key).title = "mine"
    session.commit()
"""


def test_stub_of_the_schemas_is_fresh() -> None:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"]
    made = subprocess.run(ruff, input=stub(load(DEFAULT)), capture_output=True, text=True, check=True).stdout
    assert STUB.read_text(encoding="utf-8") == made, (
        f"python -m app_schema.schemas_stub > {STUB}; ruff format"
    )


def test_no_type_for_a_front_end_holds_a_secret() -> None:
    written = typescript(load(DEFAULT))
    assert "stripe_" not in written
    assert "clerk_id" not in written
    assert 'export type SessionType = "composition" | ' in written
    assert "  daw_meta?: DawMeta;" in written
    assert "  metadata: Record<string, unknown> | null;" in written  # by the name that JSON has


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the person of the page, who has one session, and a public one of somebody else."""
    engine = database.engine(database_url)
    with Session(engine) as session:
        ann = UserFactory.create(session, clerk_id="user_ann", email="ann@example.org")
        SessionFactory.create(session, user=ann, title="Old")
        bob = UserFactory.create(session, clerk_id="user_bob", email="bob@example.org")
        SessionFactory.create(session, id=OF_BOB, user=bob, title="Public", is_public=True)
        session.commit()
    engine.dispose()
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


def test_every_block_runs_and_the_application_answers(url: str) -> None:
    assert url
    names: dict[str, Any] = {"__name__": "page"}

    async def run() -> None:
        for block in PAGE.python(until="Your tables"):
            exec(compile(block, "docs/application.md", "exec"), names)  # noqa: S102 - what the test is for
        exec(CARELESS, names)  # noqa: S102
        assert "Scales, again" in await names["titles"]("user_ann")
        assert len(names["first"]) == 2
        assert names["rest"] == []
        assert set(names["Card"].model_fields) == {"id", "name", "profile_image_url"}
        try:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(names["app"], raise_app_exceptions=False),
                base_url="http://test",
            ) as client:
                await _calls(client)
        finally:
            await names["async_engine"].dispose()
            names["engine"].dispose()

    asyncio.run(run())


async def _calls(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/sessions", headers=HEADERS)).json()
    assert [row["title"] for row in listed] == ["Scales, again", "Old"]
    assert (await client.get("/async/sessions", headers=HEADERS)).json() == listed
    assert (await client.get("/async/sessions")).json() == []
    key = f"/sessions/{listed[1]['id']}"
    changed = await client.patch(key, headers=HEADERS, json={"title": "New", "type": "mix"})
    assert (changed.json()["title"], changed.json()["type"]) == ("New", "mix")
    again = (await client.get("/sessions", headers=HEADERS)).json()[1]
    assert again == changed.json()  # the answer has what a trigger sets
    assert (await client.patch(key, json={"title": "x"})).status_code == 404  # nobody sees no row
    of_bob = await client.patch(f"/sessions/{OF_BOB}", headers=HEADERS, json={"title": "mine"})
    assert of_bob.status_code == 404  # a row that is readable, and not writable
    assert (await client.post(f"/careless/{OF_BOB}", headers=HEADERS)).status_code == 403
    # what a fuzzer sends: refused by the model, by a CHECK, by the type, by row security
    bodies: tuple[dict[str, Any], ...] = (
        {"title": ""},
        {"title": "x" * 201},
        {"title": "\0"},
        {"title": "\ud800"},
        {"\ud800": "no such field"},
        {"type": "\ud800"},
        {"daw_meta": {"dawName": "\ud800"}},
        {"daw_meta": {"\udfff": "x"}},
        {"attachments": [{"url": "\0", "type": "t", "name": "n"}]},
        {"completed_at": float("inf")},
        {"completed_at": "0001-01-01T00:00:00+14:00"},
        {"completed_at": "0001-01-01T00:00:00"},
        {"completed_at": "9999-12-31T23:59:59-14:00"},
        {"title": None},
        {"type": "nonsense"},
        {"nonsense": 1},
        {"daw_meta": []},
        {"user_id": "00000000-0000-0000-0000-000000000000"},
    )
    for body in bodies:
        sent = {**HEADERS, "content-type": "application/json"}
        answer = await client.patch(key, headers=sent, content=json.dumps(body))
        assert answer.status_code in {403, 422}, (body, answer.status_code, answer.text)
    assert (await client.get("/sessions", headers=HEADERS)).json()[1] == again
    document = (await client.get("/openapi.json")).json()["components"]["schemas"]
    assert {"SessionRead", "SessionUpdate", "SessionType", "DawMeta"} <= set(document)
    assert "required" not in document["SessionUpdate"]
