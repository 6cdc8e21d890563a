"""What every command is given: the global options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed import logs

if TYPE_CHECKING:
    from fleetfeed.project import Loaded


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
        from fleetfeed.project import find_project, load_settings  # pydantic: `--help` does without

        loaded = load_settings(find_project(self.project), overrides)
        files_read.append(str(loaded.path))
        for warning in loaded.warnings:
            logs.tell(logs.WARNING, warning, event="warning")
        return loaded
