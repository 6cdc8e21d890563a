"""Makes providers out of plugins and settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from fleetfeed.geocoding.ask import Provider
from fleetfeed.geocoding.model import GeocodeQuery, Geocoder, GeocodeResult
from fleetfeed.geocoding.service import Service

if TYPE_CHECKING:
    import pluggy


def providers(manager: pluggy.PluginManager, settings_of: Callable[[str, Geocoder], Geocoder]) -> list[Provider]:
    """List the geocoders of a manager as they are asked; `settings_of` lays the project's settings over declared ones.

    They are asked one by one, and not as one hook call: each has its own limits, and the guard may refuse its answer.
    """
    plugins = [impl.plugin for impl in reversed(manager.hook.geocode.get_hookimpls())]
    found = []
    for plugin in plugins:
        name = manager.get_name(plugin) or ""
        declared = getattr(plugin, "GEOCODER", None)
        settings = settings_of(name, declared if isinstance(declared, Geocoder) else Geocoder())
        others = [other for other in plugins if other is not plugin]
        hook, service = manager.subset_hook_caller("geocode", others), Service(name, settings)
        found.append(Provider(name, _asking(hook, service), settings, service.close))
    return found


def _asking(hook: pluggy.HookCaller, service: Service) -> Callable[[GeocodeQuery], GeocodeResult | None]:
    def ask(query: GeocodeQuery) -> GeocodeResult | None:
        return cast("GeocodeResult | None", hook(query=query, service=service))

    return ask
