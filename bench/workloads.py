"""What is measured: which export meets which database, and who takes part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.before import TAKER
from bench.exports import (
    HEADER,
    Row,
    all_seen_again,
    next_export,
    one_in_a_hundred_changed,
    shuffled,
    tickets,
    with_alarms,
)

SMALL, USUAL, LARGE = 21_312, 200_000, 1_000_000
SIZES = (SMALL, USUAL, LARGE)

# By name, each made of so many tickets; alarms come on top of them.
EXPORTS: dict[str, Callable[[int], Iterable[Row]]] = {
    "base": tickets,
    "next": lambda size: next_export(tickets(size)),
    "changed": lambda size: one_in_a_hundred_changed(tickets(size)),
    "shuffled": lambda size: shuffled(tickets(size)),
    "seen": lambda size: all_seen_again(tickets(size)),
    "few-alarms": lambda size: with_alarms(tickets(size), 0.12),
    "alarms": lambda size: with_alarms(tickets(size), 0.20),
    "alarms-next": lambda size: next_export(with_alarms(tickets(size), 0.20)),
}
_NOT_OF_A_MILLION = (TAKER, "floor", "floor, no places", "dlt csv", "dlt adbc")
HEADERS = {"shuffled": HEADER[::-1]}


@dataclass(frozen=True)
class Workload:
    """One export that meets one database, again and again."""

    name: str
    title: str
    export: str
    state: str  # of the database: "empty", or the export that is loaded in it
    takers: Mapping[str, float]  # who is measured → seconds at 200,000, roughly: only the estimate reads them
    largest: int = USUAL  # size at which it is measured
    inserted: Callable[[int], int] = lambda size: 0  # how many of the tickets must be
    updated: Callable[[int], int] = lambda size: 0
    apply: bool = True

    def taking_part(self, size: int) -> list[str]:
        """Return who is measured at a size."""
        if size > self.largest:
            return []
        # At a million these would take a third of all the time there is.
        return [taker for taker in self.takers if size <= USUAL or taker not in _NOT_OF_A_MILLION]


def _all(size: int) -> int:
    return size


def _each_hundredth(size: int) -> int:
    return -(-size // 100)


_FIRST = {"fleetfeed": 8.0, TAKER: 17.0, "floor": 6.0, "dlt csv": 10.0, "dlt adbc": 4.0, "dlt file": 2.5}
_SEEN = {"fleetfeed": 12.0, "floor": 9.0, "floor, no places": 6.0}
_CHANGED = {"fleetfeed": 1.5, "dlt csv": 11.0, "dlt adbc": 4.0, "dlt file": 3.0}
WORKLOADS = (
    Workload("first", "first load", "base", "empty", _FIRST, LARGE, inserted=_all),
    Workload("changed", "1 % of the rows changed", "changed", "base", _CHANGED, updated=_each_hundredth),
    Workload("seen", "every `last_seen_at` changed", "seen", "base", _SEEN, updated=_all),
    Workload("next", "the same rows in the next export", "next", "base", {"fleetfeed": 2.0}),
    Workload("shuffled", "the same rows shuffled, columns in another order", "shuffled", "base", {"fleetfeed": 2.0}),
    Workload("alarms", "20 % alarms, nothing else changed", "alarms-next", "alarms", {"fleetfeed": 3.0}),
    Workload("few-alarms", "first load, 12 % of it alarms", "few-alarms", "empty", {"fleetfeed": 10.0}, inserted=_all),
    Workload("dry", "first load as a dry run", "base", "empty", {"fleetfeed": 10.0}, inserted=_all, apply=False),
)
BY_NAME = {workload.name: workload for workload in WORKLOADS}
