"""What the tests make exports from, and run the engine with."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings

from feeds.crq import FEED as CRQ_DECLARED
from feeds.inc import FEED as INC_DECLARED
from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.buckets.single import SingleFile
from fleetfeed.database import Database
from fleetfeed.feed import Feed
from fleetfeed.interfaces import Bucket
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from fleetfeed.plugins.registry import Plugins, find
from fleetfeed.stages import STAGES

if TYPE_CHECKING:
    import pluggy

ROOT = Path(__file__).parents[1]
MIGRATIONS = ROOT / "migrations"
ZONE = "Africa/Nairobi"  # of the project, and so of its feeds
FEED, CRQ = INC_DECLARED.in_zone(ZONE), CRQ_DECLARED.in_zone(ZONE)
START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HEADER = ("ticket_id", *(column.name for column in FEED.columns), *FEED.ignore)


def ticket(key: str, **cells: str) -> dict[str, str]:
    """Make one ordinary open ticket; `cells` say what is different."""
    row = {
        "ticket_id": key,
        "raw_status": "Open",
        "normalized_status": "open",
        "bucket": "no light",
        "is_actionable": "true",
        "is_alarm": "false",
        "cluster": "Kilimani",
        "region": "Nairobi West",
        "location_name": "Moi Avenue, Kilimani [OLT-07/GPON 3]",
        "assigned_team": "Field A",
        "created_at_service": "2026-11-18 08:00:00",
        "first_seen_at": "2026-11-18 08:07:00",
        "last_seen_at": "2026-11-20 08:00:00",
        "source_updated_at": "2026-11-19 10:00:00",
        "department": "NOC",
    }
    return row | cells


def export(rows: Iterable[Mapping[str, str]], header: Sequence[str] = HEADER, end: str = "\r\n") -> bytes:
    """Write an export as the exporter does."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator=end, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def examples(share: int) -> int:
    """Return a part of the examples that the profile draws: for tests whose examples cost more than a call."""
    return settings().max_examples // share


def line(*cells: str) -> bytes:
    """Write one line with exactly these cells, quoted nowhere."""
    return ",".join(cells).encode() + b"\r\n"


@cache
def _plugins() -> Plugins:
    return find(ROOT, ["feeds"], ZONE)


class Bench:
    """Hold an inbox, an archive and a database, and run the engine on them."""

    def __init__(self, db: Database, folder: Path, feed: Feed = FEED) -> None:
        self.db, self.feed = db, feed
        self.inbox, self.archive = folder / "inbox", folder / "inbox" / "processed"
        self.archive.mkdir(parents=True, exist_ok=True)
        self.hours = 0

    def put(self, content: bytes | Iterable[Mapping[str, str]], name: str = "", at: datetime | None = None) -> Path:
        """Put an export into the inbox, an hour younger than the one before."""
        self.hours += 1
        moment = at or START + timedelta(hours=self.hours)
        path = self.inbox / (name or f"export{self.hours:03}.csv")
        path.write_bytes(content if isinstance(content, bytes) else export(content))
        os.utime(path, (moment.timestamp(), moment.timestamp()))
        return path

    def manager(self, *plugins: object) -> pluggy.PluginManager:
        """Make the feed's manager, with more plugins that are asked first."""
        manager = _plugins().manager(FEED, stages=STAGES)
        for plugin in plugins:
            manager.register(plugin)
        return manager

    def run(
        self,
        *,
        apply: bool = True,
        archive: bool | Bucket = True,
        plugins: Sequence[object] = (),
        file: Path | None = None,
        bucket: Bucket | None = None,
        **options: Any,
    ) -> RunReport:
        """Run the feed once; an error ends up in the report,."""
        into = FolderBucket(self.archive) if archive is True else archive or None
        job = Job(
            feed=self.feed,
            manager=self.manager(*plugins),
            bucket=SingleFile(file) if file else bucket or FolderBucket(self.inbox),
            archive=None if file else into,
            apply=apply,
            in_ledger=file is None,
            **options,
        )
        return run.run(job, self.db)

    def loaded(self, content: bytes | Iterable[Mapping[str, str]], **options: Any) -> RunReport:
        """Put an export and load it; the load must succeed."""
        self.put(content)
        report = self.run(**options)
        assert report.error is None, report.error
        return report

    def rows(self, columns: str = "*", table: str = "tickets.inc", order: str = "1") -> list[dict[str, Any]]:
        """Read a table."""
        cursor = self.db.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, key: str, columns: str = "*") -> dict[str, Any]:
        """Read one ticket."""
        return self.rows(columns, f"tickets.inc WHERE ticket_id = '{key}'")[0]

    def versions(self, table: str = "tickets.inc") -> list[dict[str, Any]]:
        """Return which row versions a table holds: any write to a row, even of the same values, makes another one."""
        return self.rows("ctid::text, xmin::text", table)

    def picture(self, *tables: str) -> dict[str, object]:
        """Every row version of some tables, and every file of inbox and archive: equal ones say nothing was written."""
        files = {str(path): path.stat().st_mtime_ns for path in self.inbox.rglob("*.csv")}
        return {"files": files, **{name: self.versions(f"tickets.{name}") for name in tables}}

    def meta(self) -> dict[str, Any]:
        """Read what the ledger says of the last load."""
        found = self.db.one("SELECT metadata FROM tickets.import_meta WHERE feed = 'inc'")
        return dict(found or {})

    def outcomes(self) -> list[str]:
        """Outcomes of all runs, in their order."""
        return [row["outcome"] for row in self.rows("run_id, outcome", "tickets.import_runs")]

    def states(self) -> dict[str, str]:
        """State of every object ever listed, by its key."""
        return {row["key"]: row["state"] for row in self.rows("key, state", "tickets.exports", "last_modified")}

    def events(self, run_id: int | None) -> list[tuple[str, str]]:
        """Return what a run entered in the change log."""
        found = self.rows("ticket_id, kind", f"tickets.ticket_changes WHERE run_id = {run_id}", "1, 2")
        return [(row["ticket_id"], row["kind"]) for row in found]

    def waiting(self) -> list[str]:
        """Names of the exports that lie in the inbox."""
        return sorted(path.name for path in self.inbox.glob("*.csv"))

    def archived(self) -> list[str]:
        """Names of the exports that lie in the archive."""
        return sorted(path.name for path in self.archive.iterdir())


# Tables that only a load may write, and those in which every run is entered.
DATA = ("inc", "import_meta", "ticket_changes")
LEDGER = ("import_runs", "exports", "rejects")

__all__ = [
    "CRQ",
    "DATA",
    "FEED",
    "HEADER",
    "LEDGER",
    "MIGRATIONS",
    "ROOT",
    "START",
    "ZONE",
    "Bench",
    "examples",
    "export",
    "line",
    "ticket",
]
