"""The studio in a real browser: Chromium where it is installed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from queue import Queue
from threading import Thread

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app_schema.studio.server import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.part(of=5),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Visit = Callable[..., Page]
expect.set_options(timeout=20_000)  # a page may wait for a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield one
        one.close()


@pytest.fixture
def visit(browser: Browser, filled: sa.Engine) -> Iterator[Visit]:
    """A function that serves the studio and gives the page that its link opens.

    No page may ask another host for anything, no script may fail, and the policy may stop nothing that a
    page does itself.
    """
    wrong: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(*, write: bool = False) -> Page:
        links: Queue[str] = Queue()
        # the server ends with the process: nothing else asks it to stop
        Thread(target=serve, args=(filled,), kwargs={"write": write, "ready": links.put}, daemon=True).start()
        link = links.get(timeout=30)
        base = link.partition("/?")[0]
        context = browser.new_context(base_url=base)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda one: None if one.url.startswith((base, "data:")) else wrong.append(one.url))
        page.on("console", lambda one: wrong.append(one.text) if "Content Security" in one.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(link)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def test_browse_filter_and_follow(visit: Visit) -> None:
    page = visit()
    assert "token" not in page.url
    page.locator("#tables").get_by_role("link", name="sessions", exact=True).click()
    expect(page.locator("#total")).to_have_text("80 rows")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    page.get_by_role("link", name="title").click()
    page.get_by_placeholder("Search").fill("Bob 7")
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("1 row")
    page.get_by_role("button", name="Filters").click()
    page.locator(".filter-row-field:visible").select_option("project_name")
    page.locator(".filter-row-op:visible").select_option("is_not_null")
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url(re.compile("filter=project_name__is_not_null"))
    page.goto("/sessions/list?q=Bob 7")
    page.locator('td[data-column="user_id"] a').click()
    expect(page.locator("#tableContent")).to_contain_text("bob@example.org")
    page.locator("#referring").get_by_role("link", name="sessions by user_id", exact=True).click()
    expect(page.locator("#total")).to_have_text("40 rows")


def test_json_is_a_tree(visit: Visit) -> None:
    page = visit()
    page.goto("/sessions/list?q=Bob 7")
    page.locator('td[data-column="title"]').click()
    tree = page.locator("#daw_meta")
    expect(tree.locator("a.json-toggle").first).to_be_visible()


def test_view_as_sees_only_his(visit: Visit) -> None:
    page = visit()
    page.goto("/view-as?q=bob")
    page.locator("#people").get_by_role("button", name="View as").click()
    page.goto("/sessions/list")
    expect(page.locator("#viewing-as")).to_contain_text("bob")
    expect(page.locator("#total")).to_have_text("40 rows")
    page.get_by_role("button", name="Stop").click()
    page.goto("/sessions/list")
    expect(page.locator("#total")).to_have_text("80 rows")


def test_without_write_there_is_no_edit(visit: Visit, filled: sa.Engine) -> None:
    page = visit()
    page.goto("/sessions/list")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.locator('a[href*="/sessions/edit"]').count() == 0
    answer = page.goto(f"/sessions/edit?pk={_key(filled)}")
    assert answer is not None
    assert answer.status == 403


def test_with_write_a_row_is_changed_and_only_what_was_typed(visit: Visit, filled: sa.Engine) -> None:
    page = visit(write=True)
    before = _row(filled)
    page.goto(f"/sessions/edit?pk={_key(filled)}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#alertContainer")).to_contain_text("changed successfully")
    assert _row(filled) == before, "saved unchanged, the row is as it was, xmin and all"
    page.goto(f"/sessions/edit?pk={_key(filled)}")
    page.locator("#title").fill("Bob 7 again")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#alertContainer")).to_contain_text("changed successfully")
    after = _row(filled)
    assert {name for name in after if after[name] != before[name]} == {"title", "updated_at", "xmin"}


def test_what_is_chosen_in_a_page_is_followed(visit: Visit) -> None:
    page = visit()
    page.goto("/schema")
    page.get_by_label("Table").select_option("sessions")
    expect(page).to_have_url(re.compile("table=sessions"))
    page.goto("/sessions/list")
    page.get_by_label("Rows on a page").select_option("50 a page")
    expect(page).to_have_url(re.compile("page_size=50"))
    page.locator("[data-bs-toggle=dropdown]").filter(has_text="Columns").click()
    page.get_by_label("project_name").uncheck()
    page.locator("[data-studio=apply-columns]").click()
    expect(page).to_have_url(re.compile("cols="))


def test_a_script_that_gets_into_a_page_does_not_run(visit: Visit) -> None:
    page = visit().context.new_page()  # one whose violations are no failure of the test
    page.goto("/sessions/list")
    stopped = page.evaluate("""() => new Promise(resolve => {
        document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
        setTimeout(() => resolve("nothing was stopped"), 2000);
    })""")
    assert stopped == "script-src-attr"
    assert page.evaluate("window.ran") is None


def test_a_cell_is_edited_discarded_saved_and_undone(visit: Visit, filled: sa.Engine) -> None:
    page = visit(write=True)
    page.goto("/sessions/list?q=Bob 7")
    cell = page.locator('td[data-column="title"]')
    cell.locator(".inline-edit-value").click()
    page.locator("#title").fill("discarded")
    page.get_by_role("button", name="Cancel").click()
    expect(cell).to_have_text("Bob 7")
    cell.locator(".inline-edit-value").click()
    page.locator("#title").fill("Bob 7 <b>saved</b>")
    page.keyboard.press("Control+Enter")
    expect(cell).to_have_text("Bob 7 <b>saved</b>")
    assert _row(filled)["title"] == "Bob 7 <b>saved</b>"
    undo = page.locator("#undo")
    expect(undo).to_contain_text("SET title = 'Bob 7 <b>saved</b>'")
    undo.locator("summary").click()
    expect(undo).to_contain_text("SET title = 'Bob 7' WHERE")
    undo.get_by_role("button", name="Undo").click()
    expect(page.locator("#alertContainer")).to_contain_text("Undone")
    assert _row(filled)["title"] == "Bob 7"


def test_a_key_is_picked_by_name_and_null_is_unticked_by_typing(visit: Visit, filled: sa.Engine) -> None:
    page = visit(write=True)
    page.goto(f"/sessions/edit?pk={_key(filled)}")
    expect(page.locator("#select2-user_id-container")).to_contain_text("Bob")
    page.locator("#select2-user_id-container").click()
    page.locator(".select2-search__field").fill("ann@")
    page.locator(".select2-results__option", has_text="Ann").click()
    null = page.locator('input[name=_null][value="project_name"]')
    page.locator("#project_name").fill("typed")
    expect(null).not_to_be_checked()
    null.check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#alertContainer")).to_contain_text("changed successfully")
    with filled.connect() as connection:
        owner = connection.scalar(
            sa.text("SELECT clerk_id FROM users WHERE id = :id"), {"id": _row(filled)["user_id"]}
        )
    assert (owner, _row(filled)["project_name"]) == ("ann", None)


def test_deletion_is_asked_for_with_what_goes_along(visit: Visit, filled: sa.Engine) -> None:
    page = visit(write=True)
    page.goto("/users/list?q=bob@")
    page.locator("input.row-checkbox").check()
    page.get_by_role("button", name="With selected").click()
    page.locator("#actions-dropdown").get_by_text("Delete").click()
    expect(page.locator("#effects")).to_contain_text("sessions")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#alertContainer")).to_contain_text("1 row of users deleted")
    with filled.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM sessions")) == 40


def test_console_picture_keys_and_theme(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("SQL console")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    sql = page.locator("#sql")
    expect(sql).to_be_focused()
    sql.fill("SELECT count(*) AS number FROM sessions")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result")).to_contain_text("80")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#plan")).to_contain_text("on sessions")
    page.locator("#sql").fill("")
    page.locator("#history").get_by_role("button").first.click()
    expect(page.locator("#sql")).to_have_value("SELECT count(*) AS number FROM sessions")
    html = page.locator("html")
    before = html.get_attribute("data-bs-theme")
    page.get_by_role("button", name="Dark or light").click()
    page.goto("/picture")
    assert {before, html.get_attribute("data-bs-theme")} == {"dark", "light"}, "kept from page to page"
    svg = page.locator("#picture")
    whole = svg.get_attribute("viewBox")
    svg.hover()
    page.mouse.wheel(0, -300)
    expect(svg).not_to_have_attribute("viewBox", str(whole))
    zoomed = svg.get_attribute("viewBox")
    page.mouse.down()
    page.mouse.move(500, 300, steps=3)
    page.mouse.up()
    assert svg.get_attribute("viewBox") not in {whole, zoomed}
    page.get_by_role("button", name="Fit").click()
    expect(svg).to_have_attribute("viewBox", str(whole))
    svg.locator("a", has_text="sessions").first.click()
    expect(page).to_have_url(re.compile("/list"))


def test_rows_are_copied_and_kept_as_a_file(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/sessions/list?q=Bob 7")
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="as INSERT").click()
    expect(page.locator("#alertContainer")).to_contain_text("1 copied")
    assert str(page.evaluate("navigator.clipboard.readText()")).startswith("INSERT INTO")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV file").click()
    assert download.value.suggested_filename == "rows.csv"


def test_hostile_rows_are_harmless_on_a_narrow_page(visit: Visit, filled: sa.Engine) -> None:
    hostile = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>{{ 7 * 7 }}"
    with filled.begin() as connection:
        connection.execute(
            sa.text("UPDATE users SET name = :name, bio = :bio"),
            {"name": hostile, "bio": "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 900 + "\N{HEBREW LETTER ALEF}"},
        )
        connection.exec_driver_sql('CREATE TABLE "<script>ran=1</script>" ("<b>" text)')
        key = connection.scalar(sa.text("SELECT id FROM users WHERE clerk_id = 'ann'"))
    page = visit(write=True)
    page.set_viewport_size({"width": 400, "height": 800})
    for path in (
        "/",
        "/users/list",
        f"/users/detail?pk={key}",
        f"/users/edit?pk={key}",
        "/sessions/list",
        "/relation?name=public.%22<script>ran%3D1</script>%22",
        f"/delete?table=users&pk={key}",
        "/view-as",
        "/console",
        "/picture",
        "/migrations",
        "/schema",
        "/nowhere",
    ):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 400, f"{path} is {wide} pixels wide"
        assert page.evaluate("window.ran") is None, path
        lines = page.locator("#head .badge").evaluate("badge => badge.getClientRects().length")
        assert lines == 1, path
    page.goto("/users/list")
    heights = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.offsetHeight)")
    assert max(heights) < 80, "a cell is one line"


def _key(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(sa.text("SELECT id FROM sessions WHERE title LIKE 'Bob 7%'")))


def _row(engine: sa.Engine) -> dict[str, object]:
    with engine.connect() as connection:
        query = sa.text("SELECT xmin::text, s.* FROM sessions AS s WHERE title LIKE 'Bob 7%'")
        return dict(connection.execute(query).mappings().one())
