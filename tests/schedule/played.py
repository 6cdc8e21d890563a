"""A scheduler whose time and runs are played: a day passes in a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from fleetfeed.schedule.cron import read
from fleetfeed.schedule.scheduler import Scheduler

ZONE = "Africa/Nairobi"


@dataclass
class Script:
    """Say what a run does; one that hangs never ends by itself."""

    lasts: float = 3
    code: int = 0
    heeds: bool = True  # SIGTERM
    dies_within: float = 0  # seconds after SIGKILL: longer where the kernel is at work for it
    startable: bool = True


@dataclass
class PlayedRun:
    """Play one run."""

    clock: PlayedClock
    feed: str
    script: Script
    began: datetime = field(init=False)
    dies_at: float = inf
    ended: datetime | None = None
    result: int | None = None
    pressed: list[float] = field(default_factory=list)  # how old it was at each SIGTERM and SIGKILL

    def __post_init__(self) -> None:
        self.began, self.start = self.clock.time, self.clock.passed

    def code(self) -> int | None:
        age = self.clock.passed - self.start
        if self.result is None and (age >= self.script.lasts or age >= self.dies_at):
            self._end(-9 if age >= self.dies_at else self.script.code)
        return self.result

    def end(self) -> None:
        self.pressed.append(self.clock.passed - self.start)
        if self.script.heeds:
            self._end(143)

    def kill(self) -> None:
        self.pressed.append(self.clock.passed - self.start)
        self.dies_at = self.pressed[-1] + self.script.dies_within

    def _end(self, code: int) -> None:
        self.ended, self.result = self.clock.time, code


@dataclass
class PlayedClock:
    """Return a time that passes when a test says so."""

    time: datetime
    passed: float = 0

    def now(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.passed


class Played:
    """Hold a scheduler, its clock, the runs that it started, and what it said."""

    def __init__(
        self,
        begins: str,
        schedules: Mapping[str, str],
        last: Mapping[str, str] | None = None,
        scripts: Mapping[tuple[str, str], Script] | None = None,
    ) -> None:
        """`scripts` are by feed and the hour and minute at which a run is started."""
        self.clock, self.runs, self.said = PlayedClock(at(begins)), list[PlayedRun](), list[tuple[str, str]]()
        self.scripts = dict(scripts or {})
        self.scheduler = Scheduler(
            {name: read(cron, ZONE) for name, cron in schedules.items()},
            {name: at(time) for name, time in (last or {}).items()},
            self.clock,
            self._start,
            lambda feed, text: self.said.append((feed, text)),
            lambda feed: (
                not any(run.feed == feed and run.result == 0 for run in self.runs) and feed not in (last or {})
            ),
        )

    def _start(self, feed: str) -> PlayedRun:
        script = self.scripts.get((feed, f"{self.clock.time:%H:%M}"), Script())
        if not script.startable:
            raise OSError(12, "Cannot allocate memory")
        self.runs.append(PlayedRun(self.clock, feed, script))
        return self.runs[-1]

    def look(self, then: float = 5) -> None:
        """Let the scheduler look, and then so many seconds pass."""
        self.scheduler.step()
        self.clock.time += timedelta(seconds=then)
        self.clock.passed += then

    def until(self, time: str) -> None:
        """Let time pass."""
        while self.clock.time < at(time):
            self.look()

    def sleep(self, time: str) -> None:
        """Let the machine sleep: the time of day goes on, and nothing else."""
        self.clock.time = at(time)

    def starts(self, feed: str) -> list[str]:
        """Return when runs of a feed were started."""
        return [f"{run.began:%H:%M:%S}" for run in self.runs if run.feed == feed]

    def overlapping(self) -> list[tuple[PlayedRun, PlayedRun]]:
        """Find runs of one feed that were at work at once."""
        pairs = [(a, b) for a in self.runs for b in self.runs if a is not b and a.feed == b.feed and a.began <= b.began]
        return [(a, b) for a, b in pairs if a.ended is None or a.ended > b.began]


def at(time: str) -> datetime:
    """Read a time of the played days: `06:20` is of the first one, `+1 06:20` of the next."""
    day, _, clock = time.rpartition(" ")
    return datetime.fromisoformat(f"2026-11-24T{clock}+03:00") + timedelta(days=int(day or 0))
