"""The SQL fragments of the past: which columns the change log can give back, and which not."""

from __future__ import annotations

from collections.abc import Callable

from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.feed import Feed

# Columns that no change of a ticket tells; beside them those that the feed declares as bookkeeping.
_OF_THE_PRESENT = ("ingested_at", "source_digest", "run_id")


def fragments(feed: Feed, postgis: str) -> dict[str, str | Callable[[str], str]]:
    """Return the fragments by name."""
    return {
        "all_columns": ", ".join(f"{quoted(column.name)} {column.type}" for column in tables.columns(feed, postgis)),
        "as_it_is": ", ".join(_as_it_is(feed, column) for column in tables.columns(feed, postgis)),
        "as_it_was": ", ".join(_as_it_was(feed, column) for column in tables.columns(feed, postgis)),
        "logged": lambda raw: _logged(feed, raw),
        "place_columns": _array([name for name in _place_columns(feed) if name]),
        "place_of_then": tables.place_of(feed, "before", location_key="NULL"),
        "unknown": f"to_json({_array(unknown_columns(feed))})",
    }


def unknown_columns(feed: Feed) -> list[str]:
    """Return the names of the columns that are null in the past."""
    return [*feed.bookkeeping, *_OF_THE_PRESENT]


def _as_it_is(feed: Feed, column: tables.TableColumn) -> str:
    if column.name == "raw":
        return _logged(feed, "t.raw")
    return _null(column) if column.name in unknown_columns(feed) else f"t.{quoted(column.name)}"


def _as_it_was(feed: Feed, column: tables.TableColumn) -> str:
    if column.name in unknown_columns(feed):
        return _null(column)
    return column.generated or f"r.{quoted(column.name)}"


def _null(column: tables.TableColumn) -> str:
    return f"NULL::{column.type}"


def _logged(feed: Feed, raw: str) -> str:
    """Return the part of `raw` that the change log keeps."""
    return f"{raw} - {_array(feed.bookkeeping)}" if feed.bookkeeping else raw


def _place_columns(feed: Feed) -> tuple[str | None, ...]:
    roles = feed.roles
    return roles.latitude, roles.longitude, roles.cluster, roles.location


def _array(names: tuple[str, ...] | list[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, names))}]::text[]"
