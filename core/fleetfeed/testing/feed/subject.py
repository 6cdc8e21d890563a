"""What is put to the test: a feed with its plugin, found as the project's runs find it."""

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
from fleetfeed.testing.feed.sample_table import Table, read
from fleetfeed.testing.feed.sandbox import Bench, benched

if TYPE_CHECKING:
    import pluggy


def the_project() -> Path | None:
    """Find the project as every command does; None where there is none: then only what is installed is found."""
    try:
        return find_project(None)
    except ConfigError:
        return None


def plugins_of(project: Path | None) -> Plugins:
    """Find all plugins of a project, and those that are installed or come with fleetfeed."""
    folders = load_settings(project).settings.project.plugins if project else ()
    return find(project or Path(), folders)


class Found:
    """Find a plugin of a project by its name, when it is first asked for."""

    def __init__(self, name: str, project: Path | None) -> None:
        self.name, self.project = name, project

    @cached_property
    def plugins(self) -> Plugins:
        """All that are found with it."""
        return plugins_of(self.project)

    @property
    def plugin(self) -> Plugin:
        """The plugin itself. Raises PluginError or ConfigError where it cannot be used."""
        return self.plugins.get(self.name)

    @property
    def file(self) -> str:
        """Its own file, where all that it does can be looked at."""
        return str(getattr(self.plugin.module, "__file__", self.plugin.origin))


class Subject(Found):
    """Hold a feed under test with all that its laws need; each part is made when it is first asked for."""

    @cached_property
    def feed(self) -> Feed:
        """The feed. Raises PluginError or ConfigError where it cannot be used."""
        return self.plugins.feed(self.name)

    @cached_property
    def manager(self) -> pluggy.PluginManager:
        """Whom its runs ask: the core and the feed's own plugin, without the observers that a project adds."""
        return self.plugins.manager(self.feed, stages=STAGES)

    @cached_property
    def hooks(self) -> Hooks:
        """Its hooks as they are: what they raise and answer is for the kit to judge."""
        return hooks_of(self.plugins.manager(self.feed, stages=STAGES, guarded=False))

    @cached_property
    def bench(self) -> Bench:
        """Its bucket and its database, for as long as the process runs."""
        opened = ExitStack()
        atexit.register(opened.close)
        return opened.enter_context(benched(self.feed, self.manager, self.file))

    @property
    def sample_file(self) -> Path:
        """The sample export: `sample.csv` beside the plugin's `__init__.py`."""
        return Path(self.file).with_name("sample.csv")

    @cached_property
    def sample(self) -> Table:
        """What the sample says, as far as it can be read."""
        return read(self.feed, self.sample_file.read_bytes())
