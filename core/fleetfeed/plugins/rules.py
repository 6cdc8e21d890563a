"""A digest of all that decides how the rows of an export come out."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fleetfeed._version import __version__
from fleetfeed.feed import Feed, Moment

if TYPE_CHECKING:
    import pluggy

_DROPPED_IN = "fleetfeed_plugin_"


def rules(feed: Feed, manager: pluggy.PluginManager) -> str:
    """Return the digest of the rules: the declaration, the zones of its times, the code of the plugins, and versions.

    The fingerprint alone says nothing of the project's zone, of hooks, nor of the functions that a fold calls.
    """
    seen = hashlib.sha256()
    for text in (
        feed.fingerprint,
        *(column.zone_name for column in feed.columns if isinstance(column, Moment)),
        __version__,
        version("duckdb"),
        f"{sys.version_info.major}.{sys.version_info.minor}",
    ):
        seen.update(text.encode() + b"\0")
    for name, path in sorted({found for plugin in _plugins(manager) for found in _files(plugin)}):
        seen.update(f"{name}\0".encode())
        seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def _plugins(manager: pluggy.PluginManager) -> Iterator[str]:
    """Yield the name of the module of each plugin that is not the core's."""
    for name, plugin in manager.list_name_plugin():
        if plugin is not None and not name.startswith("core."):
            yield plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__


def _files(plugin: str) -> Iterator[tuple[str, Path]]:
    """Yield the imported files of a plugin, and of the modules that it shares with others of its folder."""
    top = plugin.partition(".")[0]
    own = plugin if top.startswith(_DROPPED_IN) else top
    for name, module in list(sys.modules.items()):
        is_shared = top.startswith(_DROPPED_IN) and name.startswith(f"{top}._")
        file = getattr(module, "__file__", None)
        if file and (name == own or name.startswith(f"{own}.") or is_shared):
            yield name.removeprefix(f"{top}."), Path(file)
