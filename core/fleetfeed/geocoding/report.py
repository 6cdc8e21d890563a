"""Reports how much of a feed is on the map, and what is left of the budgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.database.schema.tables import table
from fleetfeed.feed import Feed
from fleetfeed.geo import Geocoder
from fleetfeed.geocoding.budget import Budget, Usage
from fleetfeed.runtime.clock import Clock
from fleetfeed.states import PlaceKind

if TYPE_CHECKING:
    from fleetfeed.database import Database

_PLACES = """
SELECT 'clusters', status, coalesce(provider, 'none'), count(*) FROM tickets.geo_clusters GROUP BY 1, 2, 3
UNION ALL
SELECT 'locations', status, coalesce(provider, 'none'), count(*) FROM tickets.geo_locations GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""


def standing(db: Database, feed: Feed, limits: Mapping[str, Geocoder], clock: Clock) -> dict[str, Any]:
    """Return the number of tickets by precision of their place, the gazetteers' contents, and the rest of budgets."""
    sql = (
        "SELECT CASE WHEN geom IS NULL THEN 'unmapped' ELSE coalesce(geo_precision, 'unknown') END, count(*) "
        f"FROM {table(feed)} GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    places: dict[str, dict[str, dict[str, int]]] = {kind: {} for kind in PlaceKind}
    for kind, status, provider, count in db.all(_PLACES):
        places[kind].setdefault(status, {})[provider] = count
    budgets = {name: _budget(Budget(db, clock).usage(name), limits[name], clock.now()) for name in limits}
    return {"tickets": dict(db.all(sql)), "places": places, "budgets": budgets}


def _budget(usage: Usage, limits: Geocoder, now: datetime) -> dict[str, Any]:
    today = usage.calls if usage.day == now.date() else 0
    held = usage.held_until if usage.held_until and usage.held_until > now else None
    return {
        "calls_today": today,
        "left_today": max(0, limits.per_day - today) if limits.per_day else None,
        "held_until": held.isoformat() if held else None,
    }
