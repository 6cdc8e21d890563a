"""What axe finds: nothing, in either theme, with a panel open, signed out, and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open
from tests.kit import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def looks(page: Page) -> Iterator[str]:
    """Show an open page dark, on a phone, and then as it was; name each look."""
    page.emulate_media(color_scheme="dark")
    yield "dark"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 740})
    yield "phone"
    page.set_viewport_size({"width": 1200, "height": 800})
    yield "light"


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.usefixtures("loaded")
def test_nothing_keeps_anybody_out(look: Open, plain_browser: Browser) -> None:
    page = look(plain_browser, "?team=Field+A&colour=team")
    expect(page.locator("#charts canvas")).to_have_count(5)
    for shown in looks(page):
        assert violations(page) == [], shown
    page.get_by_role("button", name="INC1").click()
    expect(page.locator("#panel .life")).to_be_visible()
    for shown in looks(page):
        assert violations(page) == [], shown


def test_the_form_to_sign_in_is_accessible(
    look: Open, plain_browser: Browser, serve: Callable[..., str], faults: list[str]
) -> None:
    page = look(plain_browser, server=serve(auth="token", tokens={"wall": {"secret": "s3cret-token"}}))
    expect(page.get_by_label("Token")).to_be_visible()
    assert violations(page) == []
    faults[:] = [one for one in faults if "401" not in one]
