"""Who gets in."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app_schema.studio.app import studio


def client(engine: sa.Engine, host: str = "127.0.0.1") -> TestClient:
    return TestClient(
        studio(engine, token="secret", port=80), base_url=f"http://{host}", follow_redirects=False
    )


def test_without_the_link_nobody_gets_in(engine: sa.Engine) -> None:
    answer = client(engine).get("/users/list")
    assert answer.status_code == 403
    assert "Open the link" in answer.text


def test_a_wrong_token_is_refused(engine: sa.Engine) -> None:
    answer = client(engine).get("/?token=other")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_token_leaves_the_address_and_works_once(engine: sa.Engine) -> None:
    first = client(engine)
    answer = first.get("/?token=secret")
    assert answer.status_code == 303
    assert "token" not in answer.headers["location"]
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert first.get("/").status_code == 200
    second = TestClient(first.app, base_url="http://127.0.0.1", follow_redirects=False)
    assert second.get("/?token=secret").status_code == 403


def test_a_foreign_host_header_is_refused(engine: sa.Engine) -> None:
    answer = client(engine, "studio.example.org").get("/?token=secret")
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_no_other_origin_may_read_and_nothing_comes_from_elsewhere(engine: sa.Engine) -> None:
    one = client(engine)
    one.get("/?token=secret")
    answer = one.get("/", headers={"origin": "http://studio.example.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("POST", {}),
        ("GET", {"sec-purpose": "prefetch"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
    ],
)
def test_a_preview_of_the_link_does_not_use_it_up(
    engine: sa.Engine, method: str, headers: dict[str, str]
) -> None:
    one = client(engine)
    answer = one.request(method, "/?token=secret", headers=headers)
    assert answer.status_code == 405
    assert "set-cookie" not in answer.headers
    assert one.get("/?token=secret").status_code == 303


def test_only_the_scripts_of_the_templates_run(engine: sa.Engine) -> None:
    one = TestClient(studio(engine, token="secret", port=80, write=True), base_url="http://127.0.0.1")
    one.get("/?token=secret")
    nonces = set()
    for path in ("/", "/users/list", "/users/create", "/schema", "/migrations", "/view-as", "/nowhere"):
        answer = one.get(path)
        policy = answer.headers["content-security-policy"]
        scripts = re.search(r"script-src ([^;]+);", policy)
        assert scripts is not None
        assert "unsafe" not in scripts[1]
        nonce = re.search(r"'nonce-([^']+)'", scripts[1])
        assert nonce is not None
        nonces.add(nonce[1])
        tags = re.findall(r"<script\b[^>]*>", answer.text)
        assert tags or answer.status_code == 404
        assert all(f'nonce="{nonce[1]}"' in tag for tag in tags), path
        assert re.findall(r"<[^>]+\son\w+=", answer.text) == [], path
        assert "javascript:" not in answer.text
    assert len(nonces) == 7
