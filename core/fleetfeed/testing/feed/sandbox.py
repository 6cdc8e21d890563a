"""Run one feed repeatedly, each time with an empty bucket and database."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.tables import quoted, table
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from fleetfeed.testing.broken import Broken, what_failed
from fleetfeed.testing.feed.exports import Made
from fleetfeed.testing.servers import new_database

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.feed import Feed

BEGIN = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
DATA = ("ticket_changes", "closure_events")  # written only when a ticket changes, like the feed's table
LEDGER = ("import_meta", "import_runs", "exports", "rejects")
_KEPT = ("feed_schemas", "feed_settings", "schema_version", "sla_targets")  # written by `migrate`
_TICKETS = "ticket_id, raw, source_digest, location_key, absent_since, geo_source, latitude, longitude"
# Everything that a run leaves behind, except run numbers and timestamps.
_STATE = {
    "changes": "SELECT ticket_id, kind, changed, observed_at FROM tickets.ticket_changes ORDER BY change_id",
    "closures": "SELECT ticket_id, closed_at, observed_at FROM tickets.closure_events ORDER BY event_id",
    "exports": "SELECT key, state, archived_key FROM tickets.exports ORDER BY last_modified, key",
    "rejects": "SELECT record, line, reason, raw_text, times FROM tickets.rejects ORDER BY digest, reason",
    "loads": "SELECT source_key FROM tickets.import_runs WHERE outcome = 'loaded' ORDER BY run_id",
}


class Bench:
    """The inbox, archive and database of one feed."""

    def __init__(
        self, feed: Feed, manager: pluggy.PluginManager, file: str, url: str, db: Database, folder: Path
    ) -> None:
        self.feed, self.manager, self.file = feed, manager, file
        self.url, self.db, self.folder = url, db, folder
        self._hours = 0

    @property
    def inbox(self) -> Path:
        """Folder in which exports arrive."""
        return self.folder / "inbox"

    @property
    def archive(self) -> Path:
        """Folder to which they are moved."""
        return self.folder / "archive"

    def clear(self) -> None:
        """Remove all exports, tickets and history."""
        tables = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'tickets' AND tablename <> ALL (%s)"
        names = [f"tickets.{quoted(name)}" for (name,) in self.db.all(tables, [list(_KEPT)])]
        self.db.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY")
        self._hours = 0
        for folder in (self.inbox, self.archive):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def put(self, content: bytes) -> str:
        """Put an export into the inbox, one hour newer than the one before, and return its key."""
        self._hours += 1
        path = self.inbox / f"export{self._hours}.csv"
        path.write_bytes(content)
        moment = (BEGIN + timedelta(hours=self._hours)).timestamp()
        os.utime(path, (moment, moment))
        return path.name

    def run(self, *, apply: bool = True) -> RunReport:
        """Run the feed once; an error is in the report."""
        return run.run(job(self.feed, self.manager, self.inbox, self.archive, apply=apply), self.db)

    def load(self, made: Made) -> RunReport:
        """Load an export. Raises Broken if that fails; an export without an acceptable row may be refused."""
        self.put(made.content(self.feed))
        report = self.run()
        if report.error is not None and report.outcome != "refused":
            raise Broken(
                "an export of this feed loads",
                what_failed(report, self.file),
                f"the hooks in {self.file}",
                made.shown(self.feed),
            )
        return report

    def tickets(self) -> list[tuple[Any, ...]]:
        """Read the feed's table, without what every load changes."""
        return self.db.all(f"SELECT {_TICKETS} FROM {table(self.feed)} ORDER BY ticket_id")

    def count(self) -> int:
        """Count the tickets of the feed's table."""
        return int(self.db.one(f"SELECT count(*) FROM {table(self.feed)}"))

    def inserted(self, run_id: int | None) -> int:
        """Count the tickets that a run logged as new."""
        log = "SELECT count(*) FROM tickets.ticket_changes WHERE kind = 'inserted' AND run_id = %s"
        return int(self.db.one(log, [run_id]))

    def versions(self, *more: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return all row versions: any write to a row, even of equal values, makes a new one."""
        tables = {name: f"tickets.{name}" for name in (*DATA, *more)}
        return {
            f"tickets.{name}": self.db.all(f"SELECT ctid::text, xmin::text FROM {where} ORDER BY 1")
            for name, where in {self.feed.name: table(self.feed), **tables}.items()
        }

    def state(self) -> dict[str, Any]:
        """Return everything that a run leaves behind, in the database, inbox and archive."""
        snapshot = f"tickets.{quoted(f'{self.feed.name}_daily_snapshot')}"
        counts = "open_total, open_actionable, observed_created, observed_closed, observed_reopened"
        files = {
            f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in sorted(self.folder.glob("*/*"))
        }
        return {
            "tickets": self.tickets(),
            **{name: self.db.all(sql) for name, sql in _STATE.items()},
            "snapshots": self.db.all(f"SELECT cluster, {counts} FROM {snapshot} ORDER BY 1, 2, 3, 4, 5, 6"),
            "files": files,
        }


def job(feed: Feed, manager: pluggy.PluginManager, inbox: Path, archive: Path, *, apply: bool) -> Job:
    """Make the job of one run; generated exports may be older than the last one."""
    return Job(feed, manager, FolderBucket(inbox), FolderBucket(archive), apply=apply, allow_older=True)


@contextmanager
def benched(feed: Feed, manager: pluggy.PluginManager, file: str) -> Iterator[Bench]:
    """Open a bench for a feed whose plugin is in `file`."""
    url = new_database(feed)
    with TemporaryDirectory(prefix="fleetfeed-testing-") as folder, connect(url, "conformance") as db:
        yield Bench(feed, manager, file, url, db, Path(folder))
