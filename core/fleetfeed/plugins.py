"""Finds plugins: folders named in fleetfeed.toml, entry points of pip packages, and what the wheel brings along."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import cast

import pluggy

from fleetfeed.errors import PluginError
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import GROUP, Hooks
from fleetfeed.stages import archive, filter, history, normalise, source, upsert  # noqa: A004 (a stage's name)

# What a wheel carries along; in a checkout those folders lie beside core/.
_IN_WHEEL = Path(__file__).with_name("bundled")
BUNDLED = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parents[2]
STAGES: dict[str, ModuleType] = {
    "source": source,
    "filter": filter,
    "normalise": normalise,
    "upsert": upsert,
    "archive": archive,
    "history": history,
}


@dataclass(slots=True)
class Plugin:
    """Hold one plugin that was found; `error` says why it cannot be used, which stops only those who need it."""

    name: str
    origin: str
    module: object | None = None
    error: str = ""
    shadows: str = ""

    @property
    def feed(self) -> Feed | None:
        """The feed it declares, if it declares one."""
        found = getattr(self.module, "FEED", None)
        return found if isinstance(found, Feed) else None

    @property
    def hooks(self) -> list[str]:
        """Names of the hooks it implements."""
        return sorted(name for name in vars(Hooks) if _implements(self.module, name))


@dataclass(slots=True)
class Plugins:
    """Hold all plugins of a project, by name."""

    found: dict[str, Plugin] = field(default_factory=dict)

    def feed(self, name: str) -> Feed:
        """Give a feed by name. Raises PluginError for one that is missing or broken."""
        plugin = self.get(name)
        if plugin.feed is None:
            raise PluginError(
                f"Plugin {name} ({plugin.origin}) declares no feed.",
                next_step="It needs a `FEED = Feed(...)`; docs/plugins.md shows one.",
            )
        if plugin.feed.name != name:
            raise PluginError(
                f"{plugin.origin} declares a feed {plugin.feed.name!r} under the name {name!r}.",
                next_step="Give the folder and the feed one name.",
            )
        return plugin.feed

    def get(self, name: str) -> Plugin:
        """Give a plugin by name. Raises PluginError for one that is missing or broken."""
        plugin = self.found.get(name)
        if plugin is None:
            known = ", ".join(sorted(self.found)) or "none"
            raise PluginError(
                f"There is no plugin {name!r} (found: {known}).", next_step="`fleetfeed plugins` lists them."
            )
        if plugin.error:
            raise PluginError(f"Plugin {name} cannot be loaded: {plugin.error}.", next_step="Mend it, then run again.")
        return plugin

    def manager(self, feed: Feed, others: Iterable[str] = ()) -> pluggy.PluginManager:
        """Make the manager of one feed's run: the core, that feed and the plugins it names, and nobody else."""
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(Hooks)
        for name, stage in STAGES.items():
            manager.register(stage, f"core.{name}")
        try:
            # The last one registered is asked first: the feed itself.
            for name in [*reversed(list(dict.fromkeys(other for other in others if other != feed.name))), feed.name]:
                manager.register(self.get(name).module, name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(
                f"A plugin's hook is not one of fleetfeed's: {' '.join(str(error).split())}.",
                next_step="`fleetfeed plugins` lists who implements what; docs/plugins.md lists the hooks.",
            ) from error
        return manager


def hooks_of(manager: pluggy.PluginManager) -> Hooks:
    """Give the manager's hooks their types, so that mypy checks every call."""
    return cast("Hooks", manager.hook)


def find(project: Path, folders: Iterable[str]) -> Plugins:
    """Find every plugin of a project; two of one name are refused, but a project's may shadow a bundled one."""
    plugins = Plugins()
    paths = [(project / folder).resolve() for folder in folders]
    for plugin in (plugin for path in paths for plugin in _in_folder(path, path.name)):
        _add(plugins, plugin)
    own = set(plugins.found)
    for plugin in _bundled():
        if plugin.name not in own:
            _add(plugins, plugin)
        elif (other := plugins.found[plugin.name]).origin != plugin.origin:  # a checkout is its own bundle
            other.shadows = plugin.origin
    for plugin in _installed():
        _add(plugins, plugin)
    return plugins


def _add(plugins: Plugins, plugin: Plugin) -> None:
    other = plugins.found.setdefault(plugin.name, plugin)
    if other.origin != plugin.origin:
        other.error = f"two plugins have this name: {other.origin} and {plugin.origin}"


def _bundled() -> Iterator[Plugin]:
    for kind in ("feeds", "geocoders"):
        yield from _in_folder(BUNDLED / kind, kind)


def _in_folder(folder: Path, kind: str) -> Iterator[Plugin]:
    if not folder.is_dir():
        return
    if (folder / "__init__.py").is_file():  # the folder is one plugin itself
        yield _load(folder.name, folder / "__init__.py", kind)
        return
    for path in sorted(folder.iterdir()):
        entry = path / "__init__.py" if path.is_dir() else path
        if entry.suffix == ".py" and entry.is_file() and not path.name.startswith(("_", ".")):
            yield _load(path.stem, entry, kind)


def _load(name: str, path: Path, kind: str) -> Plugin:
    """Import a file by its path, under a name of its own: two projects in one process must not meet."""
    place = hashlib.sha256(str(path).encode()).hexdigest()[:12]  # hash() differs from one process to the next
    unique = f"fleetfeed_plugin_{place}_{kind}_{name}"
    spec = importlib.util.spec_from_file_location(unique, path)
    plugin = Plugin(name, str(path.parent if path.name == "__init__.py" else path))
    if spec is None or spec.loader is None:
        plugin.error = f"{path} is not a Python file"
        return plugin
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    try:
        spec.loader.exec_module(module)
        plugin.module = module
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a plugin does wrong must not stop the others)
        del sys.modules[unique]
        plugin.error = f"{path}: {type(error).__name__}: {error}"
    return plugin


def _installed() -> Iterator[Plugin]:
    for entry in entry_points(group=GROUP):
        plugin = Plugin(entry.name, f"entry point {entry.value}")
        try:
            plugin.module = entry.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 (as above)
            plugin.error = f"{entry.value}: {type(error).__name__}: {error}"
        yield plugin


def _implements(module: object, name: str) -> bool:
    return hasattr(getattr(module, name, None), f"{GROUP}_impl")
