"""The section «Teams» below the charts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import HOSTILE, Open
from tests.browser.test_accessible import looks, violations

pytestmark = pytest.mark.usefixtures("loaded")


def scroll_to(page: Page) -> None:
    """Scroll to the section once the charts above it are there: drawing them would move it out of view again."""
    expect(page.locator("#charts canvas")).to_have_count(5)
    page.locator("#teams").scroll_into_view_if_needed()


def come_to(page: Page) -> None:
    scroll_to(page)
    expect(page.locator("#teams tfoot")).to_be_visible()


def cells(page: Page, team: str) -> list[str]:
    row = page.locator("#teams tr", has=page.get_by_role("rowheader", name=team, exact=True))
    return row.locator("td").all_inner_texts()


def test_teams_are_asked_for_when_they_come_into_view(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, viewport={"width": 1200, "height": 400})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#charts canvas")).to_have_count(5)
    assert [url for url in asked if "/teams" in url] == []
    come_to(page)
    assert len([url for url in asked if "/teams" in url]) == 1


def test_teams_have_their_numbers_and_the_rest_is_unattributed(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?window=90d")
    come_to(page)
    assert cells(page, "Field A") == ["1", "1", "0", "too few", "0", *["too few"] * 3, "0 in, 0 out", "2", "0"]
    assert cells(page, "unattributed") == ["0", "0", *"–––––––––"]
    expect(page.get_by_role("rowheader", name=HOSTILE)).to_have_text(HOSTILE)
    assert page.locator("#teams img").count() == 0


def test_the_meaning_of_a_column_is_one_click_away(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    come_to(page)
    worked = page.get_by_role("button", name="Worked")
    worked.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#teams-means")).to_contain_text("the one that had the ticket longest")
    expect(worked).to_have_attribute("aria-expanded", "true")
    worked.click()
    expect(page.locator("#teams-means")).to_be_empty()


def test_teams_follow_area_and_window_and_download_the_same(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?window=30d&status=open")
    come_to(page)
    page.locator("#f-cluster").select_option("Embakasi")
    expect(page.locator("#teams")).to_contain_text("(30 days) in Embakasi")
    with page.expect_download() as waiting:
        page.locator("#teams").get_by_role("link", name="CSV").click()
    assert re.search(r"/teams\.csv\?cluster=Embakasi&window=30d$", waiting.value.url)
    assert "Field B" in waiting.value.path().read_text("utf-8")


def test_teams_that_cannot_be_reported_say_why(look: Open, plain_browser: Browser, faults: list[str]) -> None:
    page = look(plain_browser, viewport={"width": 1200, "height": 400})

    def refuse(route: Route) -> None:
        body = '{"detail": "The database is busy.", "hint": "Try again."}'
        route.fulfill(status=503, content_type="application/problem+json", body=body)

    page.context.route("**/teams*", refuse)
    scroll_to(page)
    expect(page.locator("#teams")).to_contain_text("The database is busy. Try again.")
    faults[:] = [fault for fault in faults if "503" not in fault]


def test_teams_keep_nobody_out(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    come_to(page)
    page.get_by_role("button", name="Lasted").click()
    for shown in looks(page):
        assert violations(page) == [], shown
        width = page.evaluate("document.documentElement.clientWidth")
        expect(page.locator("html")).to_have_js_property("scrollWidth", width)
