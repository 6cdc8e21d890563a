"""Record each kind of run in the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.database.ledger import runs
from fleetfeed.database.ledger.reject_store import store_rejects
from fleetfeed.errors import FleetfeedError
from fleetfeed.feed import Feed
from fleetfeed.model import Ledger, RunReport, Snapshot, StoredObject
from fleetfeed.states import PROCESSED, ObjectState, RunOutcome

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.reporter import Reporter

MOST_REJECTS_OF_A_REFUSED = 1_000


def read_ledger(db: Database, feed: Feed, scratch: Path, *, accept: bool = False, pieces: bool = False) -> Ledger:
    """Read from the ledger what the source stage needs."""
    most = None if pieces else 10_000  # a piece outside the limit would be loaded again
    known = runs.in_bucket(db, feed.name, (*PROCESSED, ObjectState.GONE), most=most)
    # An object that was loaded, removed and put back still has its digest: it is not loaded again.
    processed = frozenset(stored for stored, state, sha256, _ in known if state != ObjectState.GONE or sha256)
    refused = frozenset(stored for stored, state, *_ in known if state == ObjectState.REFUSED)
    unread = frozenset(stored for stored, _, sha256, _ in known if pieces and not sha256)
    last = runs.last_load(db, feed.name)
    held = last is not None and bool(last.held)
    now = runs.clock(db)
    return Ledger(last, processed, refused, scratch, now, accept=accept and held, pieces=pieces, unread=unread)


def record_load(db: Database, reporter: Reporter, feed: Feed, *, in_ledger: bool) -> None:
    """Record a load, inside its transaction: it commits with the data or not at all."""
    report = reporter.report
    if report.snapshot is None:
        return
    again = runs.was_read(db, report.feed, report.snapshot.stored)
    store_rejects(db, report, report.rejects, again=again)
    _record_objects(db, reporter, report.snapshot, in_ledger=in_ledger)
    now = _now(db)
    newest = {"source_newest": report.newest.astimezone(UTC).isoformat()} if report.newest else {}
    loaded = {
        **_of_snapshot(report.snapshot),
        **({"source_last_modified": report.written.isoformat()} if report.written else {}),
        **newest,
        "rows_read": report.rows.read,
        "truncated": report.truncated,
        "held": report.held or None,
        "missing_columns": report.missing,
        "line_end": report.line_end,
        "known_statuses": report.known_statuses or None,
        "new_statuses": report.new_statuses,
        "feed_fingerprint": feed.fingerprint,
        "run_id": report.run_id,
        "loaded_at": now,
        "checked_at": now,
    }
    runs.write_meta(db, report.feed, loaded)
    runs.finish_run(db, report)


def record_unchanged(db: Database, reporter: Reporter, *, in_ledger: bool, explained: bool) -> None:
    """Record that there was nothing to load; for the same bytes under another ETag, store that ETag."""
    report = reporter.report
    with db.transaction():
        reporter.recorded(runs.finish_run(db, report))
        known: dict[str, Any] = {"checked_at": _now(db)}
        if explained:  # the feed may have declared a status since the last load
            known["new_statuses"] = report.new_statuses
        if report.snapshot is not None and report.pieces:  # all pieces are loaded, not only this one
            runs.note_listed(db, report.feed, _present(report.snapshot) if in_ledger else [])
        elif report.snapshot is not None:
            _record_objects(db, reporter, report.snapshot, in_ledger=in_ledger)
            known |= _of_snapshot(report.snapshot)
            if report.written != report.snapshot.stored.last_modified:  # in the future: keep the time of the load
                del known["source_last_modified"]
        else:
            runs.note_listed(db, report.feed, [])
        runs.write_meta(db, report.feed, known)
        reporter.committing()
    reporter.committed()


def record_after_commit(db: Database, reporter: Reporter) -> None:
    """Add what happened after the commit: archived keys, timings, warnings."""
    try:
        runs.finish_run(db, reporter.report)
    except FleetfeedError as error:
        reporter.warn(f"the load is committed, but the ledger lacks what followed: {error.cause}")


def record_busy(db: Database, reporter: Reporter) -> None:
    """Record a run that did nothing, as another one holds the feed's lock."""
    reporter.recorded(runs.finish_run(db, reporter.report))


def record_failed(db: Database, reporter: Reporter, *, in_ledger: bool) -> None:
    """Record a run that failed or was refused, if the connection is still open; its load is rolled back."""
    reporter.recorded(None)  # `announce` records a run without a number on another connection, also after a deadline
    if db.connection.closed:
        return
    report = reporter.report
    try:
        with db.transaction():
            if report.outcome is RunOutcome.REFUSED and report.snapshot is not None:
                run_id = _record_refused(db, report, report.snapshot, in_ledger=in_ledger)
            else:
                run_id = runs.finish_run(db, report)
        reporter.recorded(run_id)
    except Exception as error:  # noqa: BLE001 (the first error is the one to report)
        cause = error.cause if isinstance(error, FleetfeedError) else error
        reporter.warn(f"the ledger could not be written: {cause}")


def _record_refused(db: Database, report: RunReport, snapshot: Snapshot, *, in_ledger: bool) -> int:
    if in_ledger:
        runs.note_listed(db, report.feed, _present(snapshot))
    again = runs.was_read(db, report.feed, snapshot.stored)  # before this run is one of those that have read it
    run_id = runs.finish_run(db, report)
    runs.set_state(db, report.feed, snapshot.stored, ObjectState.REFUSED, run_id=run_id)
    numbered = replace(report, run_id=run_id)
    store_rejects(db, numbered, report.rejects[:MOST_REJECTS_OF_A_REFUSED], again=again)
    return run_id


def _record_objects(db: Database, reporter: Reporter, snapshot: Snapshot, *, in_ledger: bool) -> None:
    """Set the state of every listed object; unread ones that are older than this one become superseded.

    An export that is held as truncated supersedes nothing: older ones may have what it lacks.
    """
    if not in_ledger:
        return
    report = reporter.report
    runs.note_listed(db, report.feed, _present(snapshot))
    older, waiting, superseded = snapshot.older(), list[str](), list[str]()
    unloaded = (ObjectState.SEEN, ObjectState.REFUSED, ObjectState.SUPERSEDED)
    for stored, state, *_ in runs.in_bucket(db, report.feed, unloaded, snapshot.listed):
        if stored == snapshot.stored:
            sha256 = snapshot.sha256 or None
            runs.set_state(db, report.feed, stored, ObjectState.LOADED, run_id=report.run_id, sha256=sha256)
        elif state == ObjectState.SEEN and stored in older and report.held:
            waiting.append(stored.key)
        elif state == ObjectState.SEEN and stored in older:
            runs.set_state(db, report.feed, stored, ObjectState.SUPERSEDED, run_id=report.run_id)
            superseded.append(stored.key)
    reporter.superseded(superseded)
    if waiting:
        kept = "never read, and kept until a complete export is loaded or the one that is held is accepted"
        reporter.warn(f"{kept}: {', '.join(waiting)}")


def _present(snapshot: Snapshot) -> list[StoredObject]:
    return [item for item in snapshot.listed if item not in snapshot.missing]


def _of_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    stored = snapshot.stored
    return {
        "source_key": stored.key,
        "source_etag": stored.etag,
        "source_size": stored.size,
        "source_mark": stored.mark,
        "source_sha256": snapshot.sha256,
        "source_last_modified": stored.last_modified.isoformat(),
    }


def _now(db: Database) -> str:
    return runs.clock(db).isoformat(timespec="seconds")
