"""What is made once for a size and then copied: exports, databases that hold them, cleaned rows, dlt's own state."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench import before, exports, floor
from bench.children import ROOT, dlt_merge, fleetfeed
from bench.exports import FEED
from bench.server import Site
from bench.workloads import EXPORTS, HEADERS
from fleetfeed.database import connect
from fleetfeed.database.schema.migrate import migrate


class Prepared:
    """Make, when it is first asked for, what the workloads of one size begin with."""

    def __init__(self, site: Site, folder: Path, size: int, earlier: Path = ROOT) -> None:
        self.site, self.size = site, size
        self.earlier = earlier  # the checkout of an earlier commit
        self.folder = folder / str(size)
        self._templates: list[str] = []

    def export(self, name: str) -> Path:
        """Give an export as a file."""
        path = self.folder / f"{name}.csv"
        if not path.exists():
            exports.write(path, EXPORTS[name](self.size), HEADERS.get(name, exports.HEADER))
        return path

    def state(self, name: str) -> str:
        """Give the database in which an export is loaded, or the one in which nothing is."""
        empty = self.site.template("empty", None, self._migrate)
        return empty if name == "empty" else self._template(name, empty, lambda url: self._load(url, name))

    def earlier_state(self) -> str:
        """Return the empty database of the earlier commit."""
        return self.site.template("earlier", None, lambda url: before.migrate(self.earlier, url))

    def rows(self, name: str) -> Path:
        """Give the rows of an export, cleaned, as the floor takes them."""
        path = self.folder / f"{name}.rows"
        if not path.exists():
            floor.write_rows(self.site.server.url(self.state(name)), path)
        return path

    def merged(self, way: str) -> tuple[str, Path]:
        """Give the database into which dlt has merged the base export, and dlt's own state of it."""
        state = self.folder / f"dlt-{way}"
        name = self._template(f"dlt_{way}", None, lambda url: dlt_merge(url, self.export("base"), state, way))
        return name, state

    def __enter__(self) -> Prepared:
        self.folder.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._templates:
            self.site.drop_template(name)
        shutil.rmtree(self.folder)

    def _template(self, name: str, origin: str | None, fill: Callable[[str], object]) -> str:
        name = f"{name}_{self.size}"
        if name not in self._templates:
            self._templates.append(name)
        return self.site.template(name, origin, fill)

    def _migrate(self, url: str) -> None:
        with connect(url, "bench") as db:
            migrate(db, ROOT / "migrations", [FEED])

    def _load(self, url: str, name: str) -> None:
        fleetfeed(url, self.export(name), self.folder / "project")
