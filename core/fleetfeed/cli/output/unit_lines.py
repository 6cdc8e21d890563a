"""Units as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fleetfeed.cli.output.ages import span
from fleetfeed.states import UnitBasis

NO_UNITS = "There are no units. Next: fleetfeed units import FILE"


def stale(unit: Mapping[str, Any], oldest: timedelta) -> bool:
    """Whether a unit's position is too old to count on."""
    age = unit["age_seconds"]
    return age is not None and age > oldest.total_seconds()


def unit_line(unit: Mapping[str, Any], oldest: timedelta) -> str:
    """Return a unit's name, what it is, and where."""
    about = [unit["team"], unit["kind"], *unit["skills"], "" if unit["on_duty"] else "off duty"]
    return f"{unit['unit']:<12} {_where(unit, oldest)}" + "".join(f", {part}" for part in about if part)


def distance(metres: int) -> str:
    """Return a distance for people."""
    return f"{metres:,} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def _where(unit: Mapping[str, Any], oldest: timedelta) -> str:
    if unit["basis"] is None:
        return "nowhere: it has neither a position nor a home"
    place = f"{unit['latitude']:.5f},{unit['longitude']:.5f}"
    if unit["basis"] == UnitBasis.HOME:
        return f"at home {place}, as it has no position"
    accuracy = "" if unit["accuracy_m"] is None else f" ±{unit['accuracy_m']:.0f} m"
    return f"at {place}{accuracy}, {span(unit['age_seconds'] // 60)}" + " (stale)" * stale(unit, oldest)
