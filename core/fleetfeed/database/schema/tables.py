"""The SQL of a feed's table, derived from its declaration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from fleetfeed.feed import Column, Degrees, Feed, Moment, Text, Whole, YesNo
from fleetfeed.model import ALLOWANCE as AHEAD

# The exporter often updates `last_seen_at` of every ticket; free space on the page makes these updates HOT.
FILLFACTOR = 60
ALLOWANCE = f"interval '{AHEAD.days} day'"
NOT_LATER_THAN = f"now() + {ALLOWANCE}"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table, in SQL."""

    name: str
    type: str
    generated: str | None = None
    constraint: str = ""

    @property
    def ddl(self) -> str:
        """The column's definition in CREATE TABLE."""
        stored = f" GENERATED ALWAYS AS ({self.generated}) STORED" if self.generated else ""
        return f"{quoted(self.name)} {self.type}{stored}{' ' * bool(self.constraint)}{self.constraint}"


def quoted(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string."""
    return "'" + text.replace("'", "''") + "'"


def table(feed: Feed) -> str:
    """Return the qualified name of the feed's table."""
    return f"tickets.{quoted(feed.name)}"


def closed(feed: Feed) -> str:
    """Return the SQL condition that a ticket is closed, never null. The only place that decides this.

    Written so that the planner can estimate the number of open tickets from the frequency of each status.
    """
    status, words = quoted(feed.roles.status), ", ".join(literal(word) for word in feed.roles.closed_statuses)
    by_status = f"({status} IN ({words})) IS TRUE" if words else "false"
    if feed.roles.closed is None:
        return f"({by_status})"
    return f"({by_status} OR {status} IS NULL AND {quoted(feed.roles.closed)} IS NOT NULL)"


def cluster_of(feed: Feed, prefix: str = "") -> str:
    """Return the SQL of a ticket's cluster; null for feeds without one."""
    return f"{prefix}{quoted(feed.roles.cluster)}" if feed.roles.cluster else "NULL::text"


def is_open(feed: Feed) -> str:
    """Return the SQL condition that a ticket belongs to the backlog."""
    return f"NOT {closed(feed)} AND absent_since IS NULL"


def fits(feed: Feed) -> str:
    """Return the SQL condition, never null, that a ticket's texts fit an index entry (at most 2,704 bytes).

    Queries for closed tickets by time contain this condition or its negation, to use one of the two indexes.
    """
    lengths = " + ".join(f"coalesce(octet_length({quoted(name)}), 0)" for name in _counted(feed))
    return f"({lengths} <= 2000)"


def _counted(feed: Feed) -> list[str]:
    """List the text columns by which the dashboard counts closed tickets."""
    names = ("ticket_id", feed.roles.status, feed.roles.cluster, "geo_source", "geo_precision")
    return list(dict.fromkeys(name for name in names if name))


def columns(feed: Feed, postgis: str) -> list[TableColumn]:
    """List the columns of the feed's table, in order."""
    typed = [TableColumn(item.name, *_typed(item)) for item in feed.columns if item.typed]
    return [
        TableColumn("ticket_id", "text", constraint="PRIMARY KEY"),
        TableColumn("raw", "jsonb", constraint="NOT NULL"),
        *typed,
        TableColumn("geom", f"{postgis}.geometry(Point,4326)"),
        TableColumn("geo_source", "text"),
        TableColumn("geo_precision", "text"),
        # Plausible coordinates of the feed win over geocoded ones: see tickets.resolve_place().
        TableColumn("latitude", "double precision", f"{postgis}.st_y(geom)"),
        TableColumn("longitude", "double precision", f"{postgis}.st_x(geom)"),
        TableColumn("geog", f"{postgis}.geography(Point,4326)", f"geom::{postgis}.geography"),
        TableColumn("absent_since", "timestamp with time zone"),
        TableColumn("ingested_at", "timestamp with time zone", constraint="DEFAULT now() NOT NULL"),
        TableColumn("source_digest", "uuid"),
        TableColumn("location_key", "text"),
        TableColumn("run_id", "bigint"),
    ]


def create_table(feed: Feed, postgis: str, name: str = "") -> str:
    """Return CREATE TABLE for the feed; with a `name`, for a temporary table of the same shape."""
    body = ", ".join(column.ddl for column in columns(feed, postgis))
    if name:
        return f"CREATE TEMP TABLE {name} ({body}) ON COMMIT DROP"
    return f"CREATE TABLE {table(feed)} ({body}) WITH (fillfactor = {FILLFACTOR})"


def create_trigger(feed: Feed) -> str:
    """Return CREATE TRIGGER for the trigger that resolves the place of each written ticket."""
    return (
        f"CREATE TRIGGER resolve_place BEFORE INSERT OR UPDATE OF raw, location_key, geom ON {table(feed)} "
        f"FOR EACH ROW EXECUTE FUNCTION tickets.resolve_place({', '.join(map(literal, _place_arguments(feed)))})"
    )


def place_of(feed: Feed, row: str, location_key: str = "") -> str:
    """Return the call, for a lateral join, that resolves the place of a row with `raw` and `location_key`."""
    names, bounds = _place_arguments(feed)[:3], _place_arguments(feed)[3:]
    key = location_key or f"{row}.location_key"
    return f"tickets.place_of({row}.raw, {key}, {', '.join([*map(literal, names), *bounds])})"


def _place_arguments(feed: Feed) -> list[str]:
    roles, box = feed.roles, feed.country
    bounds = (box.south, box.west, box.north, box.east) if box else (-90, -180, 90, 180)
    return [roles.latitude or "", roles.longitude or "", roles.cluster or "", *map(str, bounds)]


def indexes(feed: Feed) -> dict[str, str]:
    """Return the indexes beside the primary key, by name. Each slows every load; none has a bookkeeping column."""
    created = quoted(feed.roles.created[0])
    bodies = {
        "geog": "USING gist (geog)",
        "open": f"USING btree (absent_since) WHERE NOT {closed(feed)}",
        "open_geog": f"USING gist (geog) WHERE {is_open(feed)}",  # else «nearest» walks over all that is closed
        **_by_closing_time(feed),
        "created": f"USING btree ({created}) WHERE {created} IS NOT NULL",
    }
    return {
        f"{feed.name}_{name}": f"CREATE INDEX {quoted(f'{feed.name}_{name}')} ON {table(feed)} {body}"
        for name, body in bodies.items()
    }


def optional_indexes(feed: Feed) -> set[str]:
    """Return the names of the indexes that only a feed with closing times has."""
    return {f"{feed.name}_{name}" for name in ("closed", "closed_long")}


def _by_closing_time(feed: Feed) -> dict[str, str]:
    """Return the bodies of the indexes by closing time; empty for feeds without one."""
    if feed.roles.closed is None:
        return {}
    closed_at = quoted(feed.roles.closed)
    # Everything that the dashboard counts of closed tickets: index-only scans are several times as fast.
    beside = dict.fromkeys(quoted(name) for name in (*_counted(feed), feed.roles.created[0], feed.roles.mttr) if name)
    ordered, timed = f"USING btree ({closed_at})", f"WHERE {closed_at} IS NOT NULL AND"
    return {
        "closed": f"{ordered} INCLUDE ({', '.join(beside)}) {timed} {fits(feed)}",
        "closed_long": f"{ordered} {timed} NOT {fits(feed)}",
    }


def definition(feed: Feed, postgis: str) -> str:
    """Digest table, trigger and indexes: what `migrate` must have applied before a run may start."""
    statements = [create_table(feed, postgis), create_trigger(feed), *indexes(feed).values()]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def checked_columns(feed: Feed) -> Iterator[tuple[str, str]]:
    """Yield each column whose text may be unreadable, and the SQL condition for that on a row `t`."""
    for column in feed.columns:
        if isinstance(column, Degrees):
            yield column.name, "t.geo_source IS DISTINCT FROM 'feed'"
        elif column.typed and not isinstance(column, Text):
            yield column.name, f"t.{quoted(column.name)} IS NULL"


def moment(column: Moment) -> str:
    """Return the SQL that reads a time from `raw`."""
    text = f"raw ->> {literal(column.name)}"
    if column.has_offset:
        return f"tickets.instant({text}, {literal(column.zone_name)})"
    return f"timezone({literal(column.zone_name)}, tickets.local_ts({text}))"


def winner_time(column: Moment) -> str:
    """Return the SQL of a time that decides between versions of a ticket; null if it is in the future."""
    return f"(SELECT time FROM (SELECT {moment(column)} AS time) AS read WHERE time <= {NOT_LATER_THAN})"


def _typed(column: Column) -> tuple[str, str]:
    """Return the type of a typed column and the expression that reads it from `raw`."""
    text = f"raw ->> {literal(column.name)}"
    if isinstance(column, Whole):
        if column.decimal:
            return "integer", f"tickets.whole({text}, {literal(column.decimal)}, {literal(column.thousands)})"
        return "integer", f"tickets.whole({text})"
    if isinstance(column, Moment):
        return "timestamp with time zone", moment(column)
    if isinstance(column, YesNo):
        yes, no = (", ".join(map(literal, words)) for words in (column.yes, column.no))
        return "boolean", f"CASE WHEN lower({text}) IN ({yes}) THEN true WHEN lower({text}) IN ({no}) THEN false END"
    return "text", text
