"""`python -m bench`: measure everything and, if nothing was left out, write the results into bench/README.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench import browser, dashboard, dispatch, imports, machine, nearest, past, places, rebuild, report, teams, web
from bench.before import BEFORE, TAKER, check_out
from bench.children import ROOT
from bench.measure import measure
from bench.prepared import Prepared
from bench.results import Results
from bench.server import Site
from bench.workloads import BY_NAME, SIZES, USUAL, WORKLOADS, Workload
from fleetfeed.database.embedded.files import TEMPORARY
from fleetfeed.database.embedded.server import throwaway_server

RUNS = 5
APART: dict[str, Callable[[], dict[str, list[float]]]] = {  # on servers of their own
    "start-up": imports.measure,
    "places": places.measure,
    "dashboard": dashboard.measure,
    "web": web.measure,
    "browser": browser.measure,
    "dispatch": dispatch.measure,
    "nearest": nearest.measure,
    "past": past.measure,
    "rebuild": rebuild.measure,
    "teams": teams.measure,
}
COPYING = 1.5  # seconds for the database that a measurement begins with; a large one takes longer


@dataclass(frozen=True)
class Plan:
    """Say what is to be measured, and how often."""

    runs: int
    sizes: Sequence[int]
    only: Sequence[str]
    before: str = ""  # commit

    def workloads(self, size: int) -> list[Workload]:
        """List what is measured at a size."""
        return [one for one in WORKLOADS if one.taking_part(size) and (not self.only or one.name in self.only)]

    def takers(self, workload: Workload, size: int) -> list[str]:
        """List who is measured."""
        return [one for one in workload.taking_part(size) if one != TAKER or self.before]

    def turns(self, size: int) -> Iterator[tuple[int, Workload, str]]:
        """Put all in an order in which a busy machine is unfair to none: side by side, and each first at times."""
        for run in range(self.runs):
            for workload in self.workloads(size):
                takers = self.takers(workload, size)
                for place in range(len(takers)):
                    yield run + 1, workload, takers[(place + run) % len(takers)]

    def minutes(self) -> float:
        """Guess how long it will take."""
        seconds = 1_000.0  # for what is measured apart
        for size in self.sizes:
            for workload in self.workloads(size):
                for taker in self.takers(workload, size):
                    once = workload.takers[taker] * size / USUAL
                    seconds += self.runs * (COPYING + once + once / 5) + once
        return seconds / 60


def main() -> int:
    """Measure; the exit code is 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="measurements of each (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=[*BY_NAME, *APART], default=(), help="some workloads")
    parser.add_argument(
        "--before", default=BEFORE, metavar="COMMIT", help="measure its first load, too (default: %(default)s)"
    )
    options = parser.parse_args()
    plan = Plan(options.runs, options.sizes, options.only, options.before)
    print(f"bench: this will take about {plan.minutes():.0f} minutes", flush=True)
    results = Results(plan.runs)
    try:
        take(plan, results)
    finally:  # what half an hour has brought is kept, whatever happened then
        report.RESULTS.parent.mkdir(exist_ok=True)
        report.RESULTS.write_text(json.dumps(results.plain()), encoding="utf-8")
    if (plan.runs, plan.sizes, plan.only) == (RUNS, SIZES, ()):  # only a whole bench is published
        report.write(results)
    print(report.tables(results))
    return 1 if results.failed else 0


def take(plan: Plan, results: Results) -> None:
    """Measure all of a plan."""
    start = monotonic()
    scratch = tempfile.TemporaryDirectory(prefix="fleetfeed-bench-", dir=TEMPORARY)
    with scratch as folder, throwaway_server(fsync=True) as server, Site(server) as site:
        results.about = machine.about(site)
        earlier = check_out(plan.before, Path(folder) / "earlier") if plan.before else ROOT
        for size in plan.sizes:
            _take_size(plan, size, Prepared(site, Path(folder), size, earlier), results, start)
    for name, apart in APART.items():
        if not plan.only or name in plan.only:
            with _told(results, name, start):
                results.commands |= apart()
                print("done", flush=True)


def _take_size(plan: Plan, size: int, prepared: Prepared, results: Results, start: float) -> None:
    with prepared:
        for run, workload, taker in plan.turns(size):
            what = f"{size:,} rows, {workload.title}, {taker}"
            if what in results.failed:
                continue
            with _told(results, what, start, f" ({run} of {plan.runs})"):
                results.taken.append(measure(prepared, workload, taker))
                print(f"{results.taken[-1].seconds:.2f} s", flush=True)


@contextmanager
def _told(results: Results, what: str, start: float, which: str = "") -> Iterator[None]:
    """Say what is measured; what cannot be measured is named, and must not cost the others."""
    print(f"{(monotonic() - start) / 60:4.1f} min  {what}{which}: ", end="", flush=True)
    try:
        yield
    except Exception as error:  # noqa: BLE001 (a child, psql, dlt or the server may fail in any way)
        results.failed[what] = f"{type(error).__name__}: {error}"
        print(f"failed: {results.failed[what]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
