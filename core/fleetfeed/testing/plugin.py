"""The plugin under test, found as runs find it."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

from fleetfeed.config.loader import find_project, load_settings
from fleetfeed.errors import ConfigError
from fleetfeed.plugins.registry import Plugin, Plugins, find


def plugins_of(project: Path | None = None) -> Plugins:
    """Find all plugins of a project, by default the one that every command finds; without any, the installed ones."""
    if project is None:
        with suppress(ConfigError):
            project = find_project(None)
    if project is None:
        return find(Path(), ())
    settings = load_settings(project).settings.project
    return find(project, settings.plugins, settings.timezone)


class Found:
    """A plugin of a project, looked up by name on first use."""

    def __init__(self, name: str, project: Path | None = None) -> None:
        self.name, self.project = name, project

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins found."""
        return plugins_of(self.project)

    @property
    def plugin(self) -> Plugin:
        """The plugin. Raises PluginError or ConfigError if it cannot be used."""
        return self.plugins.get(self.name)

    @property
    def file(self) -> Path:
        """Its source file."""
        return Path(str(getattr(self.plugin.module, "__file__", self.plugin.origin)))
