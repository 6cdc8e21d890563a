"""Put the project's folders into the wheel, so that it works in an empty folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = ("feeds", "geocoders", "migrations", "fleetfeed.toml")


class BundleProject(BuildHookInterface[Any]):
    """Add the bundled project, but not to an editable install: that one reads the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name every file by itself: a folder would bring its __pycache__ along."""
        if version != "standard":
            return
        root = Path(self.root)
        for path in (path for name in BUNDLED for path in ((root / name), *(root / name).rglob("*"))):
            inside = path.relative_to(root)
            if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
                build_data["force_include"][os.fspath(path)] = f"fleetfeed/bundled/{inside.as_posix()}"
