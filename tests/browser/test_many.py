"""Many tickets, two feeds, paper, and large text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.usefixtures("loaded")
MANY = 5_000


def many(route: Route) -> None:
    """Give the first ticket's place and team to many."""
    answer = route.fetch()
    if answer.status == 304:  # a later poll, on a slow machine
        route.fulfill(response=answer)
        return
    document: dict[str, Any] = answer.json()
    first = document["open"]["features"][0]
    document["open"]["features"] = [
        first | {"properties": first["properties"] | {"ticket_id": f"INC{number:06}", "age_minutes": number}}
        for number in range(MANY)
    ]
    route.fulfill(response=answer, json=document)


def test_a_table_of_many_tickets_holds_only_the_rows_in_sight(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    page.context.route("**/dashboard", many)
    page.reload()
    expect(page.locator("#f-count")).to_have_text("5,000 tickets")
    assert page.locator("tbody tr[data-id]").count() < 100
    page.locator("#table").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator("tr[data-id=INC000000]")).to_be_visible()  # the youngest is the last
    page.locator("#sort-age").click()
    expect(page.locator("#sort-age").locator("..")).to_have_attribute("aria-sort", "ascending")
    page.locator("#f-q").fill("INC004999")
    expect(page.locator("tbody tr[data-id]")).to_have_count(1)


def test_a_second_feed_is_one_click_away_and_in_the_address(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)

    def two_feeds(route: Route) -> None:
        answer = route.fetch()
        if answer.status == 304:
            route.fulfill(response=answer)
            return
        start = answer.json()
        route.fulfill(response=answer, json=start | {"feeds": [*start["feeds"], start["feeds"][0] | {"feed": "crq"}]})

    page.context.route("**/api/v1", two_feeds)
    page.goto(page.url.split("#")[0] + "?team=Field+A")
    page.get_by_role("button", name="CRQ").click()
    expect(page.locator("#headline")).to_contain_text("CRQ: 5 open tickets")
    assert page.url.endswith("?feed=crq")
    page.go_back()
    expect(page.locator("#headline")).to_contain_text("INC: 5 open tickets")
    expect(page.locator("#f-count")).to_have_text("2 of 5 tickets")


def test_paper_gets_the_tickets_and_no_controls(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    expect(page.locator("tr[data-id=INC1]")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#refresh")).to_be_hidden()
    expect(page.locator("#f-q")).to_be_hidden()
    expect(page.locator("tr[data-id=INC1]")).to_be_visible()


def test_text_of_twice_the_size_needs_no_sideways_scrolling(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, viewport={"width": 640, "height": 400})  # 1280 × 800 at 200 %
    expect(page.locator("tr[data-id=INC1]")).to_be_attached()
    expect(page.locator("#charts canvas")).to_have_count(5)
    expect(page.locator("html")).to_have_js_property("scrollWidth", 640)
