"""Take the pictures of the README from the demo's database: `make demo` has to have run."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from fleetfeed.cli.demo import DATABASE
from fleetfeed.project import Project

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures"
_ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_SERVE = """
import sys
from functools import partial
from fleetfeed.cli.serve import serve_project
from fleetfeed.project import Project
serve_project(Project.load(sys.argv[1], {"database.url": sys.argv[2], "serve.port": 0}), is_sample=True)
"""


def main() -> None:
    """Write both pictures."""
    url = Project.load(ROOT).access.server.url(DATABASE)
    command = [sys.executable, "-c", _SERVE, str(ROOT), url]
    server_of = partial(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)  # our own
    with server_of() as server, sync_playwright() as playwright:
        try:
            address = server.stdout.readline().rpartition(" ")[2].strip() if server.stdout else ""
            path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1360, "height": 860})
            page.goto(address)
            page.wait_for_selector("body[data-map=idle]")
            OUT.mkdir(exist_ok=True)
            page.screenshot(path=OUT / "map.png")
            page.locator("tbody tr[data-id]").nth(3).click()
            page.wait_for_selector(".life")
            page.screenshot(path=OUT / "ticket.png")
            browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
