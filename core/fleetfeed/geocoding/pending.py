"""Finds the places that the gazetteers lack, or whose entries have expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import cluster_of, is_open, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.geo import Point
from fleetfeed.states import PlaceSource

if TYPE_CHECKING:
    from fleetfeed.database import Database

PLACED = "geom IS NOT NULL AND status IN ('ok', 'manual')"
# No entry, an expired point, or a miss that is due for another try.
_DUE = (
    "(g.cluster IS NULL OR g.status = 'ok' AND g.expires_at <= %s "
    "OR g.status IN ('not_found', 'rejected') AND coalesce(g.next_try_at, '-infinity') <= %s)"
)


@dataclass(frozen=True, slots=True)
class PendingPlace:
    """A place to ask for; a cluster has no key."""

    cluster: str
    key: str | None = None
    attempts: int = 0  # consecutive ones without a result
    near: Point | None = None  # the cluster's point


def clusters(db: Database, feed: Feed, now: datetime) -> list[PendingPlace]:
    """Return the clusters of the feed's tickets to ask for.

    Clusters and locations are in random order, so that a few on which a provider fails do not block the others.
    """
    cluster = cluster_of(feed)
    found = db.all(
        "SELECT t.cluster, coalesce(g.attempts, 0) "
        f"FROM (SELECT DISTINCT {cluster} AS cluster FROM {table(feed)}) AS t "
        f"LEFT JOIN tickets.geo_clusters AS g USING (cluster) WHERE t.cluster IS NOT NULL AND {_DUE} ORDER BY random()",
        [now, now],
    )
    return [PendingPlace(cluster, None, attempts) for cluster, attempts in found]


def locations(db: Database, feed: Feed, now: datetime) -> list[PendingPlace]:
    """Return the locations of open, actionable tickets to ask for; `near` is None if the cluster has no point."""
    roles = feed.roles
    actionable = f"AND {quoted(roles.actionable)}" if roles.actionable else ""
    found = db.all(
        "SELECT t.cluster, t.location_key, coalesce(g.attempts, 0), c.latitude, c.longitude FROM "
        f"(SELECT DISTINCT coalesce({cluster_of(feed)}, '') AS cluster, location_key FROM {table(feed)} "
        f"WHERE {is_open(feed)} {actionable} AND location_key IS NOT NULL "
        f"AND geo_source IS DISTINCT FROM '{PlaceSource.FEED}') AS t "
        "LEFT JOIN tickets.geo_locations AS g USING (cluster, location_key) "
        f"LEFT JOIN (SELECT * FROM tickets.geo_clusters WHERE {PLACED}) AS c ON c.cluster = t.cluster "
        f"WHERE {_DUE} ORDER BY random()",
        [now, now],
    )
    return [
        PendingPlace(cluster, key, attempts, Point(latitude, longitude) if latitude is not None else None)
        for cluster, key, attempts, latitude, longitude in found
    ]


def answered(db: Database, now: datetime) -> dict[tuple[str, str], str]:
    """Return the location with the answer for each cluster and name that has one.

    Locations that differ only in network codes have the same name.
    """
    found = db.all(
        "SELECT g.cluster, g.query, g.location_key FROM tickets.geo_locations AS g "
        f"WHERE g.query IS NOT NULL AND g.provider IS NOT NULL AND g.status <> 'manual' AND {_DUE} IS NOT TRUE",
        [now, now],
    )
    return {(cluster, query): key for cluster, query, key in found}
