"""The demo's units: a dozen, which drive from ticket to ticket while the page is served."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from fleetfeed.errors import FleetfeedError
from fleetfeed.fleet import Position, Unit
from fleetfeed.geo import Point
from fleetfeed.states import UnitKind
from fleetfeed.units.positions import take
from fleetfeed.units.roster import Change, store

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.project import Project

UNITS = 12
STEP = 5.0  # seconds
_PART = 0.04  # of the way, at each step
_OFF, _LOST = 10, 11  # places in the list: one is off duty, one has reported nothing for an hour


class DemoFleet:
    """Units at the places of open tickets."""

    def __init__(self, db: Database, feed: Feed, seed: int = 1) -> None:
        features = db.one("SELECT reporting.fn_tickets_for_map(%s)", [feed.name])["features"]
        shown = [one for one in features if one["geometry"] and one["properties"]["sla_state"]]
        self._chance = random.Random(seed)  # noqa: S311 (it only has to look alive)
        self._places = [Point(*one["geometry"]["coordinates"][::-1]) for one in shown] or [Point(0.1, 0.1)]
        self._teams = sorted({team for one in shown if (team := one["properties"]["assigned_team"])}) or [None]
        self._at = [self._near() for _ in range(UNITS)]
        self._to = [self._near() for _ in range(UNITS)]

    def join(self, db: Database) -> None:
        """Store the units, and a first position of each."""
        units = [
            Unit(
                _name(number),
                team=self._teams[number % len(self._teams)],
                kind=UnitKind.VAN if number % 3 else UnitKind.BIKE,
                home=self._at[number],
                on_duty=number != _OFF,
            )
            for number in range(UNITS)
        ]
        with db.transaction():
            store(db, [Change(None, unit) for unit in units])
        take(db, self._positions(), "demo")

    def drive(self, db: Database) -> None:
        """Move each unit a part of its way, and store where it is."""
        for number in range(UNITS):
            here, there = self._at[number], self._to[number]
            self._at[number] = Point(
                here.latitude + (there.latitude - here.latitude) * _PART,
                here.longitude + (there.longitude - here.longitude) * _PART,
            )
            if self._at[number].km_to(there) < 0.2:
                self._to[number] = self._near()
        take(db, [one for one in self._positions() if one.unit != _name(_LOST)], "demo")

    def _near(self) -> Point:
        """Return a point some streets away from a ticket."""
        place = self._chance.choice(self._places)
        north, east = (self._chance.uniform(-0.02, 0.02) for _ in range(2))
        return Point(place.latitude + north, place.longitude + east)

    def _positions(self) -> list[Position]:
        now = datetime.now(UTC)
        return [
            Position(
                _name(number),
                round(point.latitude, 6),
                round(point.longitude, 6),
                now - timedelta(hours=1) if number == _LOST else now,
                8.0,
            )
            for number, point in enumerate(self._at)
        ]


@contextmanager
def driving(project: Project, fleet: DemoFleet) -> Iterator[None]:
    """Let the units drive in the background."""
    ended = Event()

    def drive() -> None:
        with suppress(FleetfeedError), project.database("demo fleet") as db:  # the demo's server may be stopped
            while not ended.wait(STEP):
                fleet.drive(db)

    thread = Thread(target=drive, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(STEP)


def _name(number: int) -> str:
    return f"unit-{number + 1:02}"
