"""Makes providers out of plugins and settings."""

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


def laid_over(settings: Mapping[str, GeocoderSettings], project: Path, name: str, declared: Geocoder) -> Geocoder:
    """Lay what a project says of a geocoder over what the geocoder declares."""
    if (given := settings.get(name)) is None:
        return declared
    said: dict[str, Any] = {
        key: value for key in type(given).model_fields if (value := getattr(given, key)) not in (None, "")
    }
    if given.api_key:
        said["api_key"] = given.api_key.get_secret_value()
    if given.file:
        said["file"] = project / given.file
    return replace(declared, **said)
