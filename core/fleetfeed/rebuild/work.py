"""One rebuild of a feed: plan it, replay, and go on until it has all that the feed has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetfeed.database.lock import feed_lock
from fleetfeed.errors import UsageError
from fleetfeed.rebuild.archive import Archive
from fleetfeed.rebuild.plan import Plan, make_plan
from fleetfeed.rebuild.preparing import Preparing, prepare_here
from fleetfeed.rebuild.proof import Proof, prove
from fleetfeed.rebuild.replay import Progress, Replay
from fleetfeed.rebuild.shadow import Shadow
from fleetfeed.rebuild.swap import check_accepted, lock, swap
from fleetfeed.states import Cause
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.job import Job
    from fleetfeed.rebuild.past import Window

_PATIENCE = 60.0  # seconds that a rebuild waits for a run of the feed


class Busy(Exception):
    """Another process holds a lock; its text is who."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The rebuild of one feed."""

    job: Job  # of the feed itself
    db: Database
    progress: Callable[[Progress], None] = lambda _: None
    preparing: Preparing = prepare_here

    @property
    def shadow(self) -> Shadow:
        """The tables that it fills."""
        return Shadow(self.db, self.job.feed)

    def plan(self, window: Window | None = None) -> Plan:
        """Plan a rebuild, or the rest of the one that has begun. Raises UsageError if that has another window."""
        return self._plan(self._window(window))[0]

    def replay(self, window: Window | None = None) -> Plan:
        """Replay everything that is not replayed yet. Raises Busy if another rebuild of the feed is at work."""
        with self._locked(self.job.feed.shadow.name):
            window = self._window(window)
            if not self.shadow.exists:
                self._check_there(self._plan(window)[0])  # before anything is made
                self.shadow.create(window)
            return self.catch_up(window)

    def prove(self, window: Window | None = None) -> tuple[Plan, Proof]:
        """Replay what is left while no run of the feed is at work, and compare the two. Raises Busy."""
        with self._both_locked():
            plan = self.catch_up(self._window(window))
            with self.db.transaction(keep=False):
                return plan, prove(self.job, self.db, plan)

    def swap(self, accepted: Iterable[Cause] = ()) -> tuple[Plan, Proof]:
        """Replay what is left, compare, take over what differs and drop the shadow. Readers see all of it or nothing.

        Raises FleetfeedError for differences that are not accepted, Busy.
        """
        if not self.shadow.exists:
            raise UsageError(
                f"There is no rebuild of {self.job.feed.name}.",
                effect="Nothing was written.",
                next_step=f"Run `fleetfeed rebuild {self.job.feed.name} --apply` first.",
            )
        with self._both_locked():
            plan = self.catch_up(self.shadow.window())
            with self.db.transaction():
                lock(self.db, self.job.feed)
                proof = prove(self.job, self.db, plan)
                check_accepted(self.job.feed, proof, accepted)
                swap(self.db, self.job.feed)
                self.shadow.drop()
            return plan, proof

    def drop(self) -> bool:
        """Drop the shadow, and return whether there was one. Raises Busy."""
        with self._locked(self.job.feed.shadow.name):
            there = self.shadow.exists
            self.shadow.drop()
            return there

    def catch_up(self, window: Window | None) -> Plan:
        """Replay until nothing is left, as runs of the feed go on meanwhile, and return the last plan."""
        while True:
            plan, archive = self._plan(window)
            if not Replay(self.job, self.db, archive, self.progress, self.preparing).run(plan):
                return plan

    @contextmanager
    def _both_locked(self) -> Iterator[None]:
        with self._locked(self.job.feed.shadow.name), self._locked(self.job.feed.name, _PATIENCE):
            yield

    def _plan(self, window: Window | None) -> tuple[Plan, Archive]:
        archive = Archive(self.job.bucket, self.job.archive)
        return make_plan(self.job, self.db, archive, window), archive

    def _check_there(self, plan: Plan) -> None:
        if plan.exports and not plan.left:
            name = self.job.feed.name
            raise UsageError(
                f"Of {name}, none of {counted(len(plan.exports), 'load')} has its export in the archive or the bucket.",
                effect="Nothing was written: there is nothing to replay.",
                next_step=f"Check source and archive in [feeds.{name}].",
            )

    def _window(self, asked: Window | None) -> Window | None:
        if not self.shadow.exists:
            return asked
        begun, name = self.shadow.window(), self.job.feed.name
        if asked not in (None, begun):
            raise UsageError(
                f"Another rebuild of {name} has begun.",
                effect="Nothing was written.",
                next_step=f"Finish it, or drop it: `fleetfeed rebuild {name} --drop`.",
            )
        return begun

    @contextmanager
    def _locked(self, name: str, patience: float = 0) -> Iterator[None]:
        with feed_lock(self.db, name, patience) as holder:
            if holder:
                raise Busy(holder)
            yield
