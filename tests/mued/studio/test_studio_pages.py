"""The text of every page, and the objects of the database without a model."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app_schema.studio import paging
from app_schema.studio.app import studio

pytestmark = pytest.mark.part(of=2)

Open = Callable[..., TestClient]
NOT_COUNTED = "\N{EN DASH}"
TOKEN = re.compile(r'name="csrftoken" value="([^"]+)"')


def head(page: str) -> str:
    """The head line as text."""
    part = re.search(r'<header class="studio-head" id="head">(.*?)<span class="ms-auto', page, re.DOTALL)
    assert part is not None
    return " ".join(re.sub(r"<[^>]+>", " ", part[1]).split())


def rows(page: str, table: str) -> dict[str, str]:
    """The number of rows by name, of a list on the start page."""
    _, _, after = page.partition(f'id="{table}"')
    found = {}
    for line in after.partition("</table>")[0].split("<tr>")[2:]:
        cells = [re.sub(r"<[^>]+>", "", cell).split() for cell in re.findall(r"<td.*?</td>", line, re.DOTALL)]
        found[cells[0][0]] = " ".join(cells[1 if table == "tables" else 3])
    return found


def view_as(client: TestClient, person: str) -> None:
    token = TOKEN.search(client.get("/view-as").text)
    assert token is not None
    client.post("/view-as/person", data={"person": person, "csrftoken": token[1]})


def test_the_head_line_says_where_and_as_whom(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.connect() as connection:
        database, login = connection.execute(sa.text("SELECT current_database(), current_user")).one()
    for path in ("/", "/users/list", "/schema", "/migrations", "/nowhere"):
        said = head(client.get(path).text)
        assert f"{database} on " in said
        assert f"as {login} READ-ONLY" in said, path
    view_as(client, "ann")
    assert "as app_user READ-ONLY" in head(client.get("/users/list").text)
    assert head(browse(write=True).get("/").text).endswith("WRITE")


def test_no_page_has_the_password(filled: sa.Engine) -> None:
    engine = sa.create_engine(filled.url.set(password="top-secret"))
    client = TestClient(studio(engine, token="secret", port=80), base_url="http://127.0.0.1")
    client.get("/?token=secret")
    token = TOKEN.search(client.get("/console").text)
    assert token is not None
    for sql in ("SELECT 1", "SELECT nowhere", "SELECT * FROM pg_settings"):
        assert (
            "top-secret"
            not in client.post("/console", data={"sql": sql, "do": "query", "csrftoken": token[1]}).text
        )
    for path in ("/", "/users/list", "/schema", "/migrations", "/nowhere", "/picture"):
        assert "top-secret" not in client.get(path).text
    engine.dispose()


def test_rows_are_counted_without_analyze_and_about_only_after_it(
    browse: Open, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse()
    with filled.begin() as connection:
        connection.execute(sa.text("CREATE TABLE undeclared AS SELECT generate_series(1, 3)"))
    page = client.get("/").text
    assert (rows(page, "tables")["sessions"], rows(page, "tables")["users"]) == ("80", "2")
    assert rows(page, "others")["undeclared"] == "3"
    monkeypatch.setattr(paging, "EXACT", 50)
    assert rows(client.get("/").text, "tables")["sessions"] == "more than 50"
    assert 'id="total">more than 50 rows' in client.get("/sessions/list").text
    with filled.begin() as connection:
        connection.execute(sa.text("ANALYZE sessions"))
    assert rows(client.get("/").text, "tables")["sessions"] == "about 80"
    assert 'id="total">about 80 rows' in client.get("/sessions/list").text
    view_as(client, "ann")
    assert rows(client.get("/").text, "tables")["sessions"] == "40", "what the person sees"


def test_a_table_that_drifted_shows_the_rest_and_says_so(browse: Open, filled: sa.Engine) -> None:
    client = browse(write=True)
    with filled.begin() as connection:
        connection.execute(
            sa.text("ALTER TABLE users DROP COLUMN bio, ADD COLUMN nickname text DEFAULT 'Nick'")
        )
        key = connection.scalar(sa.text("SELECT id FROM users WHERE clerk_id = 'ann'"))
    page = client.get("/users/list?q=Ann").text
    assert "The database has no column bio, which the models declare." in page
    assert "The models do not declare nickname, which the database has." in page
    assert "ann@example.org" in page
    link = re.search(r'href="([^"]+/relation\?name=[^"]+)"', page)
    assert link is not None
    assert "Nick" in client.get(html.unescape(link[1])).text
    for path in (f"/users/detail?pk={key}", f"/users/edit?pk={key}", "/_api/users/relation-lookup?q=Ann"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Ann" in answer.text
    assert client.get("/users/list?filter=bio__is_null").status_code == 400


def test_a_value_that_the_models_do_not_know_is_a_sentence(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.begin() as connection:
        connection.execute(sa.text("ALTER TYPE session_status ADD VALUE 'lost'"))
    with filled.begin() as connection:
        connection.execute(sa.text("ALTER TABLE sessions DISABLE TRIGGER USER"))
        connection.execute(sa.text("UPDATE sessions SET status = 'lost' WHERE title = 'Ann 1'"))
    answer = client.get("/sessions/list?q=Ann 1")
    assert answer.status_code == 400
    assert "The database has a value that the models do not know" in answer.text


def test_a_time_that_python_has_not_is_shown_and_kept(browse: Open, filled: sa.Engine) -> None:
    with filled.begin() as connection:
        for title, time in (("Ann 1", "infinity"), ("Ann 2", "0044-03-15 12:00:00+00 BC")):
            changed = sa.text("UPDATE sessions SET completed_at = :time WHERE title = :title RETURNING id")
            key = connection.execute(changed, {"time": time, "title": title}).scalar_one()
        connection.execute(sa.text("UPDATE sessions SET created_at = 'infinity' WHERE title LIKE 'Bob %'"))
    client = browse(write=True)
    assert client.get("/sessions/list").status_code == 200
    assert "infinity" in client.get("/sessions/list?q=Ann 1").text
    shown = []
    link = "/sessions/list?sort=created_at__desc"
    for _ in range(2):
        answer = client.get(link)
        assert answer.status_code == 200, answer.text
        shown.append(answer.text.count(">infinity<"))
        link = html.unescape(re.findall(r'rel="next" href="([^"]+)"', answer.text)[0])
    assert shown == [25, 15]
    form = client.get(f"/sessions/edit?pk={key}")
    assert 'value="0044-03-15 12:00:00+00 BC"' in form.text


def test_what_is_not_declared_is_shown(browse: Open, filled: sa.Engine) -> None:
    client = browse()
    with filled.begin() as connection:
        connection.execute(sa.text('CREATE TABLE "Odd ""name" (a text, b date)'))
        fill = "SELECT n, CASE WHEN n < 61 THEN date 'infinity' END FROM generate_series(1, 61) AS n"
        connection.execute(sa.text(f'INSERT INTO "Odd ""name" {fill}'))
        connection.execute(sa.text("CREATE VIEW v AS SELECT 'from a view' AS a, '' AS empty"))
        connection.execute(sa.text("CREATE MATERIALIZED VIEW m AS SELECT 1 WITH NO DATA"))
    page = client.get("/").text
    links = {
        html.unescape(link).rpartition("=")[2]: html.unescape(link)
        for link in re.findall(r'href="([^"]+/relation\?[^"]+)"', page)
    }
    assert rows(page, "others") | {"v": NOT_COUNTED, "m": NOT_COUNTED, "alembic_version": "1"} == rows(
        page, "others"
    )
    assert "from a view" in client.get(links["public.v"]).text
    odd = client.get(links["public.%22Odd+%22%22name%22"]).text
    assert "infinity" in odd
    assert ">60<" not in odd
    following = re.search(r'rel="next" href="([^"]+)"', odd)
    assert following is not None
    last = client.get(html.unescape(following[1])).text
    assert "<bdi>60</bdi>" in last
    assert ">NULL<" in last
    assert client.get("/relation?name=pg_catalog.pg_authid").status_code == 404
    assert client.get("/relation?name=public.m").status_code == 400, "not populated, says the database"


def test_an_address_with_an_unknown_name_is_refused(browse: Open) -> None:
    client = browse()
    for query, said in {
        "nam=x": "no parameter 'nam'",
        "email=x": "For a column write ?filter=email__eq=VALUE",
        "sort=emial__asc": "Did you mean email__asc",
        "sort=email": "no order 'email'",
        "cols=name,emial": "Did you mean email",
        "filter=emial__eq=x": "unknown filter field",
        "filter=email__like=x": "unknown filter",
    }.items():
        answer = client.get(f"/users/list?{query}")
        assert answer.status_code == 400, query
        assert said in html.unescape(answer.text)


def test_migrations_are_shown_to_who_views_as_a_person(browse: Open) -> None:
    client = browse()
    view_as(client, "ann")
    answer = client.get("/migrations")
    assert "applied</span>" in answer.text
    assert "this page is read by the login" in answer.text
    assert "bob@example.org" in client.get("/view-as?q=bob").text, "to change over to somebody else"


def test_a_page_logs_its_queries_without_values(browse: Open) -> None:
    page = browse().get("/users/list?q=hidden%20term").text
    _, _, log = page.partition('id="queries"')
    assert re.search(r"\d+ queries, [\d.]+ ms", log)
    assert re.search(r"FROM (public\.)?users", log)
    assert "hidden term" not in log


def test_the_picker_of_a_key_finds_rows_by_name(browse: Open) -> None:
    client = browse(write=True)
    page = client.get("/sessions/list?q=Ann 1").text
    assert "<bdi>Ann</bdi>" in page, "the label beside the key"
    assert re.search(r"user_id\s*.*?<small class=\"studio-type\">uuid</small>", page, re.DOTALL)
    form = client.get("/sessions/create").text
    url = re.search(r'name="user_id"[^>]+data-url="([^"]+)"', form)
    assert url is not None
    (found,) = client.get(html.unescape(url[1]), params={"q": "an"}).json()["items"]
    assert "Ann" in found["_meta"]["select2"]["result"]
    view_as(client, "bob")
    assert client.get(html.unescape(url[1]), params={"q": "ann@example"}).json()["items"] == []
