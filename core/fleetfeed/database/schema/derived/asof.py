"""The SQL fragments of the past: which columns the change log can give back, and which not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.feed import Feed

# Columns that no change of a ticket holds; beside them those that the feed declares as bookkeeping.
_OF_THE_PRESENT = ("ingested_at", "source_digest", "run_id")
_OF_THE_MAP = ("ticket_id", "absent_since", "geom", "geo_source", "geo_precision", "latitude", "longitude")
_OF_THE_PLACE = ("geom", "geo_source", "geo_precision", "location_key", "latitude", "longitude", "geog")
# What columns of then are computed from: cells that have changed since, and the place of a ticket that has moved.
_THEN = "(SELECT later.was, NULL::text, place.*) AS c (raw, location_key, geom, geo_source, geo_precision)"


def fragments(feed: Feed, postgis: str, shown: Collection[str | None]) -> dict[str, str]:
    """Return the fragments by name; `shown` are the columns that readers of the map see."""
    columns = tables.columns(feed, postgis)
    of_map = [column for column in columns if column.name in {*_OF_THE_MAP, *shown}]
    return {
        "all_columns": ", ".join(f"{quoted(column.name)} {column.type}" for column in columns),
        "map_columns": ", ".join(quoted(column.name) for column in of_map),
        "as_it_was": _list(columns, partial(_then, feed)),
        "as_it_is": _list(columns, partial(_unchanged, feed)),
        "map_columns_as_they_are": _list(of_map, partial(_unchanged, feed)),
        "raw_then": _raw_then(feed),
        "place_columns": _array([name for name in _place_columns(feed) if name]),
        "place_of_then": tables.place_of(feed, "gone", location_key="NULL"),
    }


def unknown_columns(feed: Feed) -> list[str]:
    """Return the names of the columns that are null in the past."""
    return [*feed.bookkeeping, *_OF_THE_PRESENT]


def unknown(feed: Feed) -> str:
    """Return these names as SQL of one JSON value."""
    return f"to_json({_array(unknown_columns(feed))})"


def _list(columns: Iterable[tables.TableColumn], value: Callable[[tables.TableColumn], str]) -> str:
    return ", ".join(f"{value(column)} AS {quoted(column.name)}" for column in columns)


def _unchanged(feed: Feed, column: tables.TableColumn) -> str:
    """Return a column of then of a ticket that has not changed since."""
    if column.name in unknown_columns(feed):
        return f"NULL::{column.type}"
    return _logged(feed) if column.name == "raw" else f"t.{quoted(column.name)}"


def _then(feed: Feed, column: tables.TableColumn) -> str:
    """Return a column of then; it is computed only if what it comes from has changed since."""
    name, today = column.name, _unchanged(feed, column)
    computed = f"(SELECT {column.generated or name} FROM {_THEN})"
    if name in unknown_columns(feed):
        return today
    if name == "raw":
        return f"CASE WHEN later.was IS NULL THEN {today} ELSE {_raw_then(feed)} END"
    if name == "absent_since":
        return "before.absent_since"
    if name in _OF_THE_PLACE:
        return f"CASE WHEN before.moved THEN {computed} ELSE {today} END"
    return f"CASE WHEN later.was ? {literal(name)} THEN {computed} ELSE {today} END" if column.generated else today


def _raw_then(feed: Feed) -> str:
    return f"jsonb_strip_nulls(({_logged(feed)}) || later.was)"


def _logged(feed: Feed) -> str:
    """Return the part of today's `raw` that the change log keeps."""
    return f"t.raw - {_array(feed.bookkeeping)}" if feed.bookkeeping else "t.raw"


def _place_columns(feed: Feed) -> tuple[str | None, ...]:
    roles = feed.roles
    return roles.latitude, roles.longitude, roles.cluster, roles.location


def _array(names: tuple[str, ...] | list[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, names))}]::text[]"
