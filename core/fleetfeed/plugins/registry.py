"""Finds all plugins of a project, and makes the plugin manager for one feed's run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pluggy

from fleetfeed.config.folders import DEFAULTS, place, unreadable
from fleetfeed.errors import PluginError
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import GROUP, Hooks
from fleetfeed.plugins.discovery import Candidate, in_folder, installed, same_files
from fleetfeed.plugins.guard import Manager
from fleetfeed.plugins.loading import Plugin, forget, load
from fleetfeed.plugins.validation import Mistake

__all__ = ["BUNDLED", "Plugin", "Plugins", "core", "find"]

# What a thread imports, another one would forget; reentrant, as a plugin that searches itself must not hang.
_ONE_AT_A_TIME = threading.RLock()
# The bundled plugins: in a wheel inside the package, in a checkout beside core/.
_IN_WHEEL = Path(__file__).parents[1] / "bundled"
BUNDLED = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parents[3]


@dataclass(slots=True)
class Plugins:
    """All plugins of a project, by name; `faults` are places that could not be searched."""

    found: dict[str, Plugin] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    zone: str = ""  # of times for which a feed declares none

    def feed(self, name: str) -> Feed:
        """Return a feed by name. Raises PluginError if it is missing or broken."""
        plugin = self.get(name)
        if plugin.feed is None:
            raise PluginError(
                f"Plugin {name} ({plugin.origin}) declares no feed.",
                next_step="It needs a `FEED = Feed(...)`; docs/plugins.md shows one.",
            )
        return plugin.feed.in_zone(self.zone)

    def usable(self, names: Iterable[str]) -> tuple[list[Feed], list[PluginError]]:
        """Return the usable feeds, and the errors of the others."""
        feeds, errors = [], []
        for name in names:
            try:
                feeds.append(self.feed(name))
            except PluginError as error:
                errors.append(error)
        return feeds, errors

    def get(self, name: str) -> Plugin:
        """Return a plugin by name. Raises PluginError if it is missing or broken."""
        plugin = self.found.get(name)
        if plugin is None:
            known = ", ".join(sorted(self.found)) or "none"
            faults = "".join(f" {fault}." for fault in self.faults)
            raise PluginError(
                f"There is no plugin {name!r} (found: {known}).{faults}", next_step="`fleetfeed plugins` lists them."
            )
        if plugin.error:
            cause = f"Plugin {name} cannot be loaded: {plugin.error}."
            raise PluginError(cause, next_step="Fix it, then run again.") from plugin.cause
        return plugin

    def manager(
        self, feed: Feed, others: Iterable[str] = (), *, stages: Mapping[str, ModuleType], guarded: bool = True
    ) -> pluggy.PluginManager:
        """Make the manager of one feed's run: the core, the feed and the plugins that it names.

        `guarded` False leaves hooks unwrapped, for callers that check their results themselves.
        """
        manager = core(stages, guarded=guarded)
        # The last one registered is called first: the feed itself.
        for name in [*reversed(list(dict.fromkeys(other for other in others if other != feed.name))), feed.name]:
            module = self.get(name).module
            if not manager.is_registered(module):  # a package may register one module under two names
                manager.register(module, name)
        return manager


def core(stages: Mapping[str, ModuleType], *, guarded: bool = True) -> pluggy.PluginManager:
    """Make a manager with the core only."""
    manager = Manager(GROUP) if guarded else pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for name, stage in stages.items():
        manager.register(stage, f"core.{name}")
    return manager


def find(project: Path, folders: Iterable[str], zone: str = "") -> Plugins:
    """Find every plugin of a project; two of one name are refused, but a project's may shadow a bundled one."""
    plugins = Plugins(zone=zone)
    named: dict[str, list[Candidate]] = {}
    for folder in folders:
        if fault := unreadable(project, folder):
            plugins.faults.append(fault)
        else:
            _add(named, in_folder(place(project, folder).resolve()))
    shadows: dict[str, str] = {}
    for candidate in (found for kind in DEFAULTS for found in in_folder(BUNDLED.resolve() / kind)):
        if candidate.name not in named:
            named[candidate.name] = [candidate]
        elif not any(same_files(candidate, other) for other in named[candidate.name]):  # the same in a checkout
            shadows[candidate.name] = candidate.origin
    try:
        _add(named, list(installed()))
    except Exception as error:  # noqa: BLE001 (installed packages may be broken in any way)
        plugins.faults.append(f"the entry points of installed packages cannot be read: {error!r}")
    with _ONE_AT_A_TIME:
        forget(candidate for same in named.values() for candidate in same)
        plugins.found = {name: _one(same) for name, same in named.items()}
        for name, origin in shadows.items():
            plugins.found[name].shadows = origin
    return plugins


def _add(named: dict[str, list[Candidate]], candidates: Iterable[Candidate]) -> None:
    for candidate in candidates:
        if candidate not in (others := named.setdefault(candidate.name, [])):  # a folder may be listed twice
            others.append(candidate)


def _one(same: list[Candidate]) -> Plugin:
    """Load the plugin of a name; if there are several, none is imported, and the plugin is an error."""
    if len(same) == 1:
        return load(same[0])
    origins = [candidate.origin for candidate in same]
    message = f"{len(same)} plugins have this name: {' and '.join(origins)}"
    return Plugin(same[0].name, origins[0], mistakes=[Mistake(message)])
