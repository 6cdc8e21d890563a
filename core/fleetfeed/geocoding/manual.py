"""Places set by a person: checked, stored all or none, never overwritten by a provider."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import cluster_of, table
from fleetfeed.errors import UsageError
from fleetfeed.feed import Feed
from fleetfeed.geo import PRECISIONS, Point
from fleetfeed.geocoding.apply import update_tickets
from fleetfeed.geocoding.gazetteer import Store
from fleetfeed.geocoding.pending import PendingPlace
from fleetfeed.runtime.clock import Clock
from fleetfeed.text.parse import clean, location_key

if TYPE_CHECKING:
    from fleetfeed.database import Database

COLUMNS = ("cluster", "location", "latitude", "longitude", "precision", "note")
NEEDED = COLUMNS[:1] + COLUMNS[2:4]
KNOWN = PRECISIONS[: PRECISIONS.index("city") + 1]  # precisions that a person may give


@dataclass(frozen=True, slots=True)
class Known:
    """One place: of a cluster or, with `location`, of a location in it."""

    cluster: str
    location: str | None
    point: Point
    precision: str | None = None
    note: str = ""

    def wrong(self, feeds: Sequence[Feed]) -> str:
        """Return why it cannot be stored; '' if it can."""
        if not self.cluster:
            return "a cluster is needed"
        if not self.point.exists:
            return "latitude and longitude should be decimal degrees, such as -1.2921 and 36.7856"
        countries = [feed.country for feed in feeds if feed.country]
        if countries and not any(map(self.point.inside, countries)):
            return f"{self.point.latitude}, {self.point.longitude} is outside the country; is it latitude first?"
        return (
            "" if self.precision in (None, *KNOWN) else f"precision should be one of {', '.join(KNOWN)}, or be left out"
        )


def read(file: Path) -> list[Known]:
    """Read places from a CSV with a header of COLUMNS. Raises UsageError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, strict=True)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            unknown = [name for name in rows.fieldnames or () if name not in COLUMNS]
            if missing or unknown:
                raise UsageError(
                    f"{file}: the header should name {', '.join(COLUMNS)} (the places of clusters need no location).",
                    next_step=f"Missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}.",
                )
            return [_known(row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} cannot be read: {error}.", next_step="Give a CSV in UTF-8 with a header.") from None


def enter(
    db: Database, feeds: Sequence[Feed], places: Sequence[Known], clock: Clock, radii: Mapping[str, float]
) -> dict[str, int | None]:
    """Store places and update the tickets; return, per feed, how many changed. Raises UsageError for a bad place.

    Locations are checked again against their cluster's point, which may have changed; `radii` are in km, by feed.
    """
    wrong = [(number, why) for number, place in enumerate(places, 1) if (why := place.wrong(feeds))]
    if wrong:
        listed = "".join(f"\n  place {number}: {why}" for number, why in wrong[:20])
        raise UsageError(
            f"{len(wrong):,} of {len(places):,} places make no sense:{listed}\n", next_step="Correct them."
        )
    store, now = Store(db), clock.now()
    with db.transaction():
        for place in places:
            due = PendingPlace(place.cluster, location_key(place.location))
            store.by_hand(due, place.point, place.precision, place.note, now)
        for feed in feeds:
            store.refuse_far_ones(feed, radii[feed.name], now)
    return {feed.name: update_tickets(db, feed, clock) for feed in feeds}


def unused(db: Database, feeds: Iterable[Feed], places: Iterable[Known]) -> Iterator[str]:
    """Yield a warning for each place that no ticket has, which is most likely misspelt."""
    feeds = list(feeds)
    for place in places:
        key = location_key(place.location)
        if not any(_uses(db, feed, place.cluster, key) for feed in feeds):
            yield f"no ticket has the cluster {place.cluster!r}" + (f" with the location {key!r}" if key else "")


def _uses(db: Database, feed: Feed, cluster: str, key: str | None) -> bool:
    sql = f"SELECT EXISTS (SELECT FROM {table(feed)} WHERE {cluster_of(feed)} = %s"
    return bool(db.one(f"{sql} AND (%s::text IS NULL OR location_key = %s))", [cluster, key, key]))


def _known(row: dict[str, str]) -> Known:
    cells = {name: clean(row.get(name)) or "" for name in COLUMNS}
    point = Point.read(cells["latitude"], cells["longitude"])
    return Known(cells["cluster"], cells["location"] or None, point, cells["precision"] or None, cells["note"])
