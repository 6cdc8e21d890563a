"""What every command is given: the global options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from fleetfeed.config.loader import Loaded


files_read: list[str] = []  # told with an error: whose settings were they?


@dataclass(frozen=True, slots=True)
class Context:
    """Hold the global options of the command line."""

    project: Path | None = None
    debug: bool = False
    quiet: bool = False
    verbose: bool = False
    json_log: bool = False

    @property
    def flags(self) -> list[str]:
        """The options of how to tell, for a `fleetfeed` in a process of its own."""
        given = {"--debug": self.debug, "--quiet": self.quiet, "--verbose": self.verbose}
        return [flag for flag, is_on in given.items() if is_on] + ["--log-format=json"] * self.json_log

    def load(self, overrides: Mapping[str, Any] | None = None) -> Loaded:
        """Find the project and load its settings; warnings go to stderr."""
        loaded = self.read(overrides)
        files_read.append(str(loaded.path))
        for warning in loaded.warnings:
            logs.tell(logs.WARNING, warning, event="warning")
        return loaded

    def read(self, overrides: Mapping[str, Any] | None = None) -> Loaded:
        """Find the project and load its settings, if its files are those of somebody trusted. Raises ConfigError."""
        from fleetfeed.config import trust
        from fleetfeed.config.loader import FILE, find_project, load_settings  # pydantic: `--help` does without
        from fleetfeed.plugins.discovery import place

        named = bool(self.project or os.environ.get("FLEETFEED_PROJECT"))
        project = find_project(self.project)
        trust.check((project, project / FILE), named=named)
        loaded = load_settings(project, overrides)
        folders = [project / "migrations", *(place(project, folder) for folder in loaded.settings.project.plugins)]
        for folder in folders:
            trust.check(trust.code_in(folder), named=named)
        return loaded
