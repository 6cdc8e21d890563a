"""The feed under test, found as runs find it."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.config.loader import find_project, load_settings
from fleetfeed.errors import ConfigError
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import Hooks, hooks_of
from fleetfeed.plugins.registry import Plugin, Plugins, find
from fleetfeed.stages import STAGES
from fleetfeed.testing.broken import Broken
from fleetfeed.testing.feed.sample_table import Table, read
from fleetfeed.testing.feed.sandbox import Bench, benched

if TYPE_CHECKING:
    import pluggy


def the_project() -> Path | None:
    """Find the project as every command does; None if there is none, and only installed plugins are found."""
    try:
        return find_project(None)
    except ConfigError:
        return None


def plugins_of(project: Path | None) -> Plugins:
    """Find all plugins of a project, and those that are installed or bundled."""
    if project is None:
        return find(Path(), ())
    settings = load_settings(project).settings.project
    return find(project, settings.plugins, settings.timezone)


class Found:
    """A plugin of a project, looked up by name on first use."""

    def __init__(self, name: str, project: Path | None) -> None:
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
    def file(self) -> str:
        """Its source file."""
        return str(getattr(self.plugin.module, "__file__", self.plugin.origin))

    def broken(self, expected: str, came: str, look: str, made: str = "") -> Broken:
        """Make the error for a broken law; `look` is the part of the source file to look at."""
        return Broken(expected, came, f"{look} in {self.file}", made)


class Subject(Found):
    """The feed under test and what its laws need, made on first use."""

    @cached_property
    def feed(self) -> Feed:
        """The feed. Raises PluginError or ConfigError if it cannot be used."""
        return self.plugins.feed(self.name)

    @cached_property
    def manager(self) -> pluggy.PluginManager:
        """Plugins of its runs: the core and the feed's own, without the project's observers."""
        return self.plugins.manager(self.feed, stages=STAGES)

    @cached_property
    def hooks(self) -> Hooks:
        """Its hooks without guards, so that the laws see what they raise and return."""
        return hooks_of(self.plugins.manager(self.feed, stages=STAGES, guarded=False))

    @cached_property
    def bench(self) -> Bench:
        """Its bucket and database, until the process ends."""
        opened = ExitStack()
        atexit.register(opened.close)
        return opened.enter_context(benched(self.feed, self.manager, self.file))

    @property
    def sample_file(self) -> Path:
        """The sample export: `sample.csv` beside the plugin's `__init__.py`."""
        return Path(self.file).with_name("sample.csv")

    @cached_property
    def sample(self) -> Table:
        """The records of the sample, as far as they can be read."""
        return read(self.feed, self.sample_file.read_bytes())
