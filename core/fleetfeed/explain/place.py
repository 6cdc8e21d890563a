"""Explain a ticket's place: each of the three sources in order, and why it was not used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fleetfeed.feed import Feed
from fleetfeed.geocoding.queries import of_cluster, of_location
from fleetfeed.states import PlaceSource, PlaceStatus

if TYPE_CHECKING:
    from fleetfeed.database import Database

_COLUMNS = (
    "status, provider, precision, query, display_name, latitude, longitude, attempts, fetched_at, expires_at, "
    "next_try_at, note"
)
_CLUSTER = f"SELECT row_to_json(g) FROM (SELECT {_COLUMNS} FROM tickets.geo_clusters WHERE cluster = %s) AS g"
_LOCATION = f"""
SELECT row_to_json(g) FROM (
    SELECT {_COLUMNS} FROM tickets.geo_locations WHERE (cluster, location_key) = (%s, %s)
) AS g
"""
_WHY = {
    PlaceStatus.NOT_FOUND: "no geocoder found it",
    PlaceStatus.REJECTED: "the answers were wrong places",
}


def place(db: Database, feed: Feed, row: Mapping[str, Any], raw: Mapping[str, str]) -> dict[str, Any]:
    """Return a ticket's place, and for each source what it has and why it is not used."""
    cluster, location = raw.get(feed.roles.cluster or ""), row["location_key"]
    spot = db.one(_LOCATION, [cluster or "", location]) if location else None
    area = db.one(_CLUSTER, [cluster]) if cluster else None
    sources = (
        (PlaceSource.FEED, _given(feed, raw), None, None),
        (PlaceSource.LOCATION, location, spot, location and of_location(feed, location)),
        (PlaceSource.CLUSTER, cluster, area, cluster and of_cluster(feed, cluster)),
    )
    used = PlaceSource(row["geo_source"]) if row["geo_source"] else None
    return {
        "source": used,
        "precision": row["geo_precision"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "looked_at": [
            {"source": source, "name": name, "known": known, "why": _why(source, used, name, known, query)}
            for source, name, known, query in sources
        ],
    }


def _given(feed: Feed, raw: Mapping[str, str]) -> str | None:
    cells = [raw.get(name, "") for name in (feed.roles.latitude, feed.roles.longitude) if name]
    return ",".join(cells) if any(cells) else None


def _why(
    source: PlaceSource, used: PlaceSource | None, name: str | None, known: Mapping[str, Any] | None, query: str | None
) -> str | None:
    """Return why a source is not used; None if it is."""
    order = [*PlaceSource]
    if source is used:
        return None
    if source is PlaceSource.FEED:
        return "not used: no coordinates, or outside the country" if name else "the feed has none"
    if not name:
        return f"the ticket has no {source}"
    if known is None:
        return "not geocoded yet" if query else "never geocoded: without codes, too little is left of the name"
    if known["status"] not in (PlaceStatus.OK, PlaceStatus.MANUAL):
        return f"{_WHY[known['status']]}{_note(known)}"
    if used and order.index(used) < order.index(source):
        return "known, but the place above is better"
    return "known, but not copied to this ticket yet: the next geocoding does"


def _note(known: Mapping[str, Any]) -> str:
    return f" ({known['note']})" if known["note"] else ""
