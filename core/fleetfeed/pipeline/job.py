"""What one run is to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.feed import Feed
from fleetfeed.interfaces import Bucket
from fleetfeed.model import RunReport

if TYPE_CHECKING:
    import pluggy


@dataclass(frozen=True, slots=True)
class Job:
    """Say what one run is to do."""

    feed: Feed
    manager: pluggy.PluginManager
    bucket: Bucket
    archive: Bucket | None = None  # None leaves the exports where they are
    archive_copies: bool = False  # the exports stay, and the archive has copies of them
    apply: bool = False
    allow_older: bool = False
    pieces: bool = False  # each export holds changes only: all unread ones are loaded, in order
    accept_incomplete: bool = False  # take an export for complete though it does not look so
    max_reject_ratio: float = 0.05
    max_absent_ratio: float = 0.5
    in_ledger: bool = True  # False for a single file, which is no object of the bucket
    progress: Callable[[RunReport, str], None] | None = None  # told the run so far, and the stage that is done
    first_load: Callable[[int], None] | None = None  # told of a large load into an empty table: its records


@contextmanager
def timed(job: Job, report: RunReport, stage: str) -> Iterator[None]:
    """Measure a stage, and say that it is done."""
    start = perf_counter()
    try:
        yield
    finally:
        report.timings[stage] = round(perf_counter() - start, 3)
        if job.progress:
            job.progress(report, stage)
