"""Stores answers in the gazetteers; places set by a person are never overwritten by a provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fleetfeed.database.schema.tables import cluster_of, table
from fleetfeed.feed import Feed
from fleetfeed.geo import Point
from fleetfeed.geocoding.guard import too_far
from fleetfeed.geocoding.pending import PLACED, PendingPlace
from fleetfeed.geocoding.policy import Answer
from fleetfeed.states import PlaceStatus
from fleetfeed.text.redact import plain

if TYPE_CHECKING:
    from fleetfeed.database import Database

# Waiting times before a place is asked for again: usually, and while a provider that may know it is unavailable.
AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
SOON = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
_COLUMNS = (
    *("query", "status", "precision", "provider", "display_name", "attempts", "fetched_at", "expires_at"),
    *("next_try_at", "note", "geom"),
)
_POINTS = f"""
SELECT g.cluster, g.location_key, g.latitude, g.longitude, c.latitude, c.longitude
FROM tickets.geo_locations AS g JOIN (SELECT * FROM tickets.geo_clusters WHERE {PLACED}) AS c USING (cluster)
WHERE g.status = 'ok' AND g.geom IS NOT NULL
"""
_REFUSE = """
UPDATE tickets.geo_locations SET status = 'rejected', geom = NULL, next_try_at = %s, note = %s
WHERE (cluster, location_key) = (%s, %s) AND status = 'ok'
"""
_ONCE_MORE = """
UPDATE tickets.geo_locations SET next_try_at = %s
WHERE cluster = %s AND status = 'rejected' AND (next_try_at > %s OR next_try_at IS NULL)
"""


class Store:
    """Writes to the gazetteers."""

    def __init__(self, db: Database) -> None:
        self._db, self._postgis = db, db.postgis

    def answer(self, due: PendingPlace, query: str, answer: Answer, now: datetime) -> None:
        """Store a provider's answer for a place; `manual` rows are not changed."""
        found, place, fresh = answer.status is PlaceStatus.OK, answer.place, answer.provider.settings.cache
        attempts = 0 if found else due.attempts + 1
        next_try = None if found else now + _wait(answer, attempts)
        if answer.provisional:  # ask again soon, as a provider was unavailable
            fresh = min(fresh or AGAIN[0], AGAIN[0])
            if next_try and self._postpone(due, next_try, attempts):
                return
        values = {
            "query": query,
            "status": answer.status,
            "precision": plain(place.precision) if place else None,
            "provider": answer.provider.name,
            "display_name": plain(place.display_name) if place else None,
            "attempts": attempts,
            "fetched_at": now,
            "expires_at": now + fresh if found and fresh else None,
            "next_try_at": next_try,
            "note": plain(answer.note) or None,
        }
        self._write(due, values, place.point if place and found else None, now, " WHERE g.status <> 'manual'")

    def by_hand(self, due: PendingPlace, point: Point, precision: str | None, note: str, now: datetime) -> None:
        """Store a place set by a person; providers are no longer asked for it."""
        values = {
            "status": PlaceStatus.MANUAL,
            "precision": precision,
            "attempts": 0,
            "fetched_at": now,
            "note": note or None,
        }
        self._write(due, dict.fromkeys(_COLUMNS[:-1]) | values, point, now)

    def copy(self, due: PendingPlace, key: str) -> None:
        """Copy the answer from another spelling of a location in its cluster; a miss does not remove a point."""
        names = ", ".join(_COLUMNS)
        self._db.execute(
            f"INSERT INTO tickets.geo_locations AS g (cluster, location_key, {names}) "
            f"SELECT cluster, %s, {names} FROM tickets.geo_locations WHERE (cluster, location_key) = (%s, %s) "
            f"ON CONFLICT (cluster, location_key) DO UPDATE SET {_assigned(_COLUMNS)} "
            "WHERE g.status <> 'manual' AND (g.status <> 'ok' OR excluded.status = 'ok')",
            [due.key, due.cluster, key],
        )

    def refuse_far_ones(self, feed: Feed, radius_km: float, now: datetime) -> int:
        """Reject locations that are now too far from their cluster, to be asked for again; return their number."""
        refused = 0
        # Other feeds have another radius.
        own = (
            f"EXISTS (SELECT FROM {table(feed)} AS t "
            f"WHERE ({cluster_of(feed, 't.')}, t.location_key) = (g.cluster, g.location_key))"
        )
        for cluster, key, *degrees in self._db.all(f"{_POINTS} AND {own}"):
            if reason := too_far(Point(*degrees[:2]), Point(*degrees[2:]), radius_km):
                self._db.execute(_REFUSE, [now, f"wrong place: {reason}", cluster, key])
                refused += 1
        return refused

    def _postpone(self, due: PendingPlace, until: datetime, attempts: int) -> bool:
        """Extend an existing point's expiry instead of storing another provider's miss; return whether there is one."""
        name, key = _row(due)
        where = " AND ".join(f"{column} = %s" for column in key)
        sql = f"UPDATE tickets.{name} SET (expires_at, attempts) = (%s, %s) WHERE {where} AND status = 'ok'"
        return bool(self._db.execute(sql, [until, attempts, *key.values()]).rowcount)

    def _write(
        self, due: PendingPlace, values: Mapping[str, Any], point: Point | None, now: datetime, but: str = ""
    ) -> None:
        name, key = _row(due)
        degrees = (point.longitude, point.latitude) if point else (None, None)
        moved = due.key is None and point is not None and point != self._point(due.cluster)
        marks = ", ".join(["%s"] * (len(key) + len(values)))
        postgis = f"{self._postgis}.st_setsrid({self._postgis}.st_makepoint(%s::float8, %s::float8), 4326)"
        self._db.execute(
            f"INSERT INTO tickets.{name} AS g ({', '.join((*key, *values))}, geom) VALUES ({marks}, {postgis}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {_assigned((*values, 'geom'))}{but}",
            [*key.values(), *values.values(), *degrees],
        )
        if moved:  # locations rejected as too far from the old point may be near the new one
            self._db.execute(_ONCE_MORE, [now, due.cluster, now])

    def _point(self, cluster: str) -> Point | None:
        found = self._db.all("SELECT latitude, longitude FROM tickets.geo_clusters WHERE cluster = %s", [cluster])
        return Point(*found[0]) if found and found[0][0] is not None else None


def _assigned(columns: Iterable[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns)


def _row(due: PendingPlace) -> tuple[str, dict[str, str]]:
    """Return a place's table and its key there."""
    if due.key is None:
        return "geo_clusters", {"cluster": due.cluster}
    return "geo_locations", {"cluster": due.cluster, "location_key": due.key}


def _wait(answer: Answer, attempts: int) -> timedelta:
    waits = SOON if answer.pending else AGAIN[:1] if answer.provisional else AGAIN
    return waits[min(attempts, len(waits)) - 1]
