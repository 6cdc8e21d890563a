"""A feed with a past, and its rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import Database
from fleetfeed.feed import Feed
from fleetfeed.pipeline.job import Job
from fleetfeed.rebuild.shadow import Shadow
from fleetfeed.rebuild.work import Rebuild
from tests.kit import FEED, Bench, ticket

CLOSED = {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}
# What a rebuild must make as the runs of the feed did, by table; without numbers and times of its own.
PICTURES = {
    "table": "SELECT ticket_id, to_jsonb(t) - '{run_id,ingested_at}'::text[], l.place FROM tickets.\"{feed}\" AS t "
    "LEFT JOIN loads AS l USING (run_id) ORDER BY 1",
    "log": "SELECT ticket_id, observed_at, kind, changed, l.place FROM tickets.ticket_changes AS c "
    "LEFT JOIN loads AS l USING (run_id) WHERE c.feed = '{feed}' ORDER BY change_id, ticket_id",
    "closures": "SELECT to_jsonb(e) - '{event_id,run_id,feed}'::text[], l.place FROM tickets.closure_events AS e "
    "LEFT JOIN loads AS l USING (run_id) WHERE e.feed = '{feed}' ORDER BY ticket_id, closed_at NULLS FIRST",
    "teams": "SELECT e.ticket_id, e.closed_at, to_jsonb(a) - "
    "'{event_id,feed,reopened_run,corrected_from,computed_at}'::text[] FROM tickets.closure_teams AS a "
    "JOIN tickets.closure_events AS e USING (event_id) WHERE a.feed = '{feed}' ORDER BY 1, 2",
    # Those that were last seen in a refused export are not read again.
    "rejects": "SELECT digest, reason, record, line, detail, raw_text FROM tickets.rejects WHERE feed = '{feed}' "
    "AND run_id IN (SELECT run_id FROM loads) ORDER BY 1, 2",
    "counts": "SELECT counts - '{archived,warnings,rebuilt,refused}'::text[], source_key, source_sha256, rules "
    "FROM tickets.import_runs WHERE feed = '{feed}' AND outcome = 'loaded' ORDER BY run_id",
    "flows": "SELECT snapshot_date, cluster, observed_created, observed_closed, observed_reopened "
    'FROM tickets."{feed}_daily_snapshot" WHERE observed_created + observed_closed + observed_reopened > 0 '
    "ORDER BY 1, 2",
    "backlog": "SELECT snapshot_date, cluster, open_total, open_actionable, open_overdue "
    'FROM tickets."{feed}_daily_snapshot" WHERE open_total > 0 ORDER BY 1, 2',
    "captured": "SELECT l.place FROM tickets.captured_runs JOIN loads AS l USING (run_id) WHERE feed = '{feed}' "
    "ORDER BY 1",
    # Which object was looked at last is no matter of a rebuild: a run may find the same bytes under another name.
    "meta": "SELECT metadata - '{run_id,loaded_at,checked_at,window,source_mark,source_key,source_etag,source_size,"
    "source_last_modified}'::text[] FROM tickets.import_meta WHERE feed = '{feed}' AND metadata ? 'run_id'",
}
_LOADS = (
    "WITH loads AS (SELECT run_id, row_number() OVER (ORDER BY run_id) AS place FROM tickets.import_runs "
    "WHERE feed = '{feed}' AND outcome = 'loaded') "
)


@dataclass
class Past:
    """A bench, and what a rebuild makes of what it has loaded."""

    bench: Bench

    @property
    def db(self) -> Database:
        return self.bench.db

    def job(self, *plugins: object, feed: Feed | None = None, **options: Any) -> Job:
        """Make the job of the feed's runs, as `Project.job` does."""
        return Job(
            feed=feed or self.bench.feed,
            manager=self.bench.manager(*plugins),
            bucket=FolderBucket(self.bench.inbox),
            archive=FolderBucket(self.bench.archive),
            apply=True,
            **options,
        )

    def rebuild(self, *plugins: object, feed: Feed | None = None, **options: Any) -> Rebuild:
        """Make the rebuild of the feed."""
        return Rebuild(self.job(*plugins, feed=feed, **options), self.db)

    def pictures(self, feed: str = "inc") -> dict[str, list[Any]]:
        """Give all that must be the same in the feed and in its shadow."""
        return {name: self.db.all((_LOADS + sql).replace("{feed}", feed)) for name, sql in PICTURES.items()}


def tickets(*keys: str, **cells: str) -> list[dict[str, str]]:
    """Make tickets with these keys."""
    return [ticket(key, **cells) for key in keys]


def load(bench: Bench, *exports: Sequence[dict[str, str]] | bytes) -> None:
    """Load exports one by one."""
    for content in exports:
        bench.loaded(content)


def forget(db: Database) -> None:
    """Empty every table that a load or a rebuild fills."""
    if db.one("SELECT to_regclass('tickets.inc__rebuild') IS NOT NULL"):
        Shadow(db, FEED).drop()
    db.execute(
        "TRUNCATE tickets.inc, tickets.ticket_changes, tickets.import_meta, tickets.import_runs, tickets.exports, "
        "tickets.rejects, tickets.closure_events, tickets.closure_teams, tickets.captures, tickets.captured_runs, "
        "tickets.inc_daily_snapshot"
    )
