"""Debian's Chromium, and a web server over a real PostGIS. A page that logs an error fails its test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from fleetfeed.config.tables import ServeSettings
from fleetfeed.database.readers import Readers
from fleetfeed.web.serving import Serving
from tests.kit import ROOT, ZONE, Bench, ticket
from tests.web.conftest import served

_ARGUMENTS = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
]
PATIENCE = 30_000  # milliseconds: each frame is drawn by the processor


@dataclass
class Shown:
    """A page, and all that went wrong on it."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str = "", state: str = "ready") -> None:
        """Open a path, and wait for a state."""
        self.page.goto(self.address + path)
        self.wait(state)

    def wait(self, state: str) -> None:
        """Wait for a state of the page."""
        self.page.wait_for_selector(f"body[data-state={state}]", timeout=PATIENCE)

    def wait_for_map(self) -> None:
        """Wait until the map is drawn."""
        self.page.wait_for_selector("body[data-map=idle]", timeout=PATIENCE)

    @property
    def rows(self) -> list[str]:
        """The tickets of the visible rows, in their order."""
        return [str(row.get_attribute("data-ticket")) for row in self.page.locator(".row[data-ticket]").all()]

    def text(self, selector: str) -> str:
        """Return what an element says."""
        return self.page.locator(selector).inner_text()


Show = Callable[..., Shown]


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Start browsers, each once."""
    found: dict[tuple[str, ...], Browser] = {}
    with sync_playwright() as playwright:

        def start(*more: str) -> Browser:
            if more not in found:
                path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
                found[more] = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *more])
            return found[more]

        yield start
        for browser in found.values():
            browser.close()


@pytest.fixture
def show(launch: Callable[..., Browser], url: str) -> Iterator[Show]:
    """Open pages of a server with settings; `flags` are the browser's."""
    with ExitStack() as running:
        shown: list[Shown] = []

        def start(*flags: str, settings: dict[str, Any] | None = None, **options: Any) -> Shown:
            given = ServeSettings.model_validate({"map": {"outline": "maps/kenya.geojson"}} | (settings or {}))
            client = running.enter_context(
                served(Serving(given, ("inc", "crq"), ZONE, Path(ROOT), Readers(url, as_reader=True)))
            )
            context = launch(*flags).new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
            running.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            found = Shown(page, str(client.base_url).rstrip("/"))
            page.on("console", lambda message: _note(found, message))
            page.on("pageerror", lambda error: found.errors.append(str(error)))
            page.on("request", lambda request: _note_foreign(found, request))
            shown.append(found)
            return found

        yield start
        assert [error for one in shown for error in one.errors] == []


def _note(shown: Shown, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        shown.errors.append(message.text)


def _note_foreign(shown: Shown, request: Request) -> None:
    if not request.url.startswith((shown.address, "blob:", "data:")):
        shown.errors.append(f"a request to {request.url}")


def load(bench: Bench, rows: Iterable[dict[str, str]]) -> None:
    """Load an export that is written now, so that it is fresh."""
    bench.put(rows, at=datetime.now(UTC))
    report = bench.run()
    assert report.error is None, report.error


@pytest.fixture
def loaded(bench: Bench) -> Bench:
    """Tickets at two exact places and one without a place; one text is hostile."""
    exact = {"latitude": "-1.29", "longitude": "36.78"}
    load(
        bench,
        [
            ticket("INC1", **exact, assigned_team="Field A"),
            ticket("INC2", **exact, assigned_team="", owner="<img src=x onerror=alert(1)>"),
            ticket("INC3", latitude="-1.32", longitude="36.9", cluster="Embakasi", assigned_team="Field B"),
            ticket("INC4", cluster="", bucket="power"),
        ],
    )
    return bench
