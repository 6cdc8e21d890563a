"""Rejected records in the ledger, and how tickets made from them compare with the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from fleetfeed.database.connection import Database
from fleetfeed.database.ledger.runs import READ_BY
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import ALLOWANCE, closed, quoted, table, winner_time
from fleetfeed.feed import Feed
from fleetfeed.model import StoredObject, Ticket
from fleetfeed.states import ChangeKind, Resolution

# The time of export `e`, as its run `r` used it: a time in the future is replaced by that of the run.
_BELIEVED = f"CASE WHEN e.last_modified <= r.started_at + {ALLOWANCE} THEN e.last_modified ELSE r.started_at END"
# When the input of a run was written: the export's time, or, for a file named by hand, that of the run.
_WRITTEN = f"coalesce((SELECT max({_BELIEVED}) FROM tickets.exports AS e WHERE {READ_BY}), r.started_at)"
_KEPT = f"""
SELECT j.reject_id, j.feed, j.ticket_id, j.reason, j.detail, coalesce(h.header, j.header), j.raw_text, j.run_id,
    j.resolution, j.size IS NOT NULL,
    coalesce(r.source_key, ''), coalesce(r.source_etag, ''),
    coalesce((SELECT max(e.size) FROM tickets.exports AS e WHERE {READ_BY}), 0),
    coalesce({_WRITTEN}, j.first_seen_at)
FROM tickets.rejects AS j LEFT JOIN tickets.import_runs AS r ON r.run_id = j.run_id
    LEFT JOIN tickets.reject_headers AS h ON h.header_id = j.header_id
WHERE j.reject_id = ANY(%s) OR (j.feed = %s AND j.resolved_at IS NULL) ORDER BY 14, j.record, 1
"""
# The first complete export loaded after the one of a record: a ticket that it does not list is absent.
_LATER = f"""
SELECT min({_BELIEVED}) FROM tickets.import_runs AS r JOIN tickets.exports AS e ON {READ_BY}
WHERE r.feed = %s AND r.outcome = 'loaded' AND {_BELIEVED} > %s
    AND NOT (r.counts -> 'truncated')::boolean AND NOT r.counts ?| ARRAY['replayed', 'piece']
