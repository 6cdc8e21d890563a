"""What a browser needs for the first picture of the map, against an empty map of the same library; and what it loads.

In Debian's Chromium, which draws in software here: the ratio is what counts. Both begin when the page asks for the
library; the page of the tickets does so before their data is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.dashboard import fill
from bench.imports import show
from bench.web import served
from bench.workloads import SMALL
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.web.files import STATIC

ROUNDS = 5
PICTURE, EMPTY = "2,500 tickets: from the data to the first picture of the map", "an empty map of the same library"
WEIGHT, POLL = (
    "the page and all that its first picture needs, gzipped, in bytes",
    "a poll that finds nothing new, in bytes",
)
TARGETS = {PICTURE: (EMPTY, 1.5)}
BYTES = {WEIGHT: 600_000, POLL: 400}
_FLAGS = ("--no-sandbox", "--no-first-run", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_NOTE_IDLE = """
document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
    if (document.body.dataset.map === 'idle') window.idleAt ??= performance.now();
}).observe(document.body, { attributeFilter: ['data-map'] }));
"""
_WAITED = """() => {
    const first = (name, when) => Math.min(...performance.getEntriesByType('resource')
        .filter((entry) => entry.name.includes(name)).map((entry) => entry[when]));
    return window.idleAt - Math.min(first('/dashboard', 'responseEnd'), first('/maplibre-gl.mjs', 'startTime'));
}"""
_LOADED = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
    .filter((entry) => !entry.name.includes('/api/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
_DRAW_EMPTY = """async (library) => {
    const start = performance.now();
    const { Map } = await import(library);
    const box = document.createElement('div');
    box.style.width = '700px';
    box.style.height = '400px';
    document.body.replaceChildren(box);
    const map = new Map({ container: box, style: { version: 8, sources: {}, layers: [] }, attributionControl: false });
    await map.once('idle');
    return performance.now() - start;
}"""


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times in turns, each in a browser context of its own, then the sizes."""
    taken: dict[str, list[float]] = {name: [] for name in (PICTURE, EMPTY, WEIGHT, POLL)}
    with throwaway_server() as server, _browser() as browser:
        url = server.create_database("browser")
        fill(url, SMALL)
        with served(url) as asked:
            at = f"http://{asked.connection.host}:{asked.connection.port}/"
            for _ in range(rounds):
                with _page(browser) as page:
                    taken[EMPTY].append(_empty(page, at))
                with _page(browser) as page:
                    taken[PICTURE].append(_picture(page, at))
                    weight = float(page.evaluate(_LOADED))
            taken[WEIGHT].append(weight)
            with _page(browser) as page:
                taken[POLL].append(_poll(page, at))
    return taken


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as running:
        yield running.chromium.launch(executable_path=shutil.which("chromium"), args=[*_FLAGS])


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1200, "height": 800}, reduced_motion="reduce") as context:
        yield context.new_page()


def _picture(page: Page, at: str) -> float:
    page.add_init_script(_NOTE_IDLE)
    page.goto(at)
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)
    return float(page.evaluate(_WAITED)) / 1000


def _empty(page: Page, at: str) -> float:
    (library,) = STATIC.glob("vendor/maplibre-gl-*/maplibre-gl.mjs")
    page.goto(f"{at}healthz")
    return float(page.evaluate(_DRAW_EMPTY, f"/static/{library.relative_to(STATIC).as_posix()}")) / 1000


def _poll(page: Page, at: str) -> float:
    """Return the bytes of the answers to one poll: status line, headers and body."""
    page.goto(at)
    expect(page.locator("body")).to_have_attribute("data-map", "idle", timeout=60_000)
    with page.expect_response(lambda found: "/dashboard" in found.url and found.status == 304) as waiting:
        page.locator("#refresh").click()
    sizes = waiting.value.request.sizes()
    return float(sizes["responseHeadersSize"] + sizes["responseBodySize"])


if __name__ == "__main__":
    found = measure()
    print(", ".join(f"{what}: {found.pop(what)[0]:,.0f}" for what in BYTES))
    show(found, TARGETS)
