"""What a geocoding did, and how much of a feed is on the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.database.tables import table
from fleetfeed.feed import Feed
from fleetfeed.geocoding.budget import Budget, Spent
from fleetfeed.geocoding.clock import Clock
from fleetfeed.geocoding.model import Geocoder
from fleetfeed.secrets import redact

if TYPE_CHECKING:
    from fleetfeed.database import Database

_PLACES = """
SELECT 'clusters', status, coalesce(provider, 'none'), count(*) FROM tickets.geo_clusters GROUP BY 1, 2, 3
UNION ALL
SELECT 'locations', status, coalesce(provider, 'none'), count(*) FROM tickets.geo_locations GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""


@dataclass(slots=True)
class Kind:
    """Count the places of one kind, clusters or locations."""

    due: int = 0  # to be asked for when it began
    results: Counter[str] = field(default_factory=Counter)  # ok, not_found, rejected; reused: known by another spelling
    waiting: int = 0  # locations whose cluster has no place, so that nothing could tell a wrong one
    unaskable: int = 0  # too little is left of the name without its codes, or it is too long for one

    @property
    def pending(self) -> int:
        """Places that a geocoding soon asks for: nobody, or not everybody, could be asked."""
        return self.due - self.results.total()

    def as_dict(self) -> dict[str, Any]:
        """All counts, plain."""
        names = ("due", "waiting", "unaskable", "pending")
        return {name: getattr(self, name) for name in names} | {"results": dict(self.results)}


@dataclass(slots=True)
class Geocoded:
    """Tell one geocoding of one feed."""

    feed: str
    applied: bool = True  # False: nobody was asked, the due places were only counted
    kinds: dict[str, Kind] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)  # provider → why it was asked no more
    failed: set[str] = field(default_factory=set)  # of those: by a fault, and not because a budget was spent
    tickets: int = 0  # that have another place now
    warnings: list[str] = field(default_factory=list)
    holder: str = ""  # who is geocoding this feed already
    standing: dict[str, Any] = field(default_factory=dict)  # see standing()

    @property
    def pending(self) -> int:
        """Places that a geocoding soon asks for."""
        return sum(kind.pending for kind in self.kinds.values())

    def as_dict(self) -> dict[str, Any]:
        """All of it, plain, as `--json` shows it."""
        return {
            "applied": self.applied,
            **{name: kind.as_dict() for name, kind in self.kinds.items()},
            "pending": self.pending,
            "calls": dict(self.calls),
            "stopped": {name: redact(why) for name, why in self.stopped.items()},
            "tickets_changed": self.tickets,
            "warnings": self.warnings,
            "holder": self.holder or None,
            **self.standing,
        }


def standing(db: Database, feed: Feed, limits: Mapping[str, Geocoder], clock: Clock) -> dict[str, Any]:
    """Tell how things stand: tickets by the precision of their place, the gazetteers, and what is left of budgets."""
    sql = (
        "SELECT CASE WHEN geom IS NULL THEN 'unmapped' ELSE coalesce(geo_precision, 'unknown') END, count(*) "
        f"FROM {table(feed)} GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    places: dict[str, dict[str, dict[str, int]]] = {"clusters": {}, "locations": {}}
    for kind, status, provider, count in db.all(_PLACES):
        places[kind].setdefault(status, {})[provider] = count
    budgets = {name: _budget(Budget(db, clock).spent(name), limits[name], clock.now()) for name in limits}
    return {"tickets": dict(db.all(sql)), "places": places, "budgets": budgets}


def _budget(spent: Spent, limits: Geocoder, now: datetime) -> dict[str, Any]:
    today = spent.calls if spent.day == now.date() else 0
    held = spent.held_until if spent.held_until and spent.held_until > now else None
    return {
        "calls_today": today,
        "left_today": max(0, limits.per_day - today) if limits.per_day else None,
        "held_until": held.isoformat() if held else None,
    }
