"""Checks that units have positions which a plan of dispatch can use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.config.tables import UnitsSettings
from fleetfeed.doctor import Finding
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    from fleetfeed.database import Database

AREA = "units"


def units(db: Database, settings: UnitsSettings) -> Iterator[Finding]:
    """Check that there are units where a provider is named, and that not all of their positions are too old."""
    ages: list[int | None] = [age for (age,) in db.all("SELECT age_seconds FROM tickets.unit_places")]
    known = [age for age in ages if age is not None]
    limit = settings.position_max_age.total_seconds()
    if not ages:
        if settings.provider:
            what = f"{settings.provider} is asked for positions, but there are no units"
            yield Finding(AREA, "warning", what, "Run `fleetfeed units import FILE --apply`.")
    elif not known:
        what = f"no position is known of {counted(len(ages), 'unit')}: a plan assumes them at home, or leaves them out"
        yield Finding(AREA, "warning", what, _next(settings))
    elif min(known) > limit:
        what = f"the newest position is {min(known) / 60:,.0f} min old, and position_max_age is {limit / 60:,.0f}"
        yield Finding(AREA, "warning", f"{what}: no unit that reported one gets a ticket", _next(settings))
    else:
        fresh = sum(age <= limit for age in known)
        yield Finding(AREA, "ok", f"{fresh:,} of {counted(len(ages), 'unit')} have a position that is not too old")


def _next(settings: UnitsSettings) -> str:
    if settings.provider:
        return "Run `fleetfeed units refresh`, and see that `fleetfeed schedule run` runs."
    return "Set provider in [units], or send positions by the API: docs/units.md."
