"""The pages of the tables, as their HTML says."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from lineage import revisions
from starlette.testclient import TestClient

from app_schema.models import Base
from app_schema.studio import opened

pytestmark = pytest.mark.part(of=6)

Open = Callable[..., TestClient]
CELLS = re.compile(r'<tr data-sa-pk="([^"]+)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')
PREVIOUS = re.compile(r'rel="prev" href="([^"]+)"')
TOTAL = re.compile(r'id="total">([^<]+)<')
HIDDEN = re.compile(r'name="(csrftoken|_opened)" value="([^"]*)"')
TOKEN = re.compile(r'name="csrftoken" value="([^"]+)"')


def send(client: TestClient, path: str, form: dict[str, str]) -> str:
    """Sends a form as the browser would, and gives what the page says then."""
    return post(client, path, client.get(path).text, form)


def post(client: TestClient, path: str, page: str, form: dict[str, str]) -> str:
    """Sends the form of a page that was opened before."""
    hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
    return client.post(path, data={**hidden, **form}).text


def session_form(owner: object) -> dict[str, str]:
    """A form for a session with what it must have."""
    texts = {"type": "practice", "status": "draft", "title": "Scales", "user_short_note": "note"}
    return {**texts, "user_id": str(owner), "daw_meta": "{}", "ai_annotations": "{}", "attachments": "[]"}


def keys(page: str) -> list[str]:
    return CELLS.findall(page)


def link(pattern: re.Pattern[str], page: str) -> str | None:
    found = pattern.search(page)
    return html.unescape(found[1]) if found else None


@pytest.mark.parametrize("write", [False, True])
def test_every_table_has_its_pages(browse: Open, *, write: bool) -> None:
    client = browse(write=write)
    for table in Base.metadata.sorted_tables:
        assert client.get(f"/{table.name}/list").status_code == 200, table.name
        assert client.get(f"/{table.name}/create").status_code == (200 if write else 403), table.name
        assert client.get(f"/schema?table={table.name}").status_code == 200, table.name


@pytest.mark.part(of=6)
@pytest.mark.parametrize(
    "sort",
    ["", "created_at__desc", "project_name__asc", "project_name__desc", "status__asc", "completed_at__desc"],
)
def test_paging_by_key_shows_each_row_once_there_and_back(browse: Open, sort: str) -> None:
    client = browse()
    page = client.get(f"/sessions/list?sort={sort}").text
    pages = [keys(page)]
    while at := link(NEXT, page):
        page = client.get(at).text
        pages.append(keys(page))
    assert [len(page_rows) for page_rows in pages] == [25, 25, 25, 5]
    assert len({key for page_rows in pages for key in page_rows}) == 80
    back = []
    while at := link(PREVIOUS, page):
        page = client.get(at).text
        back.append(keys(page))
    assert back == pages[-2::-1]


def test_a_place_of_another_order_is_a_sentence(browse: Open) -> None:
    answer = browse().get("/sessions/list?page=%3Enonsense")
    assert answer.status_code == 400
    assert "first page" in answer.text


def test_rows_are_found_by_text_by_key_and_by_column(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.connect() as connection:
        key = connection.scalar(sa.text("SELECT id FROM sessions WHERE title = 'Bob 7'"))
        ann = connection.scalar(sa.text("SELECT id FROM users WHERE clerk_id = 'ann'"))
    assert len(keys(client.get("/sessions/list?q=Bob 7").text)) == 1
    assert keys(client.get(f"/sessions/list?q={key}").text) == [str(key)]
    assert keys(client.get("/sessions/list?q=100%").text) == []
    mine = client.get(f"/sessions/list?filter=user_id__eq={ann} AND title__endswith=0").text
    assert len(keys(mine)) == 4
    assert TOTAL.findall(mine) == ["4 rows"]


def test_a_row_leads_to_what_it_refers_to_and_what_refers_to_it(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.connect() as connection:
        session, ann = connection.execute(
            sa.text("SELECT s.id, u.id FROM sessions AS s JOIN users AS u ON u.id = user_id LIMIT 1")
        ).one()
    assert f"/users/detail?pk={ann}" in client.get(f"/sessions/detail?pk={session}").text
    person = client.get(f"/users/detail?pk={ann}").text
    found = re.search(r'href="([^"]+/sessions/list[^"]+user_id__eq[^"]+)"', person)
    assert found is not None
    assert TOTAL.findall(client.get(html.unescape(found[1])).text) == ["40 rows"]


def test_without_write_nothing_can_be_changed(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.connect() as connection:
        key = connection.scalar(sa.text("SELECT id FROM users WHERE clerk_id = 'ann'"))
    token = TOKEN.search(client.get("/view-as").text)
    assert token is not None
    answer = client.post(f"/users/edit?pk={key}", data={"name": "Eve", "csrftoken": token[1]})
    assert answer.status_code == 403
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT name FROM users WHERE clerk_id = 'ann'")) == "Ann"


def test_without_write_the_transaction_is_read_only(filled: sa.Engine) -> None:
    from app_schema.studio.session import sessions

    with sessions(filled, write=False)() as session, pytest.raises(sa.exc.InternalError, match="read-only"):
        session.execute(sa.text("DELETE FROM users"))


def test_a_row_is_made_with_the_defaults_of_the_server(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    send(
        client,
        "/users/create",
        {"clerk_id": "cat", "email": "cat@example.org", "name": "Cat", "role": "student"},
    )
    with filled.connect() as connection:
        row = connection.execute(
            sa.text("SELECT role, created_at IS NOT NULL FROM users WHERE clerk_id = 'cat'")
        )
        assert row.one() == ("student", True)


def test_what_the_database_refuses_stands_beside_its_field(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    page = send(client, "/users/create", {"clerk_id": "ann", "email": "x@example.org", "role": "student"})
    assert "uq_users_clerk_id" in page
    assert "INSERT INTO" not in page
    with filled.connect() as connection:
        query = sa.text("SELECT id, user_id FROM sessions WHERE title = 'Bob 7'")
        key, owner = connection.execute(query).one()
    page = send(client, f"/sessions/edit?pk={key}", {**session_form(owner), "title": "x" * 201})
    assert "ck_sessions_title_length" in page
    page = send(client, f"/sessions/edit?pk={key}", {**session_form(owner), "completed_at": "tomorrow"})
    assert "write a date, a time and an offset" in page


def test_null_and_the_empty_string_are_set_apart(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    name = sa.text("SELECT project_name FROM sessions WHERE title = 'Bob 7'")

    def now() -> object:
        with filled.connect() as connection:
            return connection.scalar(name)

    send(client, path, {**form, "project_name": ""})
    assert now() == ""
    assert re.search(r"studio-null[^>]*>''<", html.unescape(client.get("/sessions/list?q=Bob 7").text))
    send(client, path, {**form, "project_name": "typed", "_null": "project_name"})
    assert now() is None
    page = client.get(path).text
    assert re.search(r'name="_null" value="project_name" checked', page)
    assert not re.search(r'name="_null" value="title"', page), "NOT NULL"
    send(client, path, {**form, "project_name": "typed"})
    assert now() == "typed"


def test_a_row_that_others_need_is_not_deleted_and_the_refusal_is_a_sentence(
    browse: Open, filled: sa.Engine
) -> None:
    client = browse(write=True)
    with filled.begin() as connection:
        key = connection.scalar(sa.text("SELECT id FROM users WHERE clerk_id = 'ann'"))
        connection.execute(
            sa.text(
                "INSERT INTO messages (sender_id, receiver_id, content)"
                " SELECT :ann, id, 'hello' FROM users WHERE id <> :ann"
            ),
            {"ann": key},
        )
    page = client.get(f"/delete?table=users&pk={key}").text
    assert "violates foreign key constraint" in page or "violates RESTRICT" in page
    assert 'action="http://127.0.0.1/delete' not in page, "no button"
    answer = post(client, f"/delete?table=users&pk={key}", client.get("/view-as").text, {})
    assert "violates foreign key constraint" in answer or "violates RESTRICT" in answer
    assert "DELETE FROM" not in answer.partition('id="queries"')[0]
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 2


def test_view_as_shows_what_the_person_may_see_and_stops_again(browse: Open) -> None:
    client = browse()
    assert TOTAL.findall(client.get("/sessions/list").text) == ["80 rows"]
    token = TOKEN.search(client.get("/view-as").text)
    assert token is not None
    client.post("/view-as/person", data={"person": "ann", "csrftoken": token[1]})
    page = client.get("/sessions/list").text
    assert TOTAL.findall(page) == ["40 rows"]
    assert "viewing-as" in page
    client.post("/view-as/person", data={"csrftoken": token[1]})
    assert TOTAL.findall(client.get("/sessions/list").text) == ["80 rows"]


def test_migrations_tell_what_is_applied(browse: Open) -> None:
    page = browse().get("/migrations").text
    assert page.count("applied</span>") == len(revisions())
    assert "pending</span>" not in page


def test_migrations_tell_what_drifted(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    assert "there and equal" in client.get("/migrations?drift=1").text
    with filled.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER tr_sessions_touch ON sessions"))
    assert "trigger tr_sessions_touch on public.sessions" in client.get("/migrations?drift=1").text


def test_without_a_schema_the_studio_says_what_to_do(empty_engine: sa.Engine) -> None:
    from app_schema.studio.app import studio

    client = TestClient(studio(empty_engine, token="secret", port=80), base_url="http://127.0.0.1")
    assert "app-schema upgrade" in client.get("/?token=secret").text
    answer = client.get("/users/list")
    assert answer.status_code == 400
    assert "does not exist" in answer.text


def test_a_form_does_not_revert_what_another_has_changed_meanwhile(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    first, second = client.get(path).text, client.get(path).text
    post(client, path, first, {**form, "title": "Études"})
    page = post(client, path, second, {**form, "title": "Bob 7", "daw_meta": '{"tempo": {"bpm": 120}}'})
    assert "In the database: 'Études'. In this form: 'Bob 7'." in html.unescape(page)
    assert row(filled, path) == ("Études", {"tempo": {"bpm": 90}}), "nothing of the second form is written"
    post(client, path, page, {**form, "title": "Bob 7", "daw_meta": '{"tempo": {"bpm": 120}}'})
    assert row(filled, path) == ("Bob 7", {"tempo": {"bpm": 120}}), "the person has seen both, and means it"


def test_two_forms_of_one_row_with_different_columns_are_both_kept(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    first, second = client.get(path).text, client.get(path).text
    post(client, path, first, {**form, "title": "Études"})
    page = post(client, path, second, {**form, "daw_meta": '{"tempo": {"bpm": 120}}'})
    assert "In the database: 'Études'" in html.unescape(page), (
        "the form shows the old title, and would write it"
    )
    post(client, path, page, {**form, "title": "Études", "daw_meta": '{"tempo": {"bpm": 120}}'})
    assert row(filled, path) == ("Études", {"tempo": {"bpm": 120}})


def test_a_form_that_was_refused_for_another_reason_still_knows_its_row(
    browse: Open, filled: sa.Engine
) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    page = client.get(path).text
    with filled.begin() as connection:
        connection.execute(sa.text("UPDATE sessions SET title = 'Études' WHERE title = 'Bob 7'"))
    page = post(client, path, page, {**form, "completed_at": "tomorrow"})
    assert "write a date" in page
    page = post(client, path, page, form)
    assert "In the database: 'Études'" in html.unescape(page)
    assert row(filled, path)[0] == "Études"


def test_a_form_of_a_row_that_is_gone_or_that_says_nothing_of_its_row_is_refused(
    browse: Open, filled: sa.Engine
) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    page = client.get(path).text
    answer = post(client, path, re.sub(r'name="_opened" value="[^"]*"', "", page), {**form, "title": "x"})
    assert "open the row again" in answer
    assert row(filled, path)[0] == "Bob 7"
    with filled.begin() as connection:
        connection.execute(sa.text("DELETE FROM sessions WHERE title = 'Bob 7'"))
    assert "404" in post(client, path, page, form)


def test_the_row_is_locked_while_the_form_is_compared_with_it(
    browse: Open, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse(write=True)
    path, form = edited(filled)
    page = client.get(path).text
    compare = opened.changed
    compared = []

    def meanwhile(*args: Any) -> list[str]:
        compared.append(args)
        update = sa.text("UPDATE sessions SET title = 'Études' WHERE title = 'Bob 7'")
        with filled.begin() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(sa.exc.DBAPIError, match="lock timeout"):
                connection.execute(update)
        return compare(*args)

    monkeypatch.setattr(opened, "changed", meanwhile)
    post(client, path, page, {**form, "title": "Scales"})
    assert row(filled, path)[0] == "Scales"
    assert len(compared) == 1


def edited(engine: sa.Engine) -> tuple[str, dict[str, str]]:
    """The path of the edit form of a session, and what a browser sends that changes nothing in it."""
    with engine.connect() as connection:
        query = sa.text("SELECT id, user_id FROM sessions WHERE title = 'Bob 7'")
        key, owner = connection.execute(query).one()
        columns = sa.text("SELECT project_name FROM sessions WHERE id = :key")
        project = connection.scalar(columns, {"key": key})
    form = session_form(owner)
    form |= {"title": "Bob 7", "user_short_note": "first line\nsecond", "project_name": project or ""}
    return f"/sessions/edit?pk={key}", {**form, "daw_meta": '{"tempo": {"bpm": 90}}'}


def row(engine: sa.Engine, path: str) -> tuple[object, ...]:
    with engine.connect() as connection:
        query = sa.text("SELECT title, daw_meta FROM sessions WHERE id = :key")
        return tuple(connection.execute(query, {"key": path.partition("=")[2]}).one())
