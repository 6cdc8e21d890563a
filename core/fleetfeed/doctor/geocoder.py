"""Checks a geocoder: required settings, key, calls left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fleetfeed.config.variables import usual
from fleetfeed.doctor import Finding
from fleetfeed.geo import Geocoder
from fleetfeed.geocoding.service import Service
from fleetfeed.runtime.stdout import plugin_output

Account = Callable[[Service], int | None]
SECONDS = 5.0


def geocoder(name: str, settings: Geocoder, account: Account | None) -> Iterator[Finding]:
    """Check one geocoder; `account` is its function that returns the number of calls left, if it has one."""
    area = f"geocoder {name}"
    if missing := [need for need in settings.needs if not getattr(settings, need)]:
        what = f"it is left out: it has no {' and no '.join(missing)}"
        yield Finding(area, "warning", what, _hint(name, missing))
        return
    if account is None:
        yield Finding(area, "ok", "it has what it needs")
        return
    service = Service(name, settings, seconds=SECONDS)
    try:
        with plugin_output(name):
            left = account(service)
    finally:
        service.close()
    if left == 0:
        hint = "Tickets wait for their places until the day ends in UTC; a larger plan, or a second geocoder, helps."
        yield Finding(area, "warning", "its key is accepted, but no call is left for today", hint)
    else:
        yield Finding(area, "ok", "its key is accepted" + (f": {left:,} calls are left today" if left else ""))


def _hint(name: str, missing: list[str]) -> str:
    if "api_key" not in missing:
        return f"Set {' and '.join(missing)} in [geocoders.{name}]; docs/geocoding.md."
    variable = usual(("geocoders", name, "api_key"))
    return f"Set {variable} (it needs a section [geocoders.{name}]), or take it out of the feed's geocoders."
