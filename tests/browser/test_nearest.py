"""«Nearest»: by a right click on the map, or by a button in a ticket's panel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HOSTILE, Open
from tests.browser.test_accessible import looks, violations
from tests.browser.test_dispatch import UNITS
from tests.kit import Bench


@pytest.fixture
def fleet(loaded: Bench) -> Bench:
    """The loaded feed, and three units: one has a hostile name, one is off duty."""
    loaded.db.execute(UNITS, [HOSTILE])
    return loaded


def open_ticket(page: Page, name: str) -> None:
    page.locator(f"tr[data-id={name}] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .life")).to_be_visible()


@pytest.mark.usefixtures("fleet")
def test_a_ticket_s_button_lists_units_near_it(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    open_ticket(page, "INC3")
    page.get_by_role("button", name="Nearest units").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Units near INC3")
    expect(panel.locator(".list li")).to_have_text([re.compile(r"1\.1 km.*at home"), re.compile(r"^van-1.* km")])
    expect(panel.locator(".list li b").first).to_have_text(HOSTILE)
    expect(panel).to_contain_text("Left out: 1 off duty.")
    page.keyboard.press("Escape")
    expect(panel.locator("h2")).to_have_text("INC3")


@pytest.mark.usefixtures("loaded")
def test_a_ticket_without_a_place_is_near_nothing(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?sel=INC4&near=ticket")
    expect(page.locator("#panel")).to_contain_text("The ticket has no place")
    page.goto(page.url.replace("INC4", "INC1"))
    expect(page.locator("#panel")).to_contain_text("No unit on duty has a position or a home.")


@pytest.mark.usefixtures("loaded")
def test_a_right_click_lists_tickets_near_the_point(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    page.get_by_role("button", name=re.compile("^Embakasi: 2 open")).click(button="right")
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text(re.compile(r"^Tickets near -1\.3"))
    expect(panel.locator(".list li")).to_have_count(4)
    expect(panel.locator(".list li").first).to_contain_text("m · ")
    expect(panel.locator(".list button").first).to_have_text("INC3")
    panel.get_by_role("button", name="INC1").click()
    expect(panel.locator(".life")).to_be_visible()
    page.go_back()
    expect(panel.locator("h2")).to_have_text(re.compile("^Tickets near"))


@pytest.mark.usefixtures("loaded")
def test_a_right_click_on_the_real_map_is_answered(look: Open, browser: Browser) -> None:
    page = look(browser, "#map=13/-1.2921/36.785")
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)
    page.locator("#map canvas").click(button="right")
    expect(page.locator("#panel h2")).to_have_text(re.compile(r"^Tickets near -1\.29\d*, 36\.7"))
    expect(page.locator("#panel .list li").first).to_contain_text("INC1")


@pytest.mark.usefixtures("fleet")
def test_nearest_keeps_nobody_out(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?sel=INC1&near=ticket")
    expect(page.locator("#panel .list li")).to_have_count(2)
    for shown in looks(page):
        assert violations(page) == [], shown
