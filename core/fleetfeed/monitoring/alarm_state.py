"""The last alarm states that were sent: in the database, so that a change is sent once by all processes together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.states import Alarm, Freshness

if TYPE_CHECKING:
    from fleetfeed.database import Database

GOOD = {
    Alarm.RUN: "ok",
    Alarm.FRESHNESS: Freshness.FRESH,
    Alarm.CONTENT: "sound",
    Alarm.BURSTS: "none",
}  # the states assumed before anything was sent

_WHERE = "FROM tickets.alarms WHERE feed = %s AND alarm = %s"
_BEGIN = """
INSERT INTO tickets.alarms (feed, alarm, state, since) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING RETURNING true
"""
_CHANGE = "UPDATE tickets.alarms SET state = %s, since = now() WHERE feed = %s AND alarm = %s"


@dataclass(frozen=True, slots=True)
class AlarmState:
    """A state that was sent, and since when the feed is in it."""

    state: str
    since: datetime | None = None


def last_sent(db: Database, feed: str, alarm: Alarm) -> AlarmState:
    """Return the state that was sent last."""
    rows = db.all(f"SELECT state, since {_WHERE}", [feed, alarm])
    return AlarmState(*rows[0]) if rows else AlarmState(GOOD[alarm])


@contextmanager
def changing(db: Database, feed: str, alarm: Alarm, state: str) -> Iterator[AlarmState]:
    """Yield the state that was sent last, then store the new one; an error in the block rolls that back.

    Locks the alarm: another process that wants to send it waits, and then finds the new state.
    """
    with db.transaction():
        first = db.one(_BEGIN, [feed, alarm, GOOD[alarm]])
        ((before, since),) = db.all(f"SELECT state, since {_WHERE} FOR UPDATE", [feed, alarm])
        yield AlarmState(before, None if first else since)
        if before != state:
            db.execute(_CHANGE, [state, feed, alarm])
