"""Positions from the newest CSV of a folder: unit, latitude, longitude, at (with a zone), accuracy_m."""

from __future__ import annotations

from fleetfeed import Position, PositionService, hookimpl

NEEDED = ("unit", "latitude", "longitude", "at")
# The last three are about units: a file for both may have them, and `fleetfeed units import` reads them.
OTHERS = ("accuracy_m", "team", "skills", "on_duty")


@hookimpl
def unit_positions(service: PositionService) -> list[Position] | None:
    """Read all positions of the file, or none."""
    return Position.read_all(service.rows(NEEDED, OTHERS))
