"""Which executor prepares the exports of a rebuild."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetfeed.executors.chunk import Chunk, cut
from fleetfeed.executors.order import Workers, in_order
from fleetfeed.plugins.rules import rules
from fleetfeed.rebuild.preparing import Generated, Item, prepare_here
from fleetfeed.states import ExecutorKind

if TYPE_CHECKING:
    from fleetfeed.config.executor import ExecutorSettings
    from fleetfeed.pipeline.job import Job

_MOST = 6  # processes; one writer feeds no more


@dataclass(frozen=True, slots=True)
class Executor:
    """Prepares exports as the settings say; its workers are there only while it does."""

    settings: ExecutorSettings
    project: str  # folder; workers on other machines have their own
    timeout: float = 60.0  # seconds without a scheduler, or without any worker of it

    def __call__(self, job: Job, before: Item | None, items: Sequence[Item]) -> Generated:
        """Yield each export prepared, in order. Raises FleetfeedError if the workers cannot."""
        settings = self.settings
        # A single chunk is prepared by one worker: nothing is gained.
        if settings.kind is ExecutorKind.SERIAL or len(items) <= settings.chunk:
            yield from prepare_here(job, before, items)
            return
        folder = self.project if settings.kind is ExecutorKind.PROCESSES else ""
        whole = Chunk(job.feed.name, rules(job.feed, job.manager), before, items, folder)
        with self._workers() as workers:
            yield from in_order(workers, cut(whole, settings.chunk))

    def _workers(self) -> AbstractContextManager[Workers]:
        if self.settings.kind is ExecutorKind.PROCESSES:
            from fleetfeed.executors.processes import processes

            return processes(self.settings.workers or max(1, min(_MOST, (os.cpu_count() or 1) - 1)))
        from fleetfeed.executors.cluster import cluster

        return cluster(self.settings.scheduler, self.timeout)
