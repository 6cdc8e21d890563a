"""The global options, which every command is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from fleetfeed.plugins.trace import Trace
    from fleetfeed.project import Project


files_read: list[str] = []  # the fleetfeed.toml files read; printed with an error


@dataclass(frozen=True, slots=True)
class Context:
    """The global options of the command line."""

    project: Path | None = None
    debug: bool = False
    quiet: bool = False
    verbose: bool = False
    json_log: bool = False

    @property
    def flags(self) -> list[str]:
        """The options for stderr, to pass on to a child process."""
        given = {"--debug": self.debug, "--quiet": self.quiet, "--verbose": self.verbose}
        return [flag for flag, is_on in given.items() if is_on] + ["--log-format=json"] * self.json_log

    def load(self, overrides: Mapping[str, Any] | None = None, trace: Trace | None = None) -> Project:
        """Load the project; warnings of its settings go to stderr. Raises ConfigError."""
        from fleetfeed.project import Project

        project = Project.load(self.project, overrides, trace)
        files_read.append(str(project.loaded.path))
        for warning in project.loaded.warnings:
            logs.log(logs.WARNING, warning, event="warning")
        return project
