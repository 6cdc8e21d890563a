"""What was told last: kept in the database, so that a change is told once, whichever process sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.states import Alarm

if TYPE_CHECKING:
    from fleetfeed.database import Database

GOOD = {
    Alarm.RUN: "ok",
    Alarm.FRESHNESS: "fresh",
    Alarm.CONTENT: "sound",
}  # what a feed is held to be before anything was told of it

_WHERE = "FROM tickets.alarms WHERE feed = %s AND alarm = %s"
_BEGIN = """
INSERT INTO tickets.alarms (feed, alarm, state, since) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING RETURNING true
"""
_CHANGE = "UPDATE tickets.alarms SET state = %s, since = now() WHERE feed = %s AND alarm = %s"


@dataclass(frozen=True, slots=True)
class Told:
    """Recall a state that was told, and since when it is so."""

    state: str
    since: datetime | None = None


def told(db: Database, feed: str, alarm: Alarm) -> Told:
    """Recall what was told last."""
    rows = db.all(f"SELECT state, since {_WHERE}", [feed, alarm])
    return Told(*rows[0]) if rows else Told(GOOD[alarm])


@contextmanager
def changing(db: Database, feed: str, alarm: Alarm, state: str) -> Iterator[Told]:
    """Recall what was told last and enter another state; an error in between takes it back, to be told next time.

    Whoever wants to tell of the same alarm meanwhile waits, and then finds it told.
    """
    with db.transaction():
        first = db.one(_BEGIN, [feed, alarm, GOOD[alarm]])
        ((before, since),) = db.all(f"SELECT state, since {_WHERE} FOR UPDATE", [feed, alarm])
        yield Told(before, None if first else since)
        if before != state:
            db.execute(_CHANGE, [state, feed, alarm])
