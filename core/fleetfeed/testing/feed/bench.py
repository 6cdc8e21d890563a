"""Run one feed repeatedly, each time with an empty bucket and database."""

from __future__ import annotations

import atexit
import os
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import connect
from fleetfeed.database.schema.tables import quoted, table
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from fleetfeed.testing.feed.exports import Made
from fleetfeed.testing.servers import new_database
from fleetfeed.testing.trial import Broken

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.feed import Feed

_BEGIN = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
_BY_MIGRATE = ["feed_schemas", "feed_settings", "schema_version", "sla_targets", "team_settings"]
_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'tickets' AND tablename <> ALL (%s) ORDER BY 1"
_TICKETS = "ticket_id, raw, source_digest, location_key, absent_since, geo_source, latitude, longitude"
_COUNTS = "open_total, open_actionable, observed_created, observed_closed, observed_reopened"
# Everything that a run leaves behind, except run numbers and timestamps.
_STATE = {
    "changes": "SELECT ticket_id, kind, changed, observed_at FROM tickets.ticket_changes ORDER BY change_id",
    "closures": "SELECT ticket_id, closed_at, observed_at FROM tickets.closure_events ORDER BY event_id",
    "teams": "SELECT closing_team, basis, working_team, kind FROM tickets.closure_teams ORDER BY event_id",
    "exports": "SELECT key, state, archived_key FROM tickets.exports ORDER BY last_modified, key",
    "rejects": "SELECT record, line, reason, raw_text, times FROM tickets.rejects ORDER BY digest, reason",
    "loads": "SELECT source_key FROM tickets.import_runs WHERE outcome = 'loaded' ORDER BY run_id",
}


class Bench:
    """The inbox, archive and database of one feed."""

    def __init__(self, feed: Feed, manager: pluggy.PluginManager) -> None:
        """Create a folder and a database, which last until the process ends."""
        opened = ExitStack()
        atexit.register(opened.close)
        self.feed, self.manager, self.url = feed, manager, new_database(feed)
        self.db = opened.enter_context(connect(self.url, "conformance"))
        self.folder = Path(opened.enter_context(TemporaryDirectory(prefix="fleetfeed-testing-")))
        self._hours = 0

    @property
    def tables(self) -> list[str]:
        """Names of all tables that runs write."""
        return [name for (name,) in self.db.all(_TABLES, [_BY_MIGRATE])]

    def clear(self) -> None:
        """Remove all exports, tickets and history."""
        self.db.execute(f"TRUNCATE {', '.join(f'tickets.{quoted(name)}' for name in self.tables)} RESTART IDENTITY")
        self._hours = 0
        for name in ("inbox", "archive"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()

    def put(self, content: bytes) -> str:
        """Put an export into the inbox, one hour newer than the one before, and return its key."""
        self._hours += 1
        path = self.folder / "inbox" / f"export{self._hours}.csv"
        path.write_bytes(content)
        moment = (_BEGIN + timedelta(hours=self._hours)).timestamp()
        os.utime(path, (moment, moment))
        return path.name

    def run(self, *, apply: bool = True, by_sql: bool = False) -> RunReport:
        """Run the feed once; an error is in the report. `by_sql`: even these few rows are read by SQL."""
        once = job(self.feed, self.manager, self.folder, apply=apply)
        return run.run(replace(once, compile_from=0) if by_sql else once, self.db)

    def load(self, made: Made, *, by_sql: bool = False) -> RunReport:
        """Load an export. Raises Broken if that fails; an export without an acceptable row may be refused."""
        self.put(made.content(self.feed))
        return self.loaded(self.run(by_sql=by_sql), made)

    def loaded(self, report: RunReport, made: Made) -> RunReport:
        """Check that a run did not fail."""
        if report.error is not None and report.outcome != "refused":
            raise Broken(f"an export of this feed does not load: {report.error}\n{made.shown(self.feed)}")
        return report

    def tickets(self) -> list[tuple[Any, ...]]:
        """Read the feed's table, without what every load changes."""
        return self.db.all(f"SELECT {_TICKETS} FROM {table(self.feed)} ORDER BY ticket_id")

    def versions(self, *names: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return the row versions of tables: any write to a row, even of equal values, makes a new one."""
        sql = "SELECT ctid::text, xmin::text FROM tickets.{} ORDER BY 1"
        return {f"tickets.{name}": self.db.all(sql.format(quoted(name))) for name in names}

    def files(self) -> dict[str, bytes]:
        """Return all files of inbox and archive."""
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(self.folder.glob("*/*"))}

    def state(self) -> dict[str, Any]:
        """Return everything that a run leaves behind, in the database, inbox and archive."""
        snapshot = f"tickets.{quoted(f'{self.feed.name}_daily_snapshot')}"
        return {
            "tickets": self.tickets(),
            **{name: self.db.all(sql) for name, sql in _STATE.items()},
            "snapshots": self.db.all(f"SELECT cluster, {_COUNTS} FROM {snapshot} ORDER BY 1, 2, 3, 4, 5, 6"),
            "files": self.files(),
        }


def job(feed: Feed, manager: pluggy.PluginManager, folder: Path, *, apply: bool) -> Job:
    """Make the job of one run; generated exports may be older than the last one."""
    inbox, archive = FolderBucket(folder / "inbox"), FolderBucket(folder / "archive")
    return Job(feed, manager, inbox, archive, apply=apply, allow_older=True)
