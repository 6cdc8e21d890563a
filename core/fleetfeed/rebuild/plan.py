"""What a rebuild has to do: which exports are replayed, which are missing, and about how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fleetfeed.errors import UsageError
from fleetfeed.plugins.rules import rules
from fleetfeed.rebuild.archive import Archive
from fleetfeed.rebuild.past import PastExport, Window, past_exports
from fleetfeed.rebuild.shadow import Done, Shadow

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.job import Job

_SECONDS = """
SELECT coalesce(avg(extract(epoch FROM finished_at - started_at)), 0)::float8 FROM (
    SELECT started_at, finished_at FROM tickets.import_runs
    WHERE feed = %s AND outcome = 'loaded' AND finished_at > started_at ORDER BY run_id DESC LIMIT 20
) AS last
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The exports of a feed in their order: what is done, what is to do, what is missing."""

    exports: list[PastExport]
    done: list[Done]
    left: list[PastExport]  # those to replay, in order
    missing: list[PastExport]
    seconds: float  # of one export, as its last loads took

    @property
    def size(self) -> int:
        """The bytes to read."""
        return sum(export.stored.size for export in self.left)

    @property
    def time(self) -> timedelta:
        """About how long it takes."""
        return timedelta(seconds=round(self.seconds * len(self.left)))


def make_plan(job: Job, db: Database, archive: Archive, window: Window | None) -> Plan:
    """Plan a rebuild, or the rest of one that has begun. Raises UsageError if that was begun for something else."""
    shadow = Shadow(db, job.feed)
    exports, done = past_exports(db, job.feed.name, window), shadow.done()
    by = rules(job.feed, job.manager)
    if any(item.rules not in (None, by) for item in done):
        raise _begun(job, "by other rules than those of now")
    waiting, left, missing = list(done), list[PastExport](), list[PastExport]()
    for export in exports:
        if waiting and waiting[0].identity == export.identity:
            waiting.pop(0)
        elif archive.find(export) is None:
            missing.append(export)
        elif waiting:
            raise _begun(job, f"without {export.stored.key}, which comes before what it has loaded")
        else:
            left.append(export)
    if waiting:
        raise _begun(job, "from loads that the feed no longer has")
    return Plan(exports, done, left, missing, db.one(_SECONDS, [job.feed.name]))


def _begun(job: Job, how: str) -> UsageError:
    return UsageError(
        f"The rebuild of {job.feed.name} was begun {how}.",
        effect="Nothing was written.",
        next_step=f"Drop it with `fleetfeed rebuild {job.feed.name} --drop`, then begin again.",
    )
