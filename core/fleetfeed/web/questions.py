"""What can be asked of a feed: which SQL function answers, with which arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleetfeed.errors import InvalidArgument
from fleetfeed.geo import Point
from fleetfeed.states import AsOfBy
from fleetfeed.text.suggest import did_you_mean
from fleetfeed.units.nearest import MOST, TO_POINT, TO_TICKET, TO_UNIT, USUAL

JSON, GEOJSON, CSV = "application/json", "application/geo+json", "text/csv; charset=utf-8"
MOST_TICKETS = 20_000
_USUAL_TICKETS = 5_000
_WINDOWS = ("24h", "7d", "30d", "90d", "custom")


@dataclass(frozen=True, slots=True)
class Question:
    """One call of a reading function; equal questions have equal answers."""

    feed: str
    sql: str
    values: tuple[str | int | float | None, ...]
    media_type: str = JSON


Ask = Callable[[str, Mapping[str, str]], Question]


def dashboard(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for open tickets, those closed in a window, and metrics."""
    check_names(given, ("cluster", "status", "window", "from", "to"))
    values = (given.get("cluster"), given.get("status"), *_window(given))
    return Question(feed, f"SELECT reporting.fn_{feed}_dashboard(%s, %s, %s, %s, %s)::text", values)


def teams(feed: str, given: Mapping[str, str]) -> Question:
    """Ask which team closed and repaired what."""
    return _teams(feed, given, JSON)


def teams_csv(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for the same as CSV, one line per team."""
    return _teams(feed, given, CSV)


def tickets(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for tickets as GeoJSON, now or as they were."""
    return _tickets(feed, given, GEOJSON)


def tickets_csv(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for tickets as CSV, now or as they were."""
    return _tickets(feed, given, CSV)


def loads(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for the loads after which tickets can be given back, newest first."""
    check_names(given, ("limit",))
    limit = _count(given.get("limit", "1000"), 0, 10_000, "Pass 0 to 10000.")
    return Question(feed, "SELECT reporting.fn_loads(%s, %s)::text", (feed, limit))


def open_csv(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for the dashboard's open tickets as CSV."""
    check_names(given, ("cluster", "status"))
    values = (given.get("cluster"), given.get("status"))
    return Question(feed, f"SELECT reporting.fn_{feed}_dashboard(%s, %s) ->> 'open'", values, CSV)


def freshness(feed: str, given: Mapping[str, str]) -> Question:
    """Ask how far to trust what is loaded."""
    check_names(given, ())
    return Question(feed, "SELECT reporting.fn_freshness(%s)::text", (feed,))


def ticket(feed: str, ticket_id: str, given: Mapping[str, str]) -> Question:
    """Ask for one ticket and its life."""
    check_names(given, ())
    return Question(feed, f"SELECT reporting.fn_{feed}_ticket(%s)::text", (_text("ticket_id", ticket_id),))


def nearest(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for open tickets near a point, or near a unit."""
    check_names(given, ("lat", "lon", "unit", "limit"))
    limit = _near(given)
    if "unit" in given and not {"lat", "lon"} & {*given}:
        return Question(feed, TO_UNIT.format(feed), (limit, given["unit"]), GEOJSON)
    if "unit" in given or not {"lat", "lon"} <= {*given}:
        raise InvalidArgument("Near what is not clear.", effect="", next_step="Pass lat and lon, or unit.")
    point = Point.read(given["lat"], given["lon"])
    if not point.exists:
        raise InvalidArgument(
            f"lat and lon are {given['lat']!r} and {given['lon']!r}, but should be decimal degrees.",
            effect="",
            next_step="Write them like -1.2921 and 36.7856: latitude first.",
        )
    return Question(feed, TO_POINT.format(feed), (point.latitude, point.longitude, limit), GEOJSON)


def nearest_units(feed: str, given: Mapping[str, str]) -> Question:
    """Ask for units on duty near a ticket."""
    check_names(given, ("ticket", "limit"))
    limit = _near(given)
    if "ticket" not in given:
        raise InvalidArgument("No ticket is named.", effect="", next_step="Pass ticket.")
    return Question(feed, TO_TICKET.format(feed), (given["ticket"], limit))


def check_names(given: Mapping[str, str], known: Sequence[str]) -> None:
    """Check the names of parameters, and that no text holds a NUL. Raises InvalidArgument."""
    for name, value in given.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise InvalidArgument(
                f"There is no parameter {name!r} here{did_you_mean(name, known) or '.'}",
                effect="",
                next_step=f"Parameters: {listed}.",
            )
        _text(name, value)


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """Return a value that is one of the known ones. Raises InvalidArgument."""
    if value not in known:
        raise InvalidArgument(
            f"{name} is {value!r}{did_you_mean(value, known) or '.'}",
            effect="",
            next_step=f"Pass one of: {', '.join(known)}.",
        )
    return value


def _teams(feed: str, given: Mapping[str, str], media_type: str) -> Question:
    check_names(given, ("cluster", "window", "from", "to"))
    values = (given.get("cluster"), *_window(given))
    return Question(feed, f"SELECT reporting.fn_{feed}_teams(%s, %s, %s, %s)::text", values, media_type)


def _window(given: Mapping[str, str]) -> tuple[str, str | None, str | None]:
    window = one_of("window", given.get("window", "7d"), _WINDOWS)
    return window, _time("from", given.get("from")), _time("to", given.get("to"))


def _tickets(feed: str, given: Mapping[str, str], media_type: str) -> Question:
    check_names(given, ("cluster", "status", "limit", "at", "by"))
    limit = _count(given.get("limit", str(_USUAL_TICKETS)), 0, MOST_TICKETS, "Pass less, and a filter.")
    if "at" in given or "by" in given:
        by = one_of("by", given.get("by", AsOfBy.LOAD), [*AsOfBy])
        values = (_time("at", given.get("at")), feed, given.get("cluster"), given.get("status"), limit, by)
        return Question(
            feed, "SELECT reporting.fn_tickets_for_map_at(%s, %s, %s, %s, %s, %s)::text", values, media_type
        )
    sql = "SELECT reporting.fn_tickets_for_map(%s, %s, %s, %s)::text"
    return Question(feed, sql, (feed, given.get("cluster"), given.get("status"), limit), media_type)


def _near(given: Mapping[str, str]) -> int:
    return _count(given.get("limit", str(USUAL)), 1, MOST, f"Pass 1 to {MOST}.")


def _count(value: str, least: int, most: int, hint: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 9 or not least <= int(value) <= most:
        raise InvalidArgument(
            f"limit is {value!r}, but should be a whole number from {least} to {most:,}.", effect="", next_step=hint
        )
    return int(value)


def _time(name: str, value: str | None) -> str | None:
    """Return a time as given, if it is one with an offset: without, the server's zone would decide."""
    if value is None:
        return None
    try:
        if datetime.fromisoformat(value).tzinfo:
            return value
    except ValueError:
        pass
    raise InvalidArgument(
        f"{name} is {value!r}, but should be a time with an offset.",
        effect="",
        next_step="Write it like 2026-11-20T00:00:00+03:00; in a URL, + is %2B.",
    )


def _text(name: str, value: str) -> str:
    if "\0" in value:
        raise InvalidArgument(f"{name} contains a NUL character.", effect="", next_step="Leave it out.")
    return value
