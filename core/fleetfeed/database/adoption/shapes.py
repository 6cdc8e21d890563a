"""The earlier program's tables: the columns that they have, and what becomes of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleetfeed.database.schema.tables import literal
from fleetfeed.feed import Feed

# Tickets loaded from exports hold only non-empty strings; old documents are converted to that.
NOT_AS_EXPORTED = """jsonb_path_exists(o.raw, 'strict $.* ? (@.type() != "string" || @ == "")')"""
_AS_EXPORTED = (
    f"CASE WHEN {NOT_AS_EXPORTED} THEN (SELECT coalesce(jsonb_object_agg(key, value), '{{}}') "
    "FROM jsonb_each_text(o.raw) WHERE value <> '') ELSE o.raw END"
)
_TIME, _POINT = "timestamp with time zone", "geometry(Point,4326)"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table has to be like, and how its rows `o` become rows of the contract's table of that name."""

    types: Mapping[str, str]
    select: str  # the columns of the contract; @postgis@ and @adopt_as@ are replaced
    about: str  # what becomes of which column
    key: str = ""  # of rows with the same key, the first by `order` is copied; tickets are unique already
    order: str = ""
    location: str = ""  # SQL of a location's name, whose key is `k.key`
    leftovers: Mapping[str, str] = field(default_factory=dict)  # column → condition: its value has no column any more


def tickets(feed: Feed) -> Shape:
    """Return the shape of a feed's tickets."""
    return Shape(
        types={"ticket_id": "text", "raw": "jsonb", "geom": _POINT, "geo_source": "text", "ingested_at": _TIME},
        select=f"o.ticket_id, {_AS_EXPORTED} AS raw, k.key AS location_key, o.ingested_at",
        about="ticket_id, raw and ingested_at as they are; typed columns and places are computed again",
        location=f"o.raw ->> {literal(feed.roles.location or '')}",
    )


SNAPSHOT = Shape(
    types={"snapshot_date": "date", "cluster": "text", "captured_at": _TIME}
    | dict.fromkeys(("open_count", "actionable_count", "created_count", "closed_count"), "integer"),
    select="snapshot_date, cluster, open_count AS open_total, actionable_count AS open_actionable, captured_at",
    about="open_count becomes open_total, actionable_count becomes open_actionable",
    key="snapshot_date, cluster",
    order="captured_at DESC",
    # These counted by the tickets' own times, `observed_…` count by observation: not the same.
    leftovers={name: f"o.{name} <> 0" for name in ("created_count", "closed_count")},
)
# Its source is the name of a feed with a ticket table. S3 returns the ETag in quotes, the contract stores it without.
_META = Shape(
    types={"id": "integer", "source": "text", "metadata": "jsonb", "imported_at": _TIME},
    select="coalesce((SELECT feed FROM pg_temp.ticket_tables WHERE feed = o.source), @adopt_as@) AS feed, "
    "coalesce(jsonb_set(metadata, '{source_etag}', to_jsonb(btrim(metadata ->> 'source_etag', '\"')), false), metadata)"
    " AS metadata, imported_at AS updated_at",
    about="source becomes feed, imported_at becomes updated_at",
    key="feed",
    order="updated_at DESC",
)
_CLOSURES = Shape(
    types={"id": "bigint", "ticket_id": "text", "closed_at": _TIME, "cluster": "text", "assigned_team": "text"}
    | {"mttr": "integer", "observed_at": _TIME},
    # The feed is the only one whose table has the ticket.
    select="id AS event_id, coalesce((SELECT min(feed) FROM pg_temp.ticket_feeds AS f WHERE f.ticket_id = o.ticket_id "
    "HAVING count(*) = 1), @adopt_as@) AS feed, ticket_id, closed_at, cluster, assigned_team, mttr, observed_at",
    about="id becomes event_id",
    key="feed, ticket_id, coalesce(closed_at, '-infinity')",
    order="observed_at, event_id",
)
_PLACE = "coalesce(o.geom, @postgis@.st_setsrid(@postgis@.st_makepoint(lng, lat), 4326))"
_CLUSTERS = Shape(
    types={"cluster": "text", "geom": _POINT, "display_name": "text", "geocoded_at": _TIME}
    | dict.fromkeys(("lat", "lng"), "double precision"),
    select=f"cluster, {_PLACE} AS geom, CASE WHEN {_PLACE} IS NULL THEN 'not_found' ELSE 'ok' END AS status, "
    "display_name, geocoded_at AS fetched_at",
    about="geocoded_at becomes fetched_at",
    key="cluster",
    order="geom IS NULL, fetched_at DESC NULLS LAST",
    leftovers={
        name: f"{name} IS NOT NULL AND (abs({name} - @postgis@.{axis}({_PLACE})) <= 1e-6) IS NOT TRUE"
        for name, axis in (("lat", "st_y"), ("lng", "st_x"))
    },
)
_LOCATIONS = Shape(
    types={**_CLUSTERS.types, "location_name": "text", "query": "text"},
    select=f"k.key AS location_key, query, {_CLUSTERS.select}",
    about="location_name becomes location_key, geocoded_at becomes fetched_at",
    key="cluster, location_key",
    order=_CLUSTERS.order,
    location="o.location_name",
    leftovers=_CLUSTERS.leftovers,
)
SHARED = {"import_meta": _META, "closure_events": _CLOSURES, "geo_clusters": _CLUSTERS, "geo_locations": _LOCATIONS}
