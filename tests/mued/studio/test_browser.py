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
    pytest.mark.part(of=3),
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
    expect(page.locator("#total")).to_have_text("1 rows")
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


def _key(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(sa.text("SELECT id FROM sessions WHERE title LIKE 'Bob 7%'")))


def _row(engine: sa.Engine) -> dict[str, object]:
    with engine.connect() as connection:
        query = sa.text("SELECT xmin::text, s.* FROM sessions AS s WHERE title LIKE 'Bob 7%'")
        return dict(connection.execute(query).mappings().one())
