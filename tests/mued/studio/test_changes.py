"""Rows are written, undone, deleted and copied."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

pytestmark = pytest.mark.part(of=2)

Open = Callable[..., TestClient]
HIDDEN = re.compile(r'name="(csrftoken|_opened|number)" value="([^"]*)"')
TOKEN = re.compile(r'name="csrftoken" value="([^"]+)"')


def post(client: TestClient, path: str, page: str, form: dict[str, object]) -> str:
    """Sends a form of a page, and gives the text of the answer."""
    hidden: dict[str, object] = {}
    for name, value in HIDDEN.findall(page):
        hidden.setdefault(name, html.unescape(value))
    return html.unescape(client.post(path, data={**hidden, **form}).text)


def edit_cell(client: TestClient, key: object, field: str, form: dict[str, object]) -> tuple[int, str]:
    """Edits one cell of a list."""
    path = f"/_api/users/inline-edit?pk={key}&field={field}"
    fragment = client.get(path).text
    opened = re.search(r'name="_opened" value="([^"]*)"', fragment)
    token = TOKEN.search(client.get("/view-as").text)
    assert opened is not None
    assert token is not None
    answer = client.post(
        path, data={"_opened": html.unescape(opened[1]), **form}, headers={"X-CSRFToken": token[1]}
    )
    return answer.status_code, html.unescape(answer.text)


@pytest.fixture
def ann(filled: sa.Engine) -> object:
    with filled.begin() as connection:
        return connection.scalar(
            sa.text(r"UPDATE users SET bio = E'it''s \\\\ two\nlines %s' WHERE clerk_id = 'ann' RETURNING id")
        )


def person(engine: sa.Engine) -> tuple[object, ...]:
    with engine.connect() as connection:
        return tuple(connection.execute(sa.text("SELECT name, bio FROM users WHERE clerk_id = 'ann'")).one())


def test_a_cell_is_edited_and_undone_by_the_inverse_statement(
    browse: Open, filled: sa.Engine, ann: object
) -> None:
    client = browse(write=True)
    before = person(filled)
    assert edit_cell(client, ann, "bio", {"_null": "bio"})[0] == 200
    assert person(filled) == ("Ann", None)
    assert edit_cell(client, ann, "name", {"name": "Anna"})[0] == 200
    page = client.get("/users/list").text
    shown = html.unescape(page)
    assert "SET name = 'Anna'" in shown
    assert "SET name = 'Ann' WHERE" in shown
    assert "Undone" in post(client, "/changes/undo", page, {})
    assert person(filled) == ("Ann", None)
    post(client, "/changes/undo", client.get("/users/list").text, {})
    assert person(filled) == before
    assert "Changed:" not in client.get("/users/list").text
    assert client.get("/changes").text.count("undone</span>") == 2


def test_a_cell_does_not_overwrite_what_another_has_changed(
    browse: Open, filled: sa.Engine, ann: object
) -> None:
    client = browse(write=True)
    path = f"/_api/users/inline-edit?pk={ann}&field=name"
    opened = re.search(r'name="_opened" value="([^"]*)"', client.get(path).text)
    token = TOKEN.search(client.get("/view-as").text)
    assert opened is not None
    assert token is not None
    with filled.begin() as connection:
        connection.execute(sa.text("UPDATE users SET name = 'Other' WHERE clerk_id = 'ann'"))
    form = {"_opened": html.unescape(opened[1]), "name": "Mine"}
    answer = client.post(path, data=form, headers={"X-CSRFToken": token[1]})
    assert answer.status_code == 422
    assert "In the database: 'Other'" in html.unescape(answer.text)
    assert person(filled)[0] == "Other"


def test_undo_refuses_a_row_that_has_changed_since(browse: Open, filled: sa.Engine, ann: object) -> None:
    client = browse(write=True)
    edit_cell(client, ann, "name", {"name": "Anna"})
    with filled.begin() as connection:
        connection.execute(sa.text("UPDATE users SET name = 'Other' WHERE clerk_id = 'ann'"))
    answer = post(client, "/changes/undo", client.get("/users/list").text, {})
    assert "no longer as the change has left it" in answer
    assert person(filled)[0] == "Other"


def test_a_created_row_is_undone(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    form: dict[str, object] = {
        "clerk_id": "cat",
        "email": "cat@example.org",
        "name": "Cat",
        "role": "student",
    }
    post(client, "/users/create", client.get("/users/create").text, form)
    post(client, "/changes/undo", client.get("/users/list").text, {})
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 2


@pytest.mark.usefixtures("ann")
def test_deletion_names_what_goes_along_by_count_and_undo_brings_the_row_back(
    browse: Open, filled: sa.Engine
) -> None:
    client = browse(write=True)
    whole = sa.text("SELECT to_jsonb(u) FROM users AS u WHERE clerk_id = 'ann'")
    with filled.connect() as connection:
        before = connection.scalar(whole)
    ask = re.search(r'href="([^"]+/delete\?[^"]+)"', client.get("/users/list?q=Ann").text)
    assert ask is not None
    page = client.get(html.unescape(ask[1])).text
    effects = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="effects"')[2].partition("</table>")[0])
    )
    assert "users 1 0 0" in effects
    assert "sessions 40 0 0" in effects
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM sessions")) == 80, "nothing is deleted yet"
    assert "1 row of users deleted" in post(client, html.unescape(ask[1]), page, {})
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM sessions")) == 40
    post(client, "/changes/undo", client.get("/users/list").text, {})
    with filled.connect() as connection:
        assert connection.scalar(whole) == before


def test_deletion_names_the_triggers(browse: Open, filled: sa.Engine, ann: object) -> None:
    with filled.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE archive (id uuid)")
        connection.exec_driver_sql(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO archive VALUES (OLD.id); RETURN OLD; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER tr_keep AFTER DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION keep()"
        )
    page = browse(write=True).get(f"/delete?table=users&pk={ann}").text
    assert "tr_keep on sessions" in page
    assert re.search(r"<td>archive</td>(?:<td[^>]*>0</td>){2}<td[^>]*>40</td>", page)


def test_without_write_nothing_is_deleted_or_undone(browse: Open, ann: object) -> None:
    client = browse()
    token = TOKEN.search(client.get("/view-as").text)
    assert token is not None
    for path in (f"/delete?table=users&pk={ann}", "/changes/undo"):
        assert client.post(path, data={"csrftoken": token[1]}).status_code in {403, 404}
    assert client.get(f"/_api/users/inline-edit?pk={ann}&field=name").status_code == 403


def test_rows_are_copied_as_json_csv_and_insert(browse: Open, filled: sa.Engine, ann: object) -> None:
    client = browse()
    with filled.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET name = '', bio = NULL WHERE clerk_id = 'bob'")
        expected = connection.scalars(sa.text("SELECT to_jsonb(u) FROM users AS u ORDER BY id")).all()
    assert json.loads(client.get("/copy/users?as=json").text) == expected
    text = client.get("/copy/users?as=csv").text
    rows = {row["clerk_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["ann"]["bio"] == person(filled)[1]
    assert re.search(r'"bob@example.org","",', text), "the empty string is quoted, NULL is not"
    inserts = client.get(f"/copy/users?as=insert&pk={ann}").text
    with filled.begin() as connection:
        connection.exec_driver_sql("DELETE FROM users WHERE clerk_id = 'ann'")
        connection.exec_driver_sql(inserts, execution_options={"no_parameters": True})
        again = connection.scalars(sa.text("SELECT to_jsonb(u) FROM users AS u ORDER BY id")).all()
    assert again == expected
    assert client.get("/copy/users?as=xml").status_code == 404
    assert client.get("/copy/nowhere?as=csv").status_code == 404


def test_export_has_what_the_filter_finds_and_the_person_sees(browse: Open) -> None:
    client = browse()
    page = client.get("/sessions/list?filter=project_name__is_null&page_size=25").text
    link = re.search(r'href="([^"]+/copy/sessions[^"]+as=csv[^"]*)"', page)
    assert link is not None
    answer = client.get(html.unescape(link[1]))
    assert "attachment" in answer.headers["content-disposition"]
    assert len(answer.text.splitlines()) > 25, "more than the page"
    assert all('"Ann ' in line or '"Bob ' in line for line in answer.text.splitlines()[1:] if '"' in line[:1])
    found = len(json.loads(client.get("/copy/sessions?as=json&filter=project_name__is_null").text))
    token = TOKEN.search(client.get("/view-as").text)
    assert token is not None
    client.post("/view-as/person", data={"person": "bob", "csrftoken": token[1]})
    own = json.loads(client.get("/copy/sessions?as=json&filter=project_name__is_null").text)
    assert 0 < len(own) < found
    assert {row["title"][:3] for row in own} == {"Bob"}
    assert client.get("/copy/sessions?as=json&filter=nowhere__is_null").status_code == 400
