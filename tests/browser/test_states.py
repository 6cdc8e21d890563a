"""What the page says while something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Open
from tests.kit import Bench, ticket

PROBLEM = (
    '{"title": "Service Unavailable", "status": 503, "detail": "The database does not answer.", "hint": "Try again."}'
)


def has_state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state)


def away(route: Route) -> None:
    route.fulfill(status=503, headers={"Retry-After": "40"}, content_type="application/problem+json", body=PROBLEM)


def test_before_the_first_load_the_page_names_the_command(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    has_state(page, "empty")
    expect(page.locator("#message")).to_contain_text("fleetfeed run inc --apply")


@pytest.mark.usefixtures("loaded")
def test_a_database_that_goes_away_leaves_the_numbers(look: Open, plain_browser: Browser, faults: list[str]) -> None:
    page = look(plain_browser)
    has_state(page, "stale")
    page.context.route("**/api/**", away)
    page.locator("#refresh").click()
    has_state(page, "kept")
    expect(page.locator("#banners")).to_contain_text("What you see was true at")
    expect(page.locator("#number-open strong")).to_have_text("5")
    page.context.unroute("**/api/**", away)
    page.locator("#refresh").click()
    has_state(page, "stale")
    forget(faults, "503")


@pytest.mark.usefixtures("loaded")
def test_a_server_that_never_answered_is_an_error(
    look: Open, plain_browser: Browser, serve: Callable[..., str], faults: list[str]
) -> None:
    plain = look(plain_browser)
    plain.context.route("**/api/**", away)
    plain.reload()
    has_state(plain, "error")
    expect(plain.locator("#message")).to_contain_text("The database does not answer.")
    forget(faults, "503")


@pytest.mark.usefixtures("loaded")
def test_a_lost_network_keeps_what_is_shown(look: Open, plain_browser: Browser, faults: list[str]) -> None:
    page = look(plain_browser)
    has_state(page, "stale")
    page.context.set_offline(True)
    page.locator("#refresh").click()
    has_state(page, "kept")
    expect(page.locator("#number-open strong")).to_have_text("5")
    page.context.set_offline(False)  # the browser says so, and the page asks at once
    has_state(page, "stale")
    forget(faults, "ERR_INTERNET_DISCONNECTED")


@pytest.mark.usefixtures("loaded")
def test_who_is_signed_out_signs_in_and_sees_what_the_address_says(
    look: Open, plain_browser: Browser, serve: Callable[..., str], faults: list[str]
) -> None:
    page = look(plain_browser, "?cluster=Embakasi", serve(auth="token", tokens={"wall": {"secret": "s3cret-token"}}))
    has_state(page, "signed-out")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#signin-failed")).not_to_be_empty()
    page.get_by_label("Token").fill("s3cret-token")
    page.get_by_role("button", name="Sign in").click()
    has_state(page, "stale")
    expect(page.locator("#headline")).to_contain_text("2 open tickets in Embakasi")
    forget(faults, "401")


@pytest.mark.usefixtures("loaded")
def test_a_server_of_another_version_asks_for_a_reload(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser)
    has_state(page, "stale")

    def newer(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"schema_version": 2})

    page.context.route("**/dashboard", newer)
    page.reload()
    has_state(page, "old")
    expect(page.locator("#banners")).to_contain_text("Reload the page")


@pytest.mark.usefixtures("loaded")
def test_a_hidden_tab_and_a_paused_page_do_not_ask(
    look: Open, plain_browser: Browser, serve: Callable[..., str], loaded: Bench
) -> None:
    page = look(plain_browser, server=serve(poll="1s"))
    has_state(page, "stale")
    with page.expect_request("**/dashboard"):
        pass  # it polls
    page.keyboard.press("p")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert [url for url in asked if "/dashboard" in url][1:] == []  # one may have been under way


def forget(faults: list[str], expected: str) -> None:
    """Take out the errors that a test provoked."""
    faults[:] = [one for one in faults if expected not in one]


def test_made_up_tickets_are_named_as_such(
    look: Open, plain_browser: Browser, serve: Callable[..., str], bench: Bench
) -> None:
    now = datetime.now(UTC)
    bench.put([ticket("INC1", source_updated_at=f"{now + timedelta(hours=3):%Y-%m-%d %H:%M:%S}")], at=now)
    assert bench.run().error is None
    page = look(plain_browser, server=serve(is_sample=True))
    has_state(page, "sample")
    expect(page.locator("#banners")).to_contain_text("These tickets are made up.")
