"""What was measured, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Taken:
    """One measurement."""

    size: int
    workload: str
    taker: str
    seconds: float  # of the work itself
    process: float  # of its process, with start-up and imports
    stages: dict[str, float]
    cpu: float = 0.0  # seconds of processor time, of its process and the server, with start-up and imports
    peak_mb: float | None = None  # of its process; psql's is of no interest
    wal_mb: float = 0.0
    written: int = 0  # rows of the feed's table and the change log
    updated: int = 0  # rows of the feed's table
    hot: int = 0  # of the updated
    dead: int = 0  # row versions of the feed's table
    grown: int = 0  # bytes of the feed's table and its indexes


@dataclass
class Results:
    """Hold all measurements of one bench."""

    runs: int
    taken: list[Taken] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # what could not be measured → why
    about: dict[str, dict[str, str]] = field(default_factory=dict)  # machine, versions, settings
    commands: dict[str, list[float]] = field(default_factory=dict)  # start-up, by command

    def of(self, size: int, workload: str, taker: str = "fleetfeed") -> list[Taken]:
        """Give the measurements of one taker, in their order."""
        return [one for one in self.taken if (one.size, one.workload, one.taker) == (size, workload, taker)]

    def values(
        self, size: int, workload: str, taker: str = "fleetfeed", what: Callable[[Taken], float | None] | None = None
    ) -> list[float]:
        """Give one number of each measurement: the seconds, if no other is asked for."""
        found = [what(one) if what else one.seconds for one in self.of(size, workload, taker)]
        return [value for value in found if value is not None]

    def plain(self) -> dict[str, Any]:
        """Give all of it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Results:
        """Read back what `plain` gave."""
        return cls(**data | {"taken": [Taken(**one) for one in data["taken"]]})


def ratio(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Divide the medians; then the least and the greatest of the ratios of what ran next to each other."""
    if not one or not other:
        return []
    pairs = [a / b for a, b in zip(one, other, strict=False)]
    return [median(one) / median(other), min(pairs), max(pairs)]


def spread(values: Sequence[float]) -> list[float]:
    """Give the median, the least and the greatest."""
    return [median(values), min(values), max(values)] if values else []


def stages(taken: Sequence[Taken]) -> dict[str, float]:
    """Give the median time of each stage, and of what no stage accounts for."""
    names = dict.fromkeys(name for one in taken for name in one.stages)
    found = {name: median(one.stages.get(name, 0.0) for one in taken) for name in names}
    return found | {"rest": median(one.seconds - sum(one.stages.values()) for one in taken)}
