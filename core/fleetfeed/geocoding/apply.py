"""Brings what the gazetteers know to the tickets that use it, and writes only what changes."""

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

PATIENCE = 60  # seconds for which a load may go on before its tickets are left to the next geocoding
LATER = "a load is at work; its tickets get their new places with the next geocoding"


def hand_on(db: Database, feed: Feed, clock: Clock, until: datetime | None = None) -> int | None:
    """Give every ticket the place it has now; tell how many changed, or None while a load keeps them from changing."""
    with places_kept():
        if not db.one(f"SELECT EXISTS ({_elsewhere(db, feed)})"):
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
def places_kept() -> Iterator[None]:
    """Tell of a database's error what is true of it here: all places that had come are committed."""
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
    """Write the places that differ, all at once."""
    with db.transaction():
        db.execute("SELECT set_config('fleetfeed.placed', 'yes', true)")  # the trigger has nothing left to do
        return db.execute(
            f"UPDATE {table(feed)} AS t SET geom = i.geom, geo_source = i.geo_source, geo_precision = i.geo_precision "
            f"FROM ({_elsewhere(db, feed)}) AS i WHERE t.ticket_id = i.ticket_id"
        ).rowcount


def _elsewhere(db: Database, feed: Feed) -> str:
    """Write the query of the tickets whose place is not where they are."""
    postgis = db.postgis
    return (
        "SELECT o.ticket_id, p.geom, p.geo_source, p.geo_precision "
        f"FROM {table(feed)} AS o, {place_of(feed, 'o')} AS p "
        f"WHERE (o.geo_source, o.geo_precision, {postgis}.st_y(o.geom), {postgis}.st_x(o.geom)) "
        f"IS DISTINCT FROM (p.geo_source, p.geo_precision, {postgis}.st_y(p.geom), {postgis}.st_x(p.geom))"
    )
