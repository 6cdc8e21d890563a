"""Reads and writes the records of runs, exports and the last load."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from fleetfeed._version import __version__
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.tables import NOT_LATER_THAN
from fleetfeed.model import LastLoad, RunReport, StoredObject
from fleetfeed.text.redact import redact

# The export `e` that a run `r` has read; earlier versions stored only key and ETag with runs.
READ_BY = """(e.feed, e.key, e.etag, e.last_modified)
    = (r.feed, r.source_key, r.source_etag, coalesce(r.source_last_modified, e.last_modified))"""
_THIS = "(e.feed, e.key, e.last_modified, e.etag, e.size) = (%s, %s, %s, %s, %s)"
NOT_REPLAY = "(counts ? 'replayed') IS NOT TRUE"  # condition on runs: not a replay, which does not look at the bucket


def last_load(db: Database, feed: str) -> LastLoad | None:
    """Return the last export that was loaded."""
    found = db.one("SELECT metadata FROM tickets.import_meta WHERE feed = %s", [feed])
    if not found or not found.get("source_etag"):
        return None
    newest, written = found.get("source_newest"), found.get("source_last_modified")
    missing, statuses = found.get("missing_columns"), found.get("known_statuses")
    return LastLoad(
        key=found.get("source_key", ""),
        etag=found["source_etag"],
        sha256=found.get("source_sha256", ""),
        fingerprint=found.get("feed_fingerprint", ""),
        newest=_time(newest),
        written=_time(written),
        size=found.get("source_size"),
        mark=found.get("source_mark") or "",
        held=found.get("held") or "",
        truncated=bool(found.get("truncated")),
        missing=None if missing is None else frozenset(missing),
        line_end=found.get("line_end"),
        statuses=None if statuses is None else frozenset(statuses),
        new_statuses=frozenset(found.get("new_statuses") or ()),
    )


def _time(text: str | None) -> datetime | None:
    """Parse a time; None if invalid, as other programs may have written it."""
    with suppress(ValueError):
        time = datetime.fromisoformat(text or "")
        return time if time.tzinfo else None
    return None


def clock(db: Database) -> datetime:
    """Return the time by the database's clock, in UTC."""
    now: datetime = db.one("SELECT clock_timestamp()")
    return now.astimezone(UTC)


def last_runs(db: Database) -> dict[str, datetime]:
    """Return when each feed's last run began, without replays."""
    return dict(
        db.all(f"SELECT feed, least(max(started_at), now()) FROM tickets.import_runs WHERE {NOT_REPLAY} GROUP BY feed")
    )


def newest_archived(db: Database, feed: str) -> StoredObject | None:
    """Return the newest archived export of a feed."""
    found = db.all(
        "SELECT last_modified, key, etag, size FROM tickets.exports WHERE feed = %s AND archived_key IS NOT NULL "
        f"ORDER BY last_modified <= {NOT_LATER_THAN} DESC, last_modified DESC, key DESC LIMIT 1",
        [feed],
    )
    return StoredObject(*found[0]) if found else None


def write_meta(db: Database, feed: str, values: dict[str, Any]) -> None:
    """Set keys of the feed's metadata; other keys stay."""
    db.execute(
        "INSERT INTO tickets.import_meta AS m (feed, metadata) VALUES (%s, %s::jsonb) ON CONFLICT (feed) "
        "DO UPDATE SET metadata = m.metadata || excluded.metadata, updated_at = now()",
        [feed, orjson.dumps(values).decode()],
    )


def begin_run(db: Database, run: RunReport, outcome: str, rules: str | None = None) -> int:
    """Insert a run's row and return its number; within a load's transaction, it commits with the data.

    `rules`: the digest of the rules by which it reads rows, if it reads any.
    """
    number = db.one(
        "INSERT INTO tickets.import_runs (feed, started_at, outcome, host, version, rules) "
        "VALUES (%s, least(%s, clock_timestamp()), %s, %s, %s, %s) "  # a client's clock may be wrong
        "RETURNING run_id",
        [run.feed, run.started_at, outcome, f"{socket.gethostname()}:{os.getpid()}", __version__, rules],
    )
    return int(number)


