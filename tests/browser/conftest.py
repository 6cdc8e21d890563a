"""A real server over a real PostGIS, and Chromium to look at its page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright

from fleetfeed.config.tables import ServeSettings
from fleetfeed.database.readers import Readers
from fleetfeed.web.serving import Serving
from tests.kit import ROOT, ZONE, ticket
from tests.loaded import Loaded, has_loaded
from tests.servers import Server
from tests.web.conftest import loaded, served, template

__all__ = ["loaded", "template"]  # of `one_load` below

FLAGS = (
    *("--no-sandbox", "--no-first-run", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_GL = ("--disable-gpu", "--disable-3d-apis")
HOSTILE = '<img src=x onerror="document.title=1"><b>&amp;'
# Without a graphics card a frame takes a fifth of a second.
expect.set_options(timeout=30_000)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> str:
    """Name the browser: $CHROMIUM, or the system's."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "install chromium, as tools/bootstrap.sh does, or name it: CHROMIUM=/path/to/it"
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Give a browser that has WebGL2."""
    with playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *SOFTWARE_GL]) as launched:
        yield launched


@pytest.fixture(scope="module")
def plain_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Give a browser without WebGL, which draws areas instead of the map: far faster."""
    with playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *NO_GL]) as launched:
        yield launched


@pytest.fixture
def serve(url: str) -> Iterator[Callable[..., str]]:
    """Start servers with settings, and give their addresses."""
    with ExitStack() as running:

        def start(*, is_sample: bool = False, **settings: Any) -> str:
            checked = ServeSettings.model_validate({"map": {"outline": "maps/kenya.geojson"}, **settings})
            serving = Serving(checked, ("inc",), ZONE, ROOT, Readers(url, as_reader=True), is_sample=is_sample)
            return str(running.enter_context(served(serving)).base_url)

        yield start


@pytest.fixture
def faults() -> list[str]:
    """Collect what a page must never do; a test that provokes something of it takes it out."""
    return []


@pytest.fixture
def look(serve: Callable[..., str], faults: list[str]) -> Iterator[Open]:
    """Open the page in browsers: (browser, query, settings of the context). At the end there must be no faults."""
    with ExitStack() as opened:

        def start(browser: Browser, query: str = "", server: str = "", **context: Any) -> Page:
            at = server or serve()
            page = opened.enter_context(
                browser.new_context(
                    **{"viewport": {"width": 1200, "height": 800}, "reduced_motion": "reduce"} | context
                )
            ).new_page()
            page.set_default_timeout(30_000)
            watch(page, at, faults)
            page.goto(at + query)
            return page

        yield start
    assert faults == []


def watch(page: Page, at: str, faults: list[str]) -> None:
    """Note errors, violations of the content security policy (they are console errors), and requests elsewhere."""
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)

    def check(route: Route) -> None:
        if not route.request.url.startswith((at, "blob:", "data:")):
            faults.append(f"elsewhere: {route.request.url}")
        route.fallback()

    page.context.route("**/*", check)


@pytest.fixture(scope="session")
def one_load(postgres: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load tickets of two areas and teams, one without a place, one closed, and one with hostile text."""
    here = {"latitude": "-1.2921", "longitude": "36.7850"}
    there = {"latitude": "-1.3200", "longitude": "36.9000", "cluster": "Embakasi"}
    rows = [
        ticket("INC1", **here),
        ticket("INC2", **here, bucket="cut"),
        ticket("INC3", **there, assigned_team="Field B"),
        ticket("INC4", cluster="", assigned_team=""),
        ticket("INC5", normalized_status="closed", closed_at="2026-11-19 09:00:00", mttr="90"),
        ticket("INC6", **there, location_name=HOSTILE, assigned_team=HOSTILE),
    ]
    with has_loaded(postgres, migrated, tmp_path_factory.mktemp("loaded"), [rows]) as made:
        yield made
