"""Who hears of the end of runs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from fleetfeed.errors import PluginError

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.project import Wiring


def observers(wiring: Wiring, feed: str) -> pluggy.PluginManager:
    """Give those who hear of the end of a feed's runs; of plugins that are broken the others hear, too."""
    from fleetfeed.monitoring.notifiers import Ping
    from fleetfeed.plugins.registry import core

    manager = core()
    # Plugins that could not be loaded in the time of a whole run are not tried again; the alarms are told still.
    names = (*reversed(wiring.settings(feed).plugins), feed) if "plugins" in vars(wiring) else ()
    for name in dict.fromkeys(names):
        with suppress(PluginError):
            if not manager.is_registered(module := wiring.plugins.get(name).module):
                manager.register(module, name)
    if ping := wiring.loaded.settings.notify.ping:
        manager.register(Ping(ping.get_secret_value()), "core.ping")
    if wiring.webhook:
        manager.register(wiring.webhook, "core.webhook")
    if wiring.trace:
        wiring.trace.attach(manager, feed)
    return manager
