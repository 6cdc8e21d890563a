"""Which places the gazetteers lack, or hold no longer fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import cluster_of, is_open, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.geo import Point

if TYPE_CHECKING:
    from fleetfeed.database import Database

PLACED = "geom IS NOT NULL AND status IN ('ok', 'manual')"
# Of nothing known, of a point that is no longer fresh, of a miss whose time has come.
_DUE = (
    "(g.cluster IS NULL OR g.status = 'ok' AND g.expires_at <= %s "
    "OR g.status IN ('not_found', 'rejected') AND coalesce(g.next_try_at, '-infinity') <= %s)"
)


@dataclass(frozen=True, slots=True)
class Due:
    """Name a place that has to be asked for; a cluster's own has no key."""

    cluster: str
    key: str | None = None
    attempts: int = 0  # in a row that found nothing
    near: Point | None = None  # where the cluster lies


def clusters(db: Database, feed: Feed, now: datetime) -> list[Due]:
    """List the clusters of the feed's tickets that have to be asked for.

    They, and the locations, come in no order: a few on which a provider chokes must not keep the others waiting.
    """
    cluster = cluster_of(feed)
    found = db.all(
        "SELECT t.cluster, coalesce(g.attempts, 0) "
        f"FROM (SELECT DISTINCT {cluster} AS cluster FROM {table(feed)}) AS t "
        f"LEFT JOIN tickets.geo_clusters AS g USING (cluster) WHERE t.cluster IS NOT NULL AND {_DUE} ORDER BY random()",
        [now, now],
    )
    return [Due(cluster, None, attempts) for cluster, attempts in found]


def locations(db: Database, feed: Feed, now: datetime) -> list[Due]:
    """List the locations of open, actionable tickets that have to be asked for; `near` is None without a cluster's."""
    roles = feed.roles
    actionable = f"AND {quoted(roles.actionable)}" if roles.actionable else ""
    found = db.all(
        "SELECT t.cluster, t.location_key, coalesce(g.attempts, 0), c.latitude, c.longitude FROM "
        f"(SELECT DISTINCT coalesce({cluster_of(feed)}, '') AS cluster, location_key FROM {table(feed)} "
        f"WHERE {is_open(feed)} {actionable} AND location_key IS NOT NULL AND geo_source IS DISTINCT FROM 'feed') AS t "
        "LEFT JOIN tickets.geo_locations AS g USING (cluster, location_key) "
        f"LEFT JOIN (SELECT * FROM tickets.geo_clusters WHERE {PLACED}) AS c ON c.cluster = t.cluster "
        f"WHERE {_DUE} ORDER BY random()",
        [now, now],
    )
    return [
        Due(cluster, key, attempts, Point(latitude, longitude) if latitude is not None else None)
        for cluster, key, attempts, latitude, longitude in found
    ]


def answered(db: Database, now: datetime) -> dict[tuple[str, str], str]:
    """Tell which names have been asked for in which cluster, and the location that holds the answer.

    Names that differ in a code of the network only are one name to a provider.
    """
    found = db.all(
        "SELECT g.cluster, g.query, g.location_key FROM tickets.geo_locations AS g "
        f"WHERE g.query IS NOT NULL AND g.provider IS NOT NULL AND g.status <> 'manual' AND {_DUE} IS NOT TRUE",
        [now, now],
    )
    return {(cluster, query): key for cluster, query, key in found}
