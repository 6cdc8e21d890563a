"""What is put to the test: a feed with its plugin, found as a project finds it, and again by another process."""

from __future__ import annotations

import atexit
import importlib
import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fleetfeed.feed import Feed
from fleetfeed.plugins import Plugin, Plugins, find, hooks_of
from fleetfeed.project import FILE, load_settings
from fleetfeed.testing.samples import Table, read

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.hookspecs import Hooks
    from fleetfeed.testing.bench import Bench


@dataclass(frozen=True, slots=True)
class Address:
    """Say where a plugin is found: by its name in a project, or as a module that can be imported."""

    name: str
    project: str = ""  # empty: only what is installed or comes with fleetfeed
    module: str = ""

    def plugins(self) -> Plugins:
        """Find it, and all that are found with it."""
        if self.module:
            module = importlib.import_module(self.module)
            return Plugins({self.name: Plugin(self.name, str(module.__file__), module)})
        project = Path(self.project or ".")
        return find(project, load_settings(project).settings.project.plugins if self.project else ())

    def manager(self, feed: Feed) -> pluggy.PluginManager:
        """Make the manager of the feed's runs, without the observers that a project adds to them."""
        return self.plugins().manager(feed)

    def dumps(self) -> str:
        """Write it down for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> Address:
        """Read what `dumps` wrote."""
        return cls(**json.loads(text))


@dataclass
class Subject:
    """Hold a feed under test, and what the checks found out about it so far."""

    address: Address
    examples: int
    verdicts: dict[str, Exception | None] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def name(self) -> str:
        """The name it goes by."""
        return self.address.name

    @cached_property
    def _plugins(self) -> Plugins:
        return self.address.plugins()

    @cached_property
    def feed(self) -> Feed:
        """The feed. Raises PluginError or ConfigError where it cannot be used."""
        return self._plugins.feed(self.name)

    @cached_property
    def manager(self) -> pluggy.PluginManager:
        """Whom its runs ask: the core and the feed's own plugin."""
        return self._plugins.manager(self.feed)

    @cached_property
    def hooks(self) -> Hooks:
        """Its hooks as they are: what they raise and answer is for the kit to judge."""
        return hooks_of(self._plugins.manager(self.feed, guarded=False))

    @cached_property
    def file(self) -> str:
        """The plugin's own file, where all that it does can be looked at."""
        return str(getattr(self._plugins.get(self.name).module, "__file__", self._plugins.get(self.name).origin))

    @cached_property
    def bench(self) -> Bench:
        """Its bucket and its database, for as long as the process runs."""
        from fleetfeed.testing.bench import benched  # which runs subjects

        atexit.register(self.close)
        return self._open.enter_context(benched(self))

    def close(self) -> None:
        """Close the bench."""
        self._open.close()

    @property
    def sample_file(self) -> Path:
        """The sample export: `sample.csv` beside the plugin's `__init__.py`."""
        return Path(self.file).with_name("sample.csv")

    @cached_property
    def sample(self) -> Table:
        """What the sample says, as far as it can be read; empty where there is none."""
        content = self.sample_file.read_bytes() if self.sample_file.is_file() else b""
        return read(self.feed, content)


def address(feed: str | ModuleType, project: Path | None, caller: Path) -> Address:
    """Say where to find what a test file names, beginning at that file."""
    if isinstance(feed, ModuleType):
        declared = getattr(feed, "FEED", None)
        return Address(declared.name if isinstance(declared, Feed) else feed.__name__, module=feed.__name__)
    found = project or _project(caller) or _project(Path.cwd() / FILE)
    return Address(feed, str(found.absolute()) if found else "")


def _project(file: Path) -> Path | None:
    return next((folder for folder in file.absolute().parents if (folder / FILE).is_file()), None)
