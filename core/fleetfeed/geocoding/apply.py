"""Updates the places of tickets from the gazetteers; writes only what changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.database.lock import feed_lock
from fleetfeed.database.schema.tables import place_of, table
from fleetfeed.errors import DatabaseError, SchemaBehind
from fleetfeed.feed import Feed
from fleetfeed.runtime.clock import Clock

if TYPE_CHECKING:
    from fleetfeed.database import Database

PATIENCE = 60  # seconds to wait for a load before its tickets are left to the next geocoding
LATER = "a load is at work; its tickets get their new places with the next geocoding"


def update_tickets(db: Database, feed: Feed, clock: Clock, until: datetime | None = None) -> int | None:
    """Update the place of every ticket; return how many changed, or None if a load holds the feed's lock."""
    with places_are_kept():
        if not db.one(f"SELECT EXISTS ({_outdated(db, feed)})"):
            return 0
        for _ in range(PATIENCE):
            with feed_lock(db, feed.name) as holder:
                if not holder:
                    return _update(db, feed)
            if until is not None and clock.now() >= until:
                break
            clock.sleep(1)
    return None


@contextmanager
def places_are_kept() -> Iterator[None]:
    """Raise database errors with the effect that holds here: all answers so far are committed."""
    try:
        yield
    except SchemaBehind:
        raise
    except DatabaseError as error:
        raise DatabaseError(
            error.cause,
            effect="The places are kept; their tickets get them with the next geocoding.",
            next_step="Geocode again; it goes on from there.",
        ) from error


def _update(db: Database, feed: Feed) -> int:
    """Update the tickets with outdated places, in one transaction."""
    with db.transaction():
        db.execute("SELECT set_config('fleetfeed.placed', 'yes', true)")  # disables the trigger
        return db.execute(
            f"UPDATE {table(feed)} AS t SET geom = i.geom, geo_source = i.geo_source, geo_precision = i.geo_precision "
            f"FROM ({_outdated(db, feed)}) AS i WHERE t.ticket_id = i.ticket_id"
        ).rowcount


def _outdated(db: Database, feed: Feed) -> str:
    """Return the query for tickets whose place is outdated."""
    postgis = db.postgis
    return (
        "SELECT o.ticket_id, p.geom, p.geo_source, p.geo_precision "
        f"FROM {table(feed)} AS o, {place_of(feed, 'o')} AS p "
        f"WHERE (o.geo_source, o.geo_precision, {postgis}.st_y(o.geom), {postgis}.st_x(o.geom)) "
        f"IS DISTINCT FROM (p.geo_source, p.geo_precision, {postgis}.st_y(p.geom), {postgis}.st_x(p.geom))"
    )
