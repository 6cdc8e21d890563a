"""The layer «Dispatch»: who should go where, beside the map and on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import HOSTILE, Open
from tests.browser.test_accessible import looks, violations
from tests.kit import Bench

UNITS = """
INSERT INTO tickets.units (unit, team, on_duty, home_latitude, home_longitude, note) VALUES
    ('van-1', 'Field A', true, -1.30, 36.80, NULL),
    (%s, 'Field B', true, -1.32, 36.89, NULL),
    ('van-3', NULL, false, -1.31, 36.85, NULL)
"""


@pytest.fixture
def fleet(loaded: Bench) -> Bench:
    """The loaded feed, and three units: one has a hostile name, one is off duty."""
    loaded.db.execute(UNITS, [HOSTILE])
    return loaded


def is_listed(page: Page) -> None:
    expect(page.locator("#panel .plan").first).to_be_visible()


@pytest.mark.usefixtures("fleet")
def test_a_switch_shows_who_should_go_where_and_why(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    switch = page.get_by_role("switch", name="Dispatch")
    switch.focus()
    page.keyboard.press("Space")
    is_listed(page)
    assert "panel=dispatch" in page.url
    panel = page.locator("#panel")
    expect(panel).to_contain_text("A suggestion: nothing is sent to the ticket system.")
    expect(panel).to_contain_text("2 units of 3 go to 2 tickets.")
    expect(panel).to_contain_text("of tickets as of 19 Nov 10:00.")
    expect(panel.locator(".plan").first).to_contain_text("km, straight line")
    expect(panel.locator(".plan").first).to_contain_text("Caution: the unit has reported no position")
    expect(panel.locator(".plan").nth(1)).to_contain_text("off duty")
    expect(panel.locator(".banner.bad")).to_contain_text("The tickets are stale")
    panel.get_by_text("no place: 1").click()
    expect(panel.get_by_role("button", name="INC4")).to_be_visible()
    expect(panel.locator("b", has_text="onerror")).to_have_text(HOSTILE)
    assert page.locator("main img").count() == 0
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()


@pytest.mark.usefixtures("fleet")
def test_the_map_has_units_and_labelled_lines(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?panel=dispatch")
    is_listed(page)
    expect(page.locator("#map .way")).to_have_count(2)
    expect(page.locator("#map .unit")).to_have_count(3)
    expect(page.locator("#map")).to_contain_text("straight line, ")
    expect(page.locator("#map")).to_contain_text("van-3 · at home · off duty")
    page.get_by_role("switch", name="Dispatch").uncheck()
    expect(page.locator("#map .way")).to_have_count(0)


@pytest.mark.usefixtures("fleet")
def test_the_plan_is_asked_for_at_each_poll_while_on(
    look: Open, plain_browser: Browser, serve: Callable[..., str]
) -> None:
    page = look(plain_browser, server=serve(poll="1s"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator("#charts canvas")).to_have_count(5)
    assert [url for url in asked if "/dispatch" in url] == []
    page.keyboard.press("d")
    is_listed(page)
    for _ in range(2):
        with page.expect_request("**/dispatch"):
            pass


@pytest.mark.usefixtures("fleet")
def test_after_a_change_of_area_the_old_plan_does_not_stay(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?panel=dispatch")
    is_listed(page)
    expect(page.locator("#map .way")).to_have_count(2)
    held: list[Route] = []
    page.context.route("**/dispatch?*", lambda route: held.append(route))
    with page.expect_request("**/dispatch?*"):
        page.locator("#f-cluster").select_option("Embakasi")
    expect(page.locator("#panel")).to_contain_text("Asking for a plan …")
    expect(page.locator("#map .way")).to_have_count(0)
    held[0].continue_()
    expect(page.locator("#panel")).to_contain_text("1 unit of 3 goes to 1 ticket.")
    expect(page.locator("#map .way")).to_have_count(1)


@pytest.mark.usefixtures("fleet")
def test_a_ticket_of_the_plan_opens_and_closing_returns_to_it(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?panel=dispatch")
    is_listed(page)
    ticket = page.locator("#panel .plan button").first
    name = ticket.inner_text()
    ticket.click()
    expect(page.locator("#panel h2")).to_have_text(name)
    page.locator("#panel").get_by_role("button", name="Close").click()
    expect(page.locator("#panel h2")).to_have_text("Dispatch")
    page.locator("#f-cluster").select_option("Embakasi")
    with page.expect_download() as waiting:
        page.locator("#panel").get_by_role("link", name="CSV").click()
    assert waiting.value.url.endswith("/dispatch.csv?cluster=Embakasi")


def test_the_list_has_the_second_best_unit_and_holds_not_followed(
    fleet: Bench, look: Open, plain_browser: Browser
) -> None:
    pin = "SELECT tickets.hold_dispatch('pin', 'van-3', 'inc', 'INC1', now() + interval '1 hour', 'knows it', 'desk')"
    fleet.db.execute(pin)
    page = look(plain_browser, "?panel=dispatch")
    is_listed(page)
    panel = page.locator("#panel")
    going = panel.locator(".plan li", has=page.get_by_text("van-1", exact=True)).first
    expect(going).to_contain_text(f"second best: {HOSTILE}, ")
    not_followed = panel.get_by_role("heading", name="Holds not followed").locator("+ ul")
    expect(not_followed).to_contain_text("pin")
    expect(not_followed).to_contain_text("van-3 takes no part: off duty")
    not_followed.get_by_role("button", name="INC1").click()
    expect(panel.locator("h2")).to_have_text("INC1")


@pytest.mark.usefixtures("loaded")
def test_without_units_the_list_says_how_to_import_them(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?panel=dispatch")
    expect(page.locator("#panel")).to_contain_text("fleetfeed units import units.csv --apply")


@pytest.mark.usefixtures("loaded")
def test_a_server_without_scipy_says_what_to_install(look: Open, plain_browser: Browser, faults: list[str]) -> None:
    page = look(plain_browser)

    def refuse(route: Route) -> None:
        body = '{"detail": "A plan of dispatch needs scipy.", "hint": "pip install \'fleetfeed[dispatch]\'"}'
        route.fulfill(status=503, content_type="application/problem+json", body=body)

    page.context.route("**/dispatch", refuse)
    page.get_by_role("switch", name="Dispatch").check()
    expect(page.locator("#panel")).to_contain_text("pip install 'fleetfeed[dispatch]'")
    faults[:] = [fault for fault in faults if "503" not in fault]


def with_burst(route: Route) -> None:
    burst = {"burst": "INC1", "n": 2, "latitude": -1.2921, "longitude": 36.785, "radius_m": 40, "cluster": HOSTILE}
    burst |= {"kind": "cut", "ticket_ids": ["INC1", "INC2"], "text": "2 tickets within 80 m since 09:00"}
    route.fulfill(json={"off": None, "bursts": [burst]})


@pytest.mark.usefixtures("fleet")
def test_a_burst_is_a_banner_and_a_ring(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    page.context.route("**/bursts", with_burst)
    page.get_by_role("switch", name="Dispatch").check()
    expect(page.locator(".burst")).to_contain_text("Probably one cause")
    expect(page.locator(".burst")).to_contain_text(HOSTILE)
    expect(page.locator("#map .ring")).to_have_count(1)
    page.locator(".burst").get_by_role("button", name="INC2").click()
    expect(page.locator("#panel h2")).to_have_text("INC2")


@pytest.mark.usefixtures("fleet")
def test_where_bursts_are_off_the_list_says_why(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    page.context.route("**/bursts", lambda route: route.fulfill(json={"off": "places are too coarse", "bursts": []}))
    page.get_by_role("switch", name="Dispatch").check()
    expect(page.locator("#panel")).to_contain_text("Bursts are off: places are too coarse.")


@pytest.mark.usefixtures("fleet")
def test_dispatch_keeps_nobody_out(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    page.context.route("**/bursts", with_burst)
    page.get_by_role("switch", name="Dispatch").check()
    is_listed(page)
    for shown in looks(page):
        assert violations(page) == [], shown


@pytest.mark.usefixtures("fleet")
def test_the_real_map_draws_the_plan_and_takes_it_away(look: Open, browser: Browser) -> None:
    page = look(browser)
    page.context.route("**/bursts", with_burst)
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)
    before = page.locator("#map canvas").screenshot()
    page.get_by_role("switch", name="Dispatch").check()
    is_listed(page)
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)
    assert page.locator("#map canvas").screenshot() != before
