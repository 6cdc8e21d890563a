"""The page in a browser: what a dispatcher sees and does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Show, load
from tests.kit import ROOT, Bench, ticket

AXE = Path(ROOT) / "web" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.timeout(180)


def test_numbers_table_and_map_show_the_same_tickets(show: Show, loaded: Bench) -> None:
    shown = show()
    shown.open()
    shown.wait_for_map()

    assert shown.text("h1") == "4 open tickets, 0 overdue, 1 without a team"
    assert sorted(shown.rows) == ["INC1", "INC2", "INC3", "INC4"]
    assert shown.text('[data-name="not on the map"] .value') == "1"
    assert shown.page.locator(".row[data-ticket=INC4] .tag").inner_text() == "not on map"
    assert shown.page.locator("#charts figure").count() == 5
    shown.page.select_option("#window", "30d")
    expect(shown.page.locator('[data-name="closed in 30d"]')).to_have_count(1)
    assert shown.page.locator("#charts figure").count() == 5


def test_a_filter_is_in_the_url_and_back_undoes_it(show: Show, loaded: Bench) -> None:
    shown = show()
    shown.open()
    shown.page.select_option("#team", "Field B")

    assert (shown.rows, "team=Field+B" in shown.page.url) == (["INC3"], True)
    shown.page.go_back()
    expect(shown.page.locator(".row[data-ticket]")).to_have_count(4)
    shown.open("/?q=embakasi")
    assert shown.rows == ["INC3"]
    shown.page.fill("#q", "nothing like this")
    shown.wait("none")
    shown.page.keyboard.press("Enter")  # does not leave the page
    shown.page.click("#clear")
    shown.wait("ready")
    assert (shown.page.input_value("#q"), len(shown.rows)) == ("", 4)


def test_a_ticket_opens_with_its_life_and_closes_with_escape(show: Show, loaded: Bench) -> None:
    load(loaded, [ticket("INC1", assigned_team="Field C", source_updated_at="2026-11-19 12:00:00")])
    shown = show(settings={"ticket_url": "https://itsm.example/{ticket_id}"})
    shown.open("/?sel=INC1")
    shown.page.wait_for_selector(".life")

    assert "Team: Field A → Field C" in shown.text(".life")
    assert shown.page.locator("#panel a").get_attribute("href") == "https://itsm.example/INC1"
    shown.page.keyboard.press("Escape")
    assert shown.page.locator("#panel").is_hidden()
    assert "sel=" not in shown.page.url


def test_texts_of_tickets_are_shown_as_texts(show: Show, loaded: Bench) -> None:
    shown = show()
    shown.open("/?sel=INC2")
    shown.page.wait_for_selector(".life")

    assert "<img src=x onerror=alert(1)>" in shown.text("#panel")
    assert shown.page.locator("#panel img").count() == 0


def test_a_refresh_keeps_view_selection_and_scroll(show: Show, loaded: Bench) -> None:
    shown = show(settings={"poll": "1s"})
    shown.open("/?sel=INC3#map=12/-1.3/36.85")
    shown.wait_for_map()
    before = shown.page.url
    load(loaded, [ticket(f"INC{number}") for number in range(1, 8)])
    expect(shown.page.locator("h1")).to_contain_text("7 open")

    assert shown.page.url == before
    assert shown.page.locator("#panel h2").inner_text() == "INC3"
    assert shown.text("#news").startswith("3 new, 0 no longer open since ")


def test_a_page_that_is_paused_asks_no_more(show: Show, loaded: Bench) -> None:
    shown = show(settings={"poll": "1s"})
    shown.open()
    shown.page.keyboard.press("p")
    load(loaded, [ticket("INC9")])
    time.sleep(2.5)
    assert shown.text("h1").startswith("4 open")
    shown.page.keyboard.press("p")
    expect(shown.page.locator("h1")).not_to_contain_text("4 open")


def test_without_webgl_areas_are_circles_that_the_keyboard_reaches(show: Show, loaded: Bench) -> None:
    shown = show("--disable-gpu", "--disable-3d-apis")
    shown.open()
    shown.page.wait_for_selector("body[data-map=svg]")
    names = [one.get_attribute("aria-label") for one in shown.page.locator("#areas g").all()]

    assert names == ["Kilimani: 2 tickets", "Embakasi: 1 ticket"]
    shown.page.keyboard.press("m")
    shown.page.keyboard.press("Enter")
    assert shown.text("#panel h2") == "Kilimani"


def test_rows_are_chosen_and_opened_by_the_keyboard(show: Show, loaded: Bench) -> None:
    shown = show()
    shown.open("/?sort=ticket_id")
    shown.page.keyboard.press("t")
    for key in ("ArrowDown", "ArrowDown"):
        shown.page.keyboard.press(key)
    shown.page.keyboard.press("r")  # a refresh keeps the place in the table
    expect(shown.page.locator(".row.selected")).to_have_attribute("data-ticket", "INC2")
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_selector(".life")

    assert shown.text("#panel h2") == "INC2"


def test_before_the_first_load_the_page_says_what_to_do(show: Show) -> None:
    shown = show()
    shown.open(state="empty")

    assert shown.text("#banner") == "Nothing is loaded yet. Run: fleetfeed run inc --apply"


def test_a_stale_feed_says_so_and_why(show: Show, loaded: Bench) -> None:
    loaded.db.execute(
        'UPDATE tickets.import_meta SET metadata = metadata || \'{"checked_at": "2026-11-20T09:00:00Z"}\''
    )
    shown = show()
    shown.open(state="stale")

    assert shown.text("#banner").startswith("Stale: fleetfeed stopped (since 20 Nov, 12:00).")


def test_offline_the_page_keeps_what_it_shows(show: Show, loaded: Bench) -> None:
    shown = show(settings={"poll": "1s"})
    shown.open()
    shown.page.context.set_offline(True)
    shown.wait("kept")
    assert "What is shown was true at" in shown.text("#banner")
    assert len(shown.rows) == 4
    shown.page.context.set_offline(False)
    shown.wait("ready")


def test_a_token_is_asked_for_and_the_url_survives(show: Show, loaded: Bench) -> None:
    shown = show(settings={"auth": "token", "tokens": {"wall": {"secret": "made-up"}}})
    shown.open("/?team=Field+B", state="signed-out")
    shown.page.fill("#sign-in [name=token]", "made-up")
    shown.page.click("#sign-in button")
    shown.wait("ready")
    assert (shown.rows, "team=Field+B" in shown.page.url) == (["INC3"], True)


def test_a_wrong_token_says_so(show: Show, loaded: Bench) -> None:
    shown = show(settings={"auth": "token", "tokens": {"wall": {"secret": "made-up"}}})
    shown.open(state="signed-out")
    shown.page.fill("#sign-in [name=token]", "guess")
    shown.page.click("#sign-in button")
    expect(shown.page.locator("#banner")).to_have_text("The server does not know who asks.")


def test_a_schema_that_the_page_does_not_know_asks_for_a_reload(show: Show, loaded: Bench) -> None:
    loaded.db.execute(
        "CREATE OR REPLACE FUNCTION reporting.fn_inc_dashboard(p_cluster text DEFAULT NULL, "
        "p_status text DEFAULT NULL, p_window text DEFAULT '7d', p_from timestamptz DEFAULT NULL, "
        "p_to timestamptz DEFAULT NULL) RETURNS json LANGUAGE sql STABLE "
        "AS $$ SELECT json_build_object('schema_version', 2) $$"
    )
    shown = show()
    shown.open(state="old")

    assert "Reload" in shown.text("#banner")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(show: Show, loaded: Bench, scheme: str) -> None:
    shown = show(color_scheme=scheme, bypass_csp=True)
    shown.open("/?sel=INC1")
    shown.page.wait_for_selector(".life")
    shown.page.add_script_tag(path=AXE)
    found = shown.page.evaluate("() => axe.run()")

    assert [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found["violations"]] == []


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800), (3840, 2160)])
def test_nothing_is_wider_than_the_window(show: Show, loaded: Bench, width: int, height: int) -> None:
    shown = show(viewport={"width": width, "height": height})
    shown.open()

    assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_six_thousand_tickets_scroll(show: Show, bench: Bench) -> None:
    load(bench, [ticket(f"INC{number:05}") for number in range(6000)])
    shown = show()
    shown.open("/?sort=ticket_id")

    assert shown.page.locator(".row[data-ticket]").count() < 60
    assert shown.text("#banner") == "Map and table show the newest tickets; 1,000 more are only counted."
    shown.page.locator("#table").evaluate("table => table.scrollTo(0, table.scrollHeight)")
    shown.page.wait_for_selector(".row[data-ticket=INC04999]", timeout=PATIENCE)
