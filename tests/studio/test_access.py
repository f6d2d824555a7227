"""Who gets in."""

from __future__ import annotations

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
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