def finish_run(db: Database, run: RunReport) -> int:
    """Record what a run did, and return its number; inserts its row if it has none yet."""
    run_id = begin_run(db, run, run.outcome) if run.run_id is None else run.run_id
    stored = run.snapshot.stored if run.snapshot else None
    counts = {
        **run.rows.as_dict(),
        "archived": len(run.archived),
        "truncated": run.truncated,
        "warnings": [redact(text) for text in run.warnings],
        **({"replayed": run.replayed} if run.replayed else {}),
        **({"rebuilt": {"of": run.rebuilt.of}} if run.rebuilt else {}),
        **({"refused": redact(str(run.refused))} if run.refused else {}),
        **({"piece": True} if run.pieces else {}),
    }
    db.execute(
        "UPDATE tickets.import_runs SET finished_at = clock_timestamp(), outcome = %s, source_key = %s, "
        "source_etag = %s, source_last_modified = %s, source_sha256 = %s, counts = %s::jsonb, timings = %s::jsonb, "
        "error = %s WHERE run_id = %s",
        [
            run.outcome,
            stored.key if stored else None,
            stored.etag if stored else None,
            stored.last_modified if stored else None,
            (run.snapshot.sha256 or None) if run.snapshot else None,
            orjson.dumps(counts).decode(),
            orjson.dumps(run.timings).decode(),
            redact(str(run.error)) if run.error else None,
            run_id,
        ],
    )
    return run_id


def note_listed(db: Database, feed: str, listed: Iterable[StoredObject]) -> None:
    """Record every listed object; mark objects that are no longer in the bucket as gone."""
    objects = list(listed)
    columns = [
        [item.key for item in objects],
        [item.etag for item in objects],
        [item.size for item in objects],
        [item.last_modified for item in objects],
    ]
    db.execute(
        "INSERT INTO tickets.exports (feed, key, etag, size, last_modified) SELECT %s, * FROM "
        "unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[]) "
        "ON CONFLICT (feed, key, last_modified, etag, size) "
        "DO UPDATE SET state = CASE WHEN exports.sha256 IS NULL THEN 'seen' ELSE 'loaded' END, archived_key = NULL "
        "WHERE exports.state = 'gone'",
        [feed, *columns],
    )
    db.execute(
        "UPDATE tickets.exports e SET state = 'gone' WHERE feed = %s AND archived_key IS NULL AND state <> 'gone' "
        "AND NOT EXISTS (SELECT FROM unnest(%s::text[], %s::timestamptz[]) AS l (key, at) "
        "WHERE l.key = e.key AND l.at = e.last_modified)",
        [feed, columns[0], columns[3]],
    )


def in_bucket(
    db: Database,
    feed: str,
    states: Sequence[str],
    listed: Iterable[StoredObject] | None = None,
    most: int | None = 10_000,
) -> list[tuple[StoredObject, str, str | None, str | None]]:
    """Return objects in these states, oldest first: object, state, sha256, archived key.

    With `listed`, only those of that listing; with `most`, only the newest.
    """
    keys = None if listed is None else [item.key for item in listed]
    rows = db.all(
        "SELECT last_modified, key, etag, size, state, sha256, archived_key FROM (SELECT * FROM tickets.exports "
        "WHERE feed = %s AND state = ANY(%s) AND (%s::text[] IS NULL OR key = ANY(%s)) "
        "ORDER BY last_modified DESC, key DESC LIMIT %s) AS latest ORDER BY last_modified, key",
        [feed, list(states), keys, keys, most],
    )
    found = [(StoredObject(at.astimezone(UTC), key, etag, size), *rest) for at, key, etag, size, *rest in rows]
    wanted = None if listed is None else set(listed)
    return [item for item in found if wanted is None or item[0] in wanted]


def set_state(
    db: Database, feed: str, stored: StoredObject, state: str, *, run_id: int | None, sha256: str | None = None
) -> None:
    """Record an object's state."""
    db.execute(
        "UPDATE tickets.exports AS e SET state = %s, run_id = coalesce(%s, run_id), sha256 = coalesce(%s, sha256) "
        f"WHERE {_THIS}",
        [state, run_id, sha256, feed, *_values(stored)],
    )


def set_archived(db: Database, feed: str, stored: StoredObject, state: str, archived_key: str) -> None:
    """Record where an object was archived; before it is deleted from the bucket, so that a kill leaves a trace."""
    db.execute(
        f"UPDATE tickets.exports AS e SET state = %s, archived_key = %s WHERE {_THIS}",
        [state, archived_key, feed, *_values(stored)],
    )


def was_read(db: Database, feed: str, stored: StoredObject) -> bool:
    """Whether an earlier run has read an object, even if it was refused."""
    # The same bytes may have been read before under the same name, by a run that ended before this object was listed.
    return bool(
        db.one(
            f"SELECT EXISTS (SELECT FROM tickets.exports AS e JOIN tickets.import_runs AS r ON {READ_BY} "
            f"AND r.finished_at >= e.first_seen_at "
            f"WHERE {_THIS} AND r.outcome IN ('loaded', 'refused') "
            "AND (r.counts ->> 'read')::bigint > 0)",  # an incomplete export is refused unread
            [feed, *_values(stored)],
        )
    )


def _values(stored: StoredObject) -> list[Any]:
    return [stored.key, stored.last_modified, stored.etag, stored.size]
