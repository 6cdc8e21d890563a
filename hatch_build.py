"""Build the page, and put the project's folders into the wheel, so that it works in an empty folder."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = ("feeds", "geocoders", "positions", "maps", "migrations", "fleetfeed.toml")


class BundleProject(BuildHookInterface[Any]):
    """Build the page if it is not built, and bundle the project; an editable install reads that from the checkout."""

    def dependencies(self) -> list[str]:
        """Return what the build needs: Node, unless the page is built."""
        page = self._page()
        return [] if page.is_built() else [page.NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name every file by itself: a folder would bring its __pycache__ along."""
        page = self._page()
        if not page.is_built():
            page.build()
        if version != "standard" or self.target_name != "wheel":
            return
        root = Path(self.root)
        for path in (path for name in BUNDLED for path in ((root / name), *(root / name).rglob("*"))):
            inside = path.relative_to(root)
            if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
                build_data["force_include"][os.fspath(path)] = f"fleetfeed/bundled/{inside.as_posix()}"

    def _page(self) -> Any:
        sys.path.insert(0, str(Path(self.root) / "tools"))
        return importlib.import_module("build_page")
