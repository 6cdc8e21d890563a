"""Starts feeds when they are due: one run per feed at a time, each with a time limit.

Processes and clock are passed in, so that tests can simulate a day at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

# Seconds. A run ends at its own deadline; if it does not, it is asked to end, and then killed.
DEADLINE = 270
SPARE = 30
HANGS_AFTER = DEADLINE + SPARE
KILLED_WITHIN = 10
# The first load of a large export takes longer than others.
FIRST_LOAD = 6 * 3600
RECORDS_PER_MINUTE = 300_000
# How long a run may go on after a stop; Docker waits for 10 seconds, Coolify and systemd for 30 or more.
FINISHES_WITHIN = 5
ENDS_WITHIN = 25


class Clock(Protocol):
    """The clocks of the scheduler."""

    def now(self) -> datetime:
        """Return the time of day, which may be set forward or back."""

    def seconds(self) -> float:
        """Return the seconds of a monotonic clock."""


class Due(Protocol):
    """When something is to run."""

    def came_due(self, after: datetime, until: datetime) -> bool:
        """Whether a run was due after `after`, up to and including `until`."""


class Run(Protocol):
    """A running process of a feed."""

    def code(self) -> int | None:
        """Return its exit code; None while it is running."""

    def end(self) -> None:
        """Ask it to roll back and end."""

    def kill(self) -> None:
        """Kill it; the server rolls back."""


@dataclass
class _Feed:
    schedule: Due
    looked: datetime  # runs due up to then are started or waiting
    due: bool
    run: Run | None = None
    began: float = 0
    allowed: float = HANGS_AFTER
    stopping: Literal["", "asked", "killed"] = ""  # whether it was asked to end, or killed


class Scheduler:
    """Start runs when they are due, and make sure that each ends."""

    def __init__(
        self,
        schedules: Mapping[str, Due],
        last: Mapping[str, datetime],
        clock: Clock,
        start: Callable[[str], Run],
        report: Callable[[str, str], None],
        never_loaded: Callable[[str], bool],
    ) -> None:
        """Continue after the last runs; a feed without one is due at once."""
        self._clock, self._start, self._report, self._never_loaded = clock, start, report, never_loaded
        now = clock.now()
        self._feeds = {
            name: _Feed(schedule, min(last.get(name, now), now), due=name not in last)
            for name, schedule in schedules.items()
        }
        self._stopping: float | None = None

    def step(self) -> None:
        """Check every feed once."""
        for name, feed in self._feeds.items():
            if feed.run is not None:
                self._watch(name, feed, feed.run)
            if self._stopping is None:
                self._start_if_due(name, feed)

    def stop(self) -> None:
        """Start no more runs; running ones may finish if they do so soon."""
        if self._stopping is None:
            self._stopping = self._clock.seconds()

    @property
    def stopped(self) -> bool:
        """Whether all runs have ended."""
        return self._stopping is not None and all(feed.run is None for feed in self._feeds.values())

    def _start_if_due(self, name: str, feed: _Feed) -> None:
        now = self._clock.now()
        # If several runs were due meanwhile (a long run, a sleeping machine), one is started. A clock that was set back
        # causes a run too many, which finds nothing new, rather than one too few.
        feed.due = feed.due or feed.schedule.came_due(feed.looked, now)
        feed.looked = now
        if feed.due and feed.run is None:
            feed.due, feed.stopping, feed.began = False, "", self._clock.seconds()
            feed.allowed = HANGS_AFTER
            try:
                feed.run = self._start(name)
            except OSError as error:
                self._report(name, f"the run could not be started: {error.strerror}; the next tick tries again")
            else:
                self._report(name, "run started")

    def _watch(self, name: str, feed: _Feed, run: Run) -> None:
        age = self._clock.seconds() - feed.began
        if (code := run.code()) is not None:
            feed.run = None
            self._report(name, f"run ended with {_ending(code)} after {age:.0f} s")
        elif self._stopping is None and age >= feed.allowed == HANGS_AFTER and self._never_loaded(name):
            feed.allowed = FIRST_LOAD + SPARE
            self._report(name, f"the run is at work for {age:.0f} s; a first load may take {FIRST_LOAD // 3600} hours")
        elif feed.stopping != "killed" and self._too_long(age, feed.allowed + KILLED_WITHIN, ENDS_WITHIN):
            feed.stopping = "killed"
            self._report(name, "the run does not end; it is killed, and the database rolls it back")
            run.kill()
        elif not feed.stopping and self._too_long(age, feed.allowed, FINISHES_WITHIN):
            feed.stopping = "asked"
            self._report(name, f"the run is at work for {age:.0f} s; it is asked to roll back and end")
            run.end()

    def _too_long(self, age: float, allowed: float, while_stopping: float) -> bool:
        stopping = self._stopping is not None and self._clock.seconds() - self._stopping >= while_stopping
        return stopping or age >= allowed


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
