"""What becomes of an answer: a row of a gazetteer, which no provider writes over one that a person has set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fleetfeed.database.schema.tables import cluster_of, table
from fleetfeed.feed import Feed
from fleetfeed.geo import Point
from fleetfeed.geocoding.guard import too_far
from fleetfeed.geocoding.pending import PLACED, Due
from fleetfeed.geocoding.policy import Answer
from fleetfeed.states import PlaceStatus
from fleetfeed.text.redact import plain

if TYPE_CHECKING:
    from fleetfeed.database import Database

AGAIN = (timedelta(days=1), timedelta(days=3), timedelta(days=7))  # after which a place is asked for once more
SOON = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))  # while somebody who may know it is not there
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
    """Write to the gazetteers."""

    def __init__(self, db: Database) -> None:
        self._db, self._postgis = db, db.postgis

    def answer(self, due: Due, query: str, answer: Answer, now: datetime) -> None:
        """Enter what a provider said of a place; a row that is `manual` stays as it is."""
        found, place, fresh = answer.status is PlaceStatus.OK, answer.place, answer.provider.settings.cache
        attempts = 0 if found else due.attempts + 1
        next_try = None if found else now + _wait(answer, attempts)
        if answer.provisional:  # whoever could not be asked is asked soon
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

    def by_hand(self, due: Due, point: Point, precision: str | None, note: str, now: datetime) -> None:
        """Enter a place that a person knows: no provider is asked for it any more."""
        values = {
            "status": PlaceStatus.MANUAL,
            "precision": precision,
            "attempts": 0,
            "fetched_at": now,
            "note": note or None,
        }
        self._write(due, dict.fromkeys(_COLUMNS[:-1]) | values, point, now)

    def copy(self, due: Due, key: str) -> None:
        """Give a location the answer that another spelling of it in its cluster has; a miss takes no point away."""
        names = ", ".join(_COLUMNS)
        self._db.execute(
            f"INSERT INTO tickets.geo_locations AS g (cluster, location_key, {names}) "
            f"SELECT cluster, %s, {names} FROM tickets.geo_locations WHERE (cluster, location_key) = (%s, %s) "
            f"ON CONFLICT (cluster, location_key) DO UPDATE SET {_assigned(_COLUMNS)} "
            "WHERE g.status <> 'manual' AND (g.status <> 'ok' OR excluded.status = 'ok')",
            [due.key, due.cluster, key],
        )

    def refuse_far_ones(self, feed: Feed, radius_km: float, now: datetime) -> int:
        """Take back a feed's locations too far from where their cluster lies now; they are asked for again."""
        refused = 0
        # Another feed's are judged by another radius.
        own = (
            f"EXISTS (SELECT FROM {table(feed)} AS t "
            f"WHERE ({cluster_of(feed, 't.')}, t.location_key) = (g.cluster, g.location_key))"
        )
        for cluster, key, *degrees in self._db.all(f"{_POINTS} AND {own}"):
            if reason := too_far(Point(*degrees[:2]), Point(*degrees[2:]), radius_km):
                self._db.execute(_REFUSE, [now, f"wrong place: {reason}", cluster, key])
                refused += 1
        return refused

    def _postpone(self, due: Due, until: datetime, attempts: int) -> bool:
        """Keep a point for some longer, if there is one: that somebody else does not know it takes it off no map."""
        name, key = _row(due)
        where = " AND ".join(f"{column} = %s" for column in key)
        sql = f"UPDATE tickets.{name} SET (expires_at, attempts) = (%s, %s) WHERE {where} AND status = 'ok'"
        return bool(self._db.execute(sql, [until, attempts, *key.values()]).rowcount)

    def _write(self, due: Due, values: Mapping[str, Any], point: Point | None, now: datetime, but: str = "") -> None:
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
        if moved:  # what was too far from where the cluster was said to lie may be near now
            self._db.execute(_ONCE_MORE, [now, due.cluster, now])

    def _point(self, cluster: str) -> Point | None:
        found = self._db.all("SELECT latitude, longitude FROM tickets.geo_clusters WHERE cluster = %s", [cluster])
        return Point(*found[0]) if found and found[0][0] is not None else None


def _assigned(columns: Iterable[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns)


def _row(due: Due) -> tuple[str, dict[str, str]]:
    """Name a place's table and its key there."""
    if due.key is None:
        return "geo_clusters", {"cluster": due.cluster}
    return "geo_locations", {"cluster": due.cluster, "location_key": due.key}


def _wait(answer: Answer, attempts: int) -> timedelta:
    waits = SOON if answer.pending else AGAIN[:1] if answer.provisional else AGAIN
    return waits[min(attempts, len(waits)) - 1]
