"""What is to be reached, as numbers to hold against what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.before import TAKER
from bench.browser import BYTES as BROWSER_BYTES
from bench.browser import TARGETS as BROWSER
from bench.dashboard import BYTES
from bench.dashboard import TARGETS as DASHBOARD
from bench.dispatch import TARGETS as DISPATCH
from bench.imports import TARGETS as COMMANDS
from bench.nearest import TARGETS as NEAREST
from bench.past import TARGETS as PAST
from bench.places import TARGETS as PLACES
from bench.rebuild import BYTES as REBUILD_BYTES
from bench.rebuild import TARGETS as REBUILD
from bench.results import Results, Taken, ratio, spread
from bench.teams import TARGETS as TEAMS
from bench.web import BYTES as WEB_BYTES
from bench.web import TARGETS as WEB
from bench.workloads import LARGE, USUAL

Measured = Callable[[Results], list[float]]  # the number, the least and the greatest; empty where nothing was measured


@dataclass(frozen=True)
class Target:
    """One promise: a number that must not be exceeded, or with `at_least` must be reached."""

    what: str
    limit: float
    unit: str
    measured: Measured
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Return whether a number keeps the promise."""
        return value >= self.limit if self.at_least else value <= self.limit


def _against(workload: str, taker: str, other: str = "") -> Measured:
    """Divide fleetfeed's time by another's, or by its own in another workload."""
    return lambda results: ratio(results.values(USUAL, workload), results.values(USUAL, other or workload, taker))


def _cpu(workload: str, taker: str) -> Measured:
    """Divide fleetfeed's processor time by another's."""

    def divided(results: Results) -> list[float]:
        return ratio(*(results.values(USUAL, workload, one, lambda one: one.cpu) for one in ("fleetfeed", taker)))

    return divided


def _each(workload: str, what: Callable[[Taken], float | None], size: int = USUAL) -> Measured:
    return lambda results: spread(results.values(size, workload, what=what))


def _memory_growth(results: Results) -> list[float]:
    large, usual = (results.values(size, "first", what=_peak) for size in (LARGE, USUAL))
    return ratio(large, usual)


def _growth(results: Results) -> list[float]:
    return ratio(results.values(LARGE, "first"), results.values(USUAL, "first"))


def _peak(one: Taken) -> float | None:
    return one.peak_mb


def _hot(one: Taken) -> float | None:
    return 100 * one.hot / one.updated if one.updated else None


def _command(name: str, against: str) -> Measured:
    return lambda results: ratio(results.commands.get(name, []), results.commands.get(against, []))


def _taken(name: str, results: Results) -> list[float]:
    return spread(results.commands.get(name, []))


TARGETS = (
    Target("first load, against the floor", 1.25, "×", _against("first", "floor")),
    Target("first load, against the commit before: CPU", 0.45, "×", _cpu("first", TAKER)),
    Target("first load, against dlt with pyarrow and CSV", 1.0, "×", _against("first", "dlt csv")),
    Target("1 % changed, against dlt with pyarrow and CSV", 0.35, "×", _against("changed", "dlt csv")),
    Target("1 % changed, against dlt that hands the file to COPY", 0.75, "×", _against("changed", "dlt file")),
    Target(
        "the same rows shuffled, against dlt that hands the file to COPY with 1 % changed",
        0.60,
        "×",
        lambda results: ratio(results.values(USUAL, "shuffled"), results.values(USUAL, "changed", "dlt file")),
    ),
    Target("the same rows shuffled: rows written", 0, "rows", _each("shuffled", lambda one: one.written)),
    Target("the same rows shuffled: WAL", 1, "MB", _each("shuffled", lambda one: one.wal_mb)),
    Target("every `last_seen_at` changed, against a plain UPDATE", 1.15, "×", _against("seen", "floor")),
    Target("every `last_seen_at` changed: HOT updates", 50, "%", _each("seen", _hot), at_least=True),
    Target("20 % alarms, against the next export without", 1.5, "×", _against("alarms", "fleetfeed", "next")),
    Target("first load of 1,000,000, against 200,000", 5.5, "×", _growth),
    Target("peak memory at 1,000,000", 400, "MB", _each("first", _peak, LARGE)),
    Target("peak memory at 1,000,000, against 200,000", 1.5, "×", _memory_growth),
    Target("first load as a dry run: growth of the feed's table", 0, "bytes", _each("dry", lambda one: one.grown)),
    Target("first load as a dry run: dead rows left", 0, "rows", _each("dry", lambda one: one.dead)),
    *(
        Target(f"`{name}`, against {against}", limit, "×", _command(name, against))
        for name, (against, limit) in (
            COMMANDS | PLACES | DASHBOARD | WEB | BROWSER | NEAREST | DISPATCH | PAST | REBUILD | TEAMS
        ).items()
    ),
    *(
        Target(what, most, "bytes", partial(_taken, what))
        for what, most in (BYTES | WEB_BYTES | BROWSER_BYTES | REBUILD_BYTES).items()
    ),
)
