"""Traccar, whose devices are named like units. https://www.traccar.org/api-reference/"""

from __future__ import annotations

from collections.abc import Iterator

from fleetfeed import NoPositions, Position, PositionService, hookimpl


@hookimpl
def unit_positions(service: PositionService) -> list[Position] | None:
    """Ask for the latest position of each device that the token's user sees."""
    if not service.settings.token:
        raise NoPositions("traccar has no token.", next_step="Set FLEETFEED_POSITIONS__TRACCAR__TOKEN.")
    return Position.read_all(_rows(service))


def _rows(service: PositionService) -> Iterator[tuple[str, dict[str, object]]]:
    names = {device.get("id"): device.get("name") for device in service.records("/api/devices")}
    for found in service.records("/api/positions"):
        # Without a fix Traccar repeats an old place under a new time; a device that is not listed is another user's.
        if found.get("valid") and (name := names.get(found.get("deviceId"))):
            yield (
                f"device {name}",
                {
                    "unit": name,
                    "latitude": found.get("latitude"),
                    "longitude": found.get("longitude"),
                    "at": found.get("fixTime"),
                    "accuracy_m": found.get("accuracy") or None,  # 0: unknown
                },
            )
