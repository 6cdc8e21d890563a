"""Makes providers from plugins and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fleetfeed.geo import GeocodeQuery, Geocoder, GeocodeResult
from fleetfeed.geocoding.policy import Provider
from fleetfeed.geocoding.service import Service

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.config.tables import GeocoderSettings


def providers(manager: pluggy.PluginManager, settings_of: Callable[[str, Geocoder], Geocoder]) -> list[Provider]:
    """Return the geocoders of a manager, in order; `settings_of` merges the project's settings into declared ones.

    They are not called as one hook: each has its own limits, and its answer may be rejected.
    """
    plugins = [impl.plugin for impl in reversed(manager.hook.geocode.get_hookimpls())]
    found = []
    for plugin in plugins:
        name = manager.get_name(plugin) or ""
        declared = getattr(plugin, "GEOCODER", None)
        settings = settings_of(name, declared if isinstance(declared, Geocoder) else Geocoder())
        others = [other for other in plugins if other is not plugin]
        hook, service = manager.subset_hook_caller("geocode", others), Service(name, settings)
        found.append(Provider(name, _caller(hook, service), settings, service.close))
    return found


def _caller(hook: pluggy.HookCaller, service: Service) -> Callable[[GeocodeQuery], GeocodeResult | None]:
    def ask(query: GeocodeQuery) -> GeocodeResult | None:
        return cast("GeocodeResult | None", hook(query=query, service=service))

    return ask


def laid_over(settings: Mapping[str, GeocoderSettings], project: Path, name: str, declared: Geocoder) -> Geocoder:
    """Override a geocoder's declared settings by the project's."""
    if (given := settings.get(name)) is None:
        return declared
    changes: dict[str, Any] = {
        key: value for key in type(given).model_fields if (value := getattr(given, key)) not in (None, "")
    }
    if given.api_key:
        changes["api_key"] = given.api_key.get_secret_value()
    if given.file:
        changes["file"] = project / given.file
    return replace(declared, **changes)
