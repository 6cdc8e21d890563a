"""The slider «Past»: tickets as they were after each load."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_accessible import looks, violations
from tests.kit import Bench, ticket

HERE = {"latitude": "-1.2921", "longitude": "36.7850"}


@pytest.fixture
def three(loaded: Bench) -> Bench:
    """Three loads: five open tickets, then two of those and one more, then three of a busy street."""
    loaded.loaded([ticket("INC1", **HERE), ticket("INC2", **HERE), ticket("INC7", **HERE)])
    loaded.loaded([ticket(f"INC{number}", **HERE) for number in (1, 2, 7, 8)])
    return loaded


def go_back(page: Page) -> None:
    expect(page.locator("#f-count")).to_have_text("4 tickets")
    page.get_by_role("button", name="Past").click()
    expect(page.locator("#past .banner")).to_contain_text("not now")


@pytest.mark.usefixtures("three")
def test_arrow_keys_step_through_the_loads(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    go_back(page)
    slider = page.get_by_role("slider", name="Load")
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", re.compile("load 3 of 3"))
    expect(page.locator("#f-count")).to_have_text("4 tickets")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#f-count")).to_have_text("3 tickets")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#f-count")).to_have_text("5 tickets")
    expect(page.locator("tr[data-id=INC3]")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Embakasi: 2 open"))).to_be_visible()  # on the map, too
    expect(page.locator("#headline")).to_have_text(re.compile("^INC: 5 open tickets as of "))
    assert re.search(r"[?&]at=20", page.url)
    page.reload()
    expect(page.locator("#f-count")).to_have_text("5 tickets")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("load 1 of 3"))


@pytest.mark.usefixtures("three")
def test_what_is_of_now_is_hidden_and_now_returns(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?panel=dispatch")
    go_back(page)
    for name in ("#numbers", "#charts", "#teams", "#dispatch", "#panel", "#clocks", "#refresh"):
        expect(page.locator(name)).to_be_hidden()
    page.get_by_role("button", name="Now").click()
    expect(page.locator("#past")).to_be_hidden()
    expect(page.get_by_role("button", name="Past")).to_be_focused()
    expect(page.locator("#panel h2")).to_have_text("Dispatch")
    expect(page.locator("#numbers")).to_be_visible()
    assert "at=" not in page.url


@pytest.mark.usefixtures("three")
def test_no_poll_while_in_the_past(look: Open, plain_browser: Browser, serve: Callable[..., str]) -> None:
    page = look(plain_browser, server=serve(poll="1s"))
    go_back(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []
    with page.expect_request("**/dashboard"):
        page.get_by_role("button", name="Now").click()
    with page.expect_request("**/dashboard"):
        pass  # it polls again


@pytest.mark.usefixtures("three")
def test_playing_stops_at_the_end(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, reduced_motion="no-preference")
    go_back(page)
    page.get_by_role("button", name="Play").click()
    slider = page.get_by_role("slider", name="Load")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("load 1 of 3"))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(slider).to_have_attribute("aria-valuetext", re.compile("load 3 of 3"))
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator("#f-count")).to_have_text("4 tickets")


@pytest.mark.usefixtures("three")
def test_who_wants_less_motion_has_only_steps(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    go_back(page)
    expect(page.locator("#past .play")).to_be_hidden()


@pytest.mark.usefixtures("three")
def test_the_life_of_a_ticket_is_named_as_of_now(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    go_back(page)
    page.locator("tr[data-id=INC1] button").click()
    expect(page.locator("#panel .life")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("This is the ticket as it is now.")
    expect(page.get_by_role("button", name="Nearest units")).to_be_hidden()


@pytest.mark.usefixtures("three")
def test_a_time_before_the_first_load_says_so(look: Open, plain_browser: Browser, faults: list[str]) -> None:
    page = look(plain_browser, "?at=2020-01-01T00:00:00Z")
    expect(page.locator("#past .banner")).to_contain_text("load")
    page.get_by_role("button", name="Now").click()
    expect(page.locator("#f-count")).to_have_text("4 tickets")
    faults[:] = [fault for fault in faults if "400" not in fault]


@pytest.mark.usefixtures("three")
def test_the_past_keeps_nobody_out(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    go_back(page)
    for shown in looks(page):
        assert violations(page) == [], shown
