"""Which feed runs when: what is due is started, one run per feed at a time, and none for ever.

It knows neither processes nor the real time: both are given to it, so that a day can be played in a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from fleetfeed.schedule.cron import Schedule

# Seconds. A run ends itself at its deadline; one that cannot is asked to, and then made to.
DEADLINE = 270
SPARE = 30
HANGS_AFTER = DEADLINE + SPARE
KILLED_WITHIN = 10
# The first load of a large export takes longer than any other.
FIRST_LOAD = 6 * 3600
RECORDS_PER_MINUTE = 300_000
# So long a run may go on once all shall end; Docker waits for 10, Coolify and systemd for 30 or more.
FINISHES_WITHIN = 5
ENDS_WITHIN = 25


class Clock(Protocol):
    """Tell the time."""

    def now(self) -> datetime:
        """Tell the time of day, which may be put forward or back."""

    def seconds(self) -> float:
        """Tell how much time passed since whenever, which nobody can put back."""


class Run(Protocol):
    """Watch one run."""

    def code(self) -> int | None:
        """Tell its exit code; None while it is at work."""

    def end(self) -> None:
        """Ask it to roll back and end."""

    def kill(self) -> None:
        """Make it end; the server rolls back."""


@dataclass
class _Feed:
    schedule: Schedule
    looked: datetime  # what was due up to then is started, or waits
    due: bool
    run: Run | None = None
    began: float = 0
    allowed: float = HANGS_AFTER
    pressed: Literal["", "asked", "killed"] = ""  # to end


class Scheduler:
    """Start the runs that come due, and see that each ends."""

    def __init__(
        self,
        schedules: Mapping[str, Schedule],
        last: Mapping[str, datetime],
        clock: Clock,
        start: Callable[[str], Run],
        tell: Callable[[str, str], None],
        never_loaded: Callable[[str], bool],
    ) -> None:
        """Begin where the last runs were; a feed that has none is due at once."""
        self._clock, self._start, self._tell, self._never_loaded = clock, start, tell, never_loaded
        now = clock.now()
        self._feeds = {
            name: _Feed(schedule, min(last.get(name, now), now), due=name not in last)
            for name, schedule in schedules.items()
        }
        self._stopping: float | None = None

    def step(self) -> None:
        """Look once after every feed."""
        for name, feed in self._feeds.items():
            if feed.run is not None:
                self._watch(name, feed, feed.run)
            if self._stopping is None:
                self._look(name, feed)

    def stop(self) -> None:
        """Start no run any more; those at work may finish if they do so soon."""
        if self._stopping is None:
            self._stopping = self._clock.seconds()

    @property
    def stopped(self) -> bool:
        """Tell whether all has ended."""
        return self._stopping is not None and all(feed.run is None for feed in self._feeds.values())

    def _look(self, name: str, feed: _Feed) -> None:
        now = self._clock.now()
        # Of all that came due meanwhile (a run took long, the machine slept) one run is made. A clock that was put
        # back makes a run too many, which finds nothing new, rather than one too few.
        feed.due = feed.due or feed.schedule.came_due(feed.looked, now)
        feed.looked = now
        if feed.due and feed.run is None:
            feed.due, feed.pressed, feed.began = False, "", self._clock.seconds()
            feed.allowed = HANGS_AFTER
            try:
                feed.run = self._start(name)
            except OSError as error:
                self._tell(name, f"the run could not be started: {error.strerror}; the next tick tries again")
            else:
                self._tell(name, "run started")

    def _watch(self, name: str, feed: _Feed, run: Run) -> None:
        age = self._clock.seconds() - feed.began
        if (code := run.code()) is not None:
            feed.run = None
            self._tell(name, f"run ended with {_said(code)} after {age:.0f} s")
        elif self._stopping is None and age >= feed.allowed == HANGS_AFTER and self._never_loaded(name):
            feed.allowed = FIRST_LOAD + SPARE
            self._tell(name, f"the run is at work for {age:.0f} s; a first load may take {FIRST_LOAD // 3600} hours")
        elif feed.pressed != "killed" and self._too_long(age, feed.allowed + KILLED_WITHIN, ENDS_WITHIN):
            feed.pressed = "killed"
            self._tell(name, "the run does not end; it is killed, and the database rolls it back")
            run.kill()
        elif not feed.pressed and self._too_long(age, feed.allowed, FINISHES_WITHIN):
            feed.pressed = "asked"
            self._tell(name, f"the run is at work for {age:.0f} s; it is asked to roll back and end")
            run.end()

    def _too_long(self, age: float, allowed: float, while_stopping: float) -> bool:
        stopping = self._stopping is not None and self._clock.seconds() - self._stopping >= while_stopping
        return stopping or age >= allowed


def _said(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
