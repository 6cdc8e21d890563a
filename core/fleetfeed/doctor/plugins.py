"""Checks plugins: broken, shadowed, or named but missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fleetfeed.doctor import Finding

if TYPE_CHECKING:
    from fleetfeed.config.tables import FeedSettings
    from fleetfeed.plugins.registry import Plugins

AREA = "plugins"


def plugins(found: Plugins, feeds: Mapping[str, FeedSettings]) -> Iterator[Finding]:
    """Check that all plugins are usable, and that all plugins named in the settings exist."""
    needed = {name for feed, used in feeds.items() for name in (feed, *used.plugins, *used.geocoders)}
    for fault in found.faults:
        yield Finding(AREA, "error", fault, "Correct [project] plugins, or who may read that folder.")
    for name, plugin in found.found.items():
        if plugin.error:
            what = f"{name} cannot be used: {plugin.error}"
            yield Finding(AREA, "error", what, "Fix it at the place that is named, or remove it; docs/plugins.md.")
        elif plugin.shadows:
            what = f"{name} ({plugin.origin}) hides the one that came along, and differs from it ({plugin.shadows})"
            hint = "Keep it if it differs on purpose. If the checkout was updated, install fleetfeed from it again."
            yield Finding(AREA, "warning", what, hint)
    for name in sorted(needed):
        if name not in found.found:
            hint = "Correct the name in fleetfeed.toml, or drop its folder in; `fleetfeed plugins` lists what is found."
            yield Finding(AREA, "error", f"{name} is named in fleetfeed.toml, but there is no such plugin", hint)
        elif name in feeds and not found.found[name].error and found.found[name].feed is None:
            what = f"[feeds.{name}] of fleetfeed.toml is for the plugin {name}, which declares no feed"
            yield Finding(AREA, "error", what, "It needs a `FEED = Feed(...)`; docs/plugins.md shows one.")
    sound = [name for name in sorted(needed) if name in found.found and not found.found[name].error]
    if sound:
        yield Finding(AREA, "ok", f"found and sound: {', '.join(sound)}")