"""
_NAMED_LATER = "SELECT DISTINCT ticket_id FROM tickets.rejects WHERE feed = %s AND run_id > %s AND ticket_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class StoredReject:
    """One rejected record, as stored."""

    export: StoredObject  # in which it was last found
    reject_id: int
    feed: str
    ticket_id: str | None
    reason: str
    detail: str
    header: str  # escaped like the record
    text: str
    run_id: int | None
    resolution: str | None
    cut: bool  # only its beginning is stored


class RowComparison(NamedTuple):
    """How a ticket compares with its row."""

    new: bool
    row_is_newer: bool  # or as new
    is_absent: bool  # it is open, but a complete export loaded later does not list it
    superseded: bool  # another record of the same ticket is newer


def stored_rejects(db: Database, numbers: Sequence[int] = (), *, feed: str | None = None) -> list[StoredReject]:
    """Return rejects by number, or all unresolved ones of a feed; older exports first."""
    rows = db.all(_KEPT, [list(numbers), feed])
    return [StoredReject(StoredObject(row[13].astimezone(UTC), *row[10:13]), *row[:10]) for row in rows]


def discard(db: Database, numbers: Sequence[int], resolution: str) -> set[int]:
    """Mark unresolved rejects as resolved; return their numbers, without those that a run resolved meanwhile."""
    resolved = db.all(
        "UPDATE tickets.rejects SET resolved_at = now(), resolution = %s, resolved_by = %s "
        "WHERE reject_id = ANY(%s) AND resolution IS NULL RETURNING reject_id",
        [resolution, Resolution.DISCARD, list(numbers)],
    )
    return {number for (number,) in resolved}


def resolve(
    db: Database, how: Resolution, resolutions: Iterable[tuple[int, str]], corrected: str | None = None
) -> None:
    """Record how rejects were resolved, each with a sentence; `corrected` is the text read instead of the record."""
    db.many(
        "UPDATE tickets.rejects SET resolved_at = now(), resolution = %s, resolved_by = %s, corrected = %s "
        "WHERE reject_id = %s",
        [(resolution, how, corrected, number) for number, resolution in resolutions],
    )


def compare(db: Database, feed: Feed, tickets: Sequence[Ticket], record: StoredReject) -> list[RowComparison]:
    """Compare tickets made from records of one export with their rows; `record` is one of these records.

    A row is newer if a later export wrote it, if its `winner` times are later or equal, or if a later export does not
    list the open ticket.
    """
    keys, written = [ticket.key for ticket in tickets], record.export.last_modified
    raws = [orjson.dumps(ticket.raw).decode() for ticket in tickets]
    found = db.all(_compared(db, feed), [list(range(len(keys))), keys, raws])
    later = _later(db, feed, written)
    named = {key for (key,) in db.all(_NAMED_LATER, [feed.name, record.run_id, keys])}
    comparisons = []
    for key, wrote, as_new, absent, is_open, place in found:
        newer = wrote is not None and (wrote > written or (as_new if feed.winner else wrote == written))
        gone = is_open and absent is not None and absent > written
        is_absent = is_open and (wrote is None or absent is not None) and later is not None and key not in named
        comparisons.append(RowComparison(wrote is None, newer or gone, is_absent, superseded=place > 1))
    return comparisons


def mark_absent(db: Database, feed: Feed, keys: Sequence[str], run_id: int, written: datetime) -> None:
    """Mark tickets absent that the first complete export loaded after theirs does not list."""
    since = _later(db, feed, written)
    db.execute(f"UPDATE {table(feed)} SET absent_since = %s WHERE ticket_id = ANY(%s)", [since, list(keys)])
    db.execute(
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind) "
        "SELECT %s, unnest(%s::text[]), %s, %s, %s",
        [feed.name, list(keys), run_id, since, ChangeKind.ABSENT],
    )


def _later(db: Database, feed: Feed, written: datetime) -> datetime | None:
    found: datetime | None = db.one(_LATER, [feed.name, written])
    return found


def _compared(db: Database, feed: Feed) -> str:
    """Return the comparison's SQL; its parameters are places, keys and documents."""
    made = {column.name: column.generated for column in tables.columns(feed, db.postgis)}
    needed = {feed.roles.status, feed.roles.closed or feed.roles.status}
    columns = ", ".join(f"{made[name]} AS {quoted(name)}" for name in needed)
    times = ", ".join(f"coalesce({winner_time(column)}, '-infinity')" for column in feed.winners)
    times = f"SELECT ARRAY[{times}]::timestamptz[] AS times"
    sql = (
        "SELECT i.ticket_id, w.wrote, coalesce(a.times >= b.times, false), t.absent_since, "
        "NOT c.is_closed, row_number() OVER (PARTITION BY i.ticket_id ORDER BY b.times DESC, i.place DESC) "
        f"FROM i LEFT JOIN {table(feed)} AS t ON t.ticket_id = i.ticket_id, "
        f"LATERAL ({times} FROM (VALUES (t.raw)) AS x (raw)) AS a, "
        f"LATERAL ({times} FROM (VALUES (i.raw)) AS x (raw)) AS b, "
        f"LATERAL (SELECT {closed(feed)} AS is_closed FROM (SELECT {columns} FROM (VALUES (i.raw)) AS x (raw)) AS x) "
        f"AS c, LATERAL (SELECT coalesce((SELECT {_WRITTEN} FROM tickets.import_runs AS r WHERE r.run_id = t.run_id), "
        "t.ingested_at) AS wrote) AS w ORDER BY i.place"
    )
    return (
        "WITH i AS (SELECT u.place, u.ticket_id, u.document::jsonb AS raw "
        f"FROM unnest(%s::int[], %s::text[], %s::text[]) AS u (place, ticket_id, document)) {sql.replace('%', '%%')}"
    )
