"""The exports that a feed has loaded, in the order of their loads; and those that a backfill adds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.database.ledger.runs import NOT_REPLAY, READ_BY
from fleetfeed.model import ALLOWANCE, StoredObject, is_plausible

if TYPE_CHECKING:
    from fleetfeed.database import Database

# An export from the future was dated as of its load: the log has that moment, which is a little later than the run's
# beginning. A load whose run was pruned is known by its export alone, which keeps the number of the run.
_LOADED = f"""
SELECT r.run_id, coalesce(r.source_last_modified, e.last_modified, r.started_at) AS written, r.source_key,
    r.source_etag, coalesce(e.size, 0), coalesce(r.source_sha256, e.sha256), e.archived_key,
    coalesce(CASE WHEN r.source_last_modified > r.started_at + %(allowance)s THEN coalesce(
        (SELECT c.observed_at FROM tickets.ticket_changes AS c WHERE c.run_id = r.run_id LIMIT 1),
        (SELECT c.observed_at FROM tickets.closure_events AS c WHERE c.run_id = r.run_id LIMIT 1)
    ) END, r.started_at), r.finished_at, (r.counts ->> 'truncated')::boolean, r.rules
FROM tickets.import_runs AS r LEFT JOIN LATERAL (
    SELECT * FROM tickets.exports AS e WHERE {READ_BY}
    ORDER BY e.sha256 = r.source_sha256 DESC NULLS LAST, e.archived_key LIMIT 1
) AS e ON true
WHERE r.feed = %(feed)s AND r.outcome = 'loaded' AND {NOT_REPLAY.replace("counts", "r.counts")}
UNION ALL
SELECT e.run_id, e.last_modified, e.key, e.etag, e.size, e.sha256, e.archived_key, NULL, NULL, NULL, NULL
FROM tickets.exports AS e
WHERE e.feed = %(feed)s AND e.sha256 IS NOT NULL AND e.run_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM tickets.import_runs AS r WHERE r.run_id = e.run_id)
ORDER BY 1
"""
_NEVER_LOADED = """
SELECT NULL::bigint, e.last_modified, e.key, e.etag, e.size, NULL, e.archived_key, NULL, NULL, NULL, NULL
FROM tickets.exports AS e
WHERE e.feed = %(feed)s AND e.sha256 IS NULL AND (e.state <> 'gone' OR e.archived_key IS NOT NULL)
    AND e.last_modified >= %(since)s AND (%(until)s::timestamptz IS NULL OR e.last_modified <= %(until)s)
ORDER BY e.last_modified, e.key
"""


@dataclass(frozen=True, slots=True)
class Window:
    """The time from which a backfill takes exports that were never loaded; inclusive."""

    since: datetime
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {name: time and time.isoformat() for name, time in asdict(self).items()}

    @classmethod
    def from_json(cls, document: dict[str, str | None]) -> Window:
        """Return what `as_json` wrote."""
        until = document["until"]
        return cls(datetime.fromisoformat(document["since"] or ""), datetime.fromisoformat(until) if until else None)


@dataclass(frozen=True, slots=True)
class PastExport:
    """One export, and its load if it was loaded."""

    run_id: int | None  # of the load; None: it was never loaded
    stored: StoredObject
    sha256: str | None
    archived_key: str | None
    started_at: datetime | None  # what was later lay in the future; None: the run was pruned, or there was none
    finished_at: datetime | None
    truncated: bool | None
    rules: str | None

    @property
    def seen_at(self) -> datetime:
        """When its tickets came into the table; if that is not known, when it was written."""
        return self.finished_at or self.stored.last_modified

    @property
    def written(self) -> datetime:
        """When it was written; a time in the future counts as that of its load."""
        written = self.stored.last_modified
        return written if self.started_at is None or is_plausible(written, self.started_at) else self.started_at

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from all others, also when it is loaded twice."""
        stored = self.stored
        return (self.run_id,) if self.run_id is not None else (stored.key, stored.etag, stored.last_modified)


def past_exports(db: Database, feed: str, window: Window | None = None) -> list[PastExport]:
    """List the loads of a feed in their order; with a window also its exports that were never loaded, by their time."""
    found = [_export(row) for row in db.all(_LOADED, {"feed": feed, "allowance": ALLOWANCE})]
    if window is None:
        return found
    given = {"feed": feed, "since": window.since, "until": window.until}
    place = 0
    for export in sorted((_export(row) for row in db.all(_NEVER_LOADED, given)), key=lambda one: one.written):
        while place < len(found) and found[place].written <= export.written:
            place += 1
        found.insert(place, export)
    return found


def _export(row: tuple[Any, ...]) -> PastExport:
    run_id, written, key, etag, size, *rest = row
    return PastExport(run_id, StoredObject(written.astimezone(UTC), key or "", etag or "", size), *rest)
