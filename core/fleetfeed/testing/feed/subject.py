"""The feed under test, and what its laws need."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.feed import Feed
from fleetfeed.stages import STAGES
from fleetfeed.testing.feed.bench import Bench
from fleetfeed.testing.feed.sample_table import Table, read
from fleetfeed.testing.plugin import Found

if TYPE_CHECKING:
    import pluggy


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
    def bench(self) -> Bench:
        """Its bucket and database, until the process ends."""
        return Bench(self.feed, self.manager)

    @property
    def sample_file(self) -> Path:
        """The sample export: `sample.csv` beside the plugin's `__init__.py`."""
        return self.file.with_name("sample.csv")

    @cached_property
    def sample(self) -> Table:
        """The records of the sample, as far as they can be read."""
        return read(self.feed, self.sample_file.read_bytes())
