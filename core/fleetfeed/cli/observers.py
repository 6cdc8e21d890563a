"""Who hears of the end of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetfeed.errors import PluginError

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.cli.wiring import Wiring


def observers(wiring: Wiring, feed: str) -> pluggy.PluginManager:
    """Give those who hear of the end of a feed's runs; where its plugins are broken, the core's own."""
    from fleetfeed.alarms.observers import Ping
    from fleetfeed.plugins.registry import core

    try:
        manager = wiring.plugins.manager(wiring.plugins.feed(feed), wiring.settings(feed).plugins)
    except PluginError:
        manager = core()
    if ping := wiring.loaded.settings.notify.ping:
        manager.register(Ping(ping.get_secret_value()), "core.ping")
    if wiring.webhook:
        manager.register(wiring.webhook, "core.webhook")
    return manager
