"""What fleetfeed.toml says of geocoders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetfeed.config import GeocoderSettings
    from fleetfeed.geocoding.model import Geocoder


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
