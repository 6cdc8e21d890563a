"""The map itself, drawn with WebGL2 in software: few tests, as each frame takes a while."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open
from tests.browser.tiles import write_archive
from tests.kit import ROOT, Bench, ticket

pytestmark = pytest.mark.usefixtures("loaded")


def is_idle(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)


def click_middle(page: Page) -> None:
    box = page.locator("#map canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_place_opens_a_list_and_a_poll_keeps_list_and_view(
    look: Open, browser: Browser, serve: Callable[..., str], loaded: Bench
) -> None:
    page = look(browser, "#map=13/-1.2921/36.785", serve(poll="2s"))
    is_idle(page)
    click_middle(page)
    expect(page.locator("#panel h2")).to_have_text("2 open in Kilimani")
    address = page.url
    assert re.search(r"place=36.785%2C-1.2921#map=13/-1.2921/36.785$", address)
    here = {"latitude": "-1.2921", "longitude": "36.7850"}
    loaded.loaded([ticket("INC1", **here), ticket("INC2", **here), ticket("INC9", **here)])
    expect(page.locator("#panel h2")).to_have_text("3 open in Kilimani")
    is_idle(page)
    assert page.url == address
    page.locator("#panel").get_by_role("button", name="INC9").click()
    expect(page.locator("#panel h2")).to_have_text("INC9")
    page.go_back()
    expect(page.locator("#panel h2")).to_have_text("3 open in Kilimani")


def test_the_map_opens_on_the_tickets_and_follows_theme_and_size(look: Open, browser: Browser) -> None:
    page = look(browser)
    is_idle(page)
    assert re.search(r"#map=1\d", page.url)
    page.emulate_media(color_scheme="dark")
    is_idle(page)
    page.set_viewport_size({"width": 360, "height": 740})
    is_idle(page)
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)


def test_layers_of_the_operator_can_be_switched_off(
    look: Open, browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    line = {"type": "LineString", "coordinates": [[36.7, -1.3], [36.9, -1.2]]}
    cables = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": line}]}
    (tmp_path / "cables.geojson").write_text(json.dumps(cables))
    overlay = str(tmp_path / "cables.geojson")
    assert (ROOT / overlay).is_file()
    page = look(browser, server=serve(map={"outline": "maps/kenya.geojson", "overlays": [overlay]}))
    is_idle(page)
    box = page.get_by_label("cables")
    expect(box).to_be_checked()
    box.uncheck()
    is_idle(page)


def test_the_map_has_the_size_of_its_box_after_each_resize(look: Open, browser: Browser) -> None:
    page = look(browser)
    is_idle(page)
    for width, height in ((1200, 800), (700, 600), (1600, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        inner = page.locator("#map").evaluate("box => box.clientWidth")
        expect(page.locator("#map canvas")).to_have_css("width", f"{inner}px")


def test_a_map_that_is_lost_is_drawn_anew_and_then_as_areas(look: Open, browser: Browser, faults: list[str]) -> None:
    page = look(browser)
    for after in ("idle", "svg"):
        is_idle(page)
        page.locator("#map canvas").evaluate(
            "canvas => canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
        )
        expect(page.locator("body")).to_have_attribute("data-map", after, timeout=60_000)
    expect(page.locator("#map [role=button]").first).to_be_visible()
    faults[:] = [fault for fault in faults if "context" not in fault.lower()]  # the browser itself reports the loss


@pytest.mark.parametrize("vector", [False, True], ids=["raster", "vector"])
def test_an_archive_of_tiles_lies_under_the_tickets(
    look: Open, browser: Browser, serve: Callable[..., str], tmp_path: Path, vector: bool
) -> None:
    write_archive(tmp_path / "base.pmtiles", vector=vector)
    pictures = []
    for settings in ({}, {"map": {"pmtiles": str(tmp_path / "base.pmtiles")}}):
        page = look(browser, "#map=4/-1.3/36.8", serve(**settings))
        is_idle(page)
        pictures.append(page.locator("#map canvas").screenshot())
        expect(page.locator("#layers")).not_to_contain_text("cannot be drawn")
    assert pictures[0] != pictures[1]
