"""What each ticket costs each unit, in minutes: the drive less what the ticket is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.eligibility import precision
from fleetfeed.dispatch.objects import TicketNow
from fleetfeed.geo import EARTH_KM, Point
from fleetfeed.states import PlaceSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]  # a row for each unit, a column for each ticket
    Flags = NDArray[np.bool_]


def metres(starts: Sequence[Point], ends: Sequence[Point]) -> Matrix:
    """Return the straight-line distances on the sphere (haversine), as PostGIS's ST_Distance(…, false)."""
    (lat_a, lon_a), (lat_b, lon_b) = _radians(starts), _radians(ends)
    lat_a, lon_a = lat_a[:, None], lon_a[:, None]
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    found: Matrix = 2000 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return found


def minutes(ways: Matrix, tickets: Sequence[TicketNow], rules: DispatchSettings) -> Matrix:
    """Return the minutes of the drives; a place that is only roughly known costs a search."""
    searches = np.array([penalty_m(ticket, rules) for ticket in tickets], dtype=np.float64)
    found: Matrix = (ways + searches) / 1000 * rules.detour / rules.speed_kmh * 60
    return found


def penalty_m(ticket: TicketNow, rules: DispatchSettings) -> float:
    """Return the metres added for a rough place."""
    return 0.0 if ticket.source == PlaceSource.FEED else rules.penalty_m.get(precision(ticket), 0.0)


def _radians(points: Sequence[Point]) -> tuple[Matrix, Matrix]:
    degrees = np.array([(point.latitude, point.longitude) for point in points], dtype=np.float64).reshape(-1, 2)
    both = np.radians(degrees)
    return both[:, 0], both[:, 1]
