"""The page as a dispatcher uses it: filters, tickets, keys, and what a poll may not disturb."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HOSTILE, Open
from tests.kit import Bench, ticket

pytestmark = pytest.mark.usefixtures("loaded")


def rows(page: Page) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in page.locator("tbody tr[data-id]").all()]


def is_shown(page: Page, state: str = "ready") -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state)


@pytest.fixture
def page(look: Open, plain_browser: Browser) -> Page:
    opened = look(plain_browser)
    is_shown(opened, "stale")  # the exports of these tests are days old
    return opened


def test_the_numbers_of_the_database_are_on_the_page(page: Page) -> None:
    expect(page.locator("#headline")).to_have_text("INC: 5 open tickets, 1 without a team")
    expect(page.locator("#number-open strong")).to_have_text("5")
    expect(page.locator("#number-unmapped strong")).to_have_text("1")
    page.locator("#number-unmapped summary").click()
    expect(page.locator("#number-unmapped p")).to_contain_text("without coordinates")
    expect(page.locator("#number-median strong")).to_have_text("too few")


def test_stale_data_says_so_and_since_when(page: Page) -> None:
    banner = page.locator(".banner.bad")
    expect(banner).to_contain_text("last 20 Nov")
    expect(page.locator("#clocks time")).to_have_count(3)


def test_a_filter_is_in_the_address_and_back_undoes_it(page: Page) -> None:
    page.locator("#colour").select_option("team")
    page.get_by_role("button", name="Field B 1").click()
    expect(page).to_have_url(re.compile(r"team=Field\+B"))
    expect(page.locator("#f-count")).to_have_text("1 of 5 tickets")
    assert rows(page) == ["INC3"]
    page.go_back()
    expect(page.locator("#f-count")).to_have_text("5 tickets")
    page.locator("#f-cluster").select_option("Embakasi")
    expect(page.locator("#headline")).to_have_text(re.compile("^INC: 2 open tickets in Embakasi"))
    page.reload()
    expect(page.locator("#headline")).to_have_text(re.compile("^INC: 2 open tickets in Embakasi"))


def test_filters_that_match_nothing_say_so_and_can_be_cleared(page: Page) -> None:
    page.locator("#f-q").fill("no such ticket")
    expect(page.locator("#message")).to_contain_text("No ticket matches")
    page.locator("#message").get_by_role("button", name="Clear filters").click()
    expect(page.locator("#f-count")).to_have_text("5 tickets")


def test_a_closure_says_who_closed_and_who_worked_on_it(loaded: Bench, look: Open, plain_browser: Browser) -> None:
    loaded.db.execute("UPDATE tickets.closure_teams SET closing_team = 'NOC', working_team = %s", [HOSTILE])
    page = look(plain_browser, "?sel=INC5")
    expect(page.locator("#panel .life")).to_contain_text(f"by NOC after 1 h 30 min · {HOSTILE} worked on it")


def test_a_ticket_opens_with_its_life_and_closes_again(page: Page) -> None:
    page.get_by_role("button", name="INC2").click()
    expect(page).to_have_url(re.compile("sel=INC2"))
    panel = page.locator("#panel")
    expect(panel).to_contain_text("the export's own coordinates")
    expect(panel.locator(".life li")).to_have_text([re.compile("first listed")])
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="INC2")).to_be_focused()


def test_tickets_without_a_place_are_in_the_table_and_marked(page: Page) -> None:
    expect(page.locator("tr[data-id=INC4] .unmapped")).to_have_text("not on map")


def test_text_of_tickets_is_shown_and_never_markup(page: Page) -> None:
    expect(page.locator("tr[data-id=INC6] .team")).to_have_text(HOSTILE)
    page.get_by_role("button", name="INC6").click()
    expect(page.locator("#panel dd", has_text="onerror").first).to_have_text(HOSTILE)
    page.locator("#colour").select_option("team")
    expect(page.locator("#legend")).to_contain_text(HOSTILE)
    assert page.locator("main img").count() == 0


def test_areas_are_buttons_where_there_is_no_webgl(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-map", "svg")
    area = page.get_by_role("button", name=re.compile("^Kilimani: 2 open"))
    area.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("2 open in Kilimani")
    expect(page.locator("#panel .list li")).to_have_count(2)


def test_everything_can_be_reached_by_keys(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()
    page.keyboard.type("?jp")
    expect(page.locator("#f-q")).to_have_value("?jp")
    page.locator("#f-q").fill("")
    expect(page.locator("#f-count")).to_have_text("5 tickets")
    page.locator("#headline").click()
    page.keyboard.press("t")
    page.keyboard.press("j")
    expect(page.locator("tbody tr[data-id] button").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("body")).to_have_attribute("data-paused", "true")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_a_poll_brings_news_and_keeps_what_is_open(
    look: Open, plain_browser: Browser, serve: Callable[..., str], loaded: Bench
) -> None:
    page = look(plain_browser, server=serve(poll="1s"))
    page.get_by_role("button", name="INC1").click()
    expect(page.locator("#panel h2")).to_have_text("INC1")
    here = {"latitude": "-1.2921", "longitude": "36.7850"}
    loaded.loaded([ticket("INC1", **here), ticket("INC7", **here)])
    address = page.url
    expect(page.locator("#news")).to_contain_text("1 new, 0 closed since")
    expect(page.locator("#number-absent strong")).to_have_text("4")
    expect(page.locator("#panel h2")).to_have_text("INC1")
    assert page.url == address


@pytest.mark.parametrize("kind", ["CSV", "GeoJSON"])
def test_downloads_have_what_every_filter_leaves(page: Page, kind: str) -> None:
    page.locator("#f-cluster").select_option("Embakasi")
    page.locator("#f-q").fill("field b")
    expect(page.locator("#f-count")).to_have_text("1 of 2 tickets")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=kind).click()
    text = waiting.value.path().read_text("utf-8")
    assert ("INC3" in text, "INC1" in text, "INC6" in text) == (True, False, False)


def test_single_keys_can_be_switched_off_for_good(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#number-open")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")
    page.locator("#help").click()
    page.get_by_label("Single keys act").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("p")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
