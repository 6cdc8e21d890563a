"""What the database and the model hold, in one shape, so that they can be compared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fleetfeed.database import Database
from tests.histories.model import Last, Model
from tests.kit import DATA, FEED, LEDGER

Picture = dict[str, object]
TABLES = [f"tickets.{name}" for name in (*DATA, *LEDGER)]


def in_database(db: Database) -> Picture:
    """Read all that a run writes; runs are numbered in their order, since those rolled back leave gaps."""
    runs = db.all("SELECT run_id, outcome, source_key, source_etag, counts FROM tickets.import_runs ORDER BY 1")
    numbers = {run_id: number for number, (run_id, *_) in enumerate(runs, 1)}
    changes = db.all("SELECT run_id, kind, ticket_id, observed_at, changed FROM tickets.ticket_changes")
    return {
        "tickets": {key: tuple(row) for key, *row in db.all("SELECT ticket_id, raw, absent_since FROM tickets.inc")},
        "changes": sorted(((numbers[run], *change) for run, *change in changes), key=_place),
        "exports": {
            (key, at, etag): tuple(row)
            for key, at, etag, *row in db.all(
                "SELECT key, last_modified, etag, state, archived_key FROM tickets.exports"
            )
        },
        "rejects": {
            (reason, text): times
            for reason, text, times in db.all("SELECT reason, raw_text, times FROM tickets.rejects")
        },
        "runs": [(outcome, key, etag, flat(counts)) for _, outcome, key, etag, counts in runs],
        "last": _last(db.one("SELECT metadata FROM tickets.import_meta") or {}, numbers),
    }


def _last(meta: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, object]:
    kept = {key: value for key, value in meta.items() if key not in ("loaded_at", "checked_at", "source_mark")}
    return kept | {"run_id": numbers[kept["run_id"]]} if kept else {}


def _place(change: Sequence[Any]) -> list[Any]:
    return list(change[:3])  # one ticket has at most one change of a kind in a run


def flat(counts: Mapping[str, Any]) -> Counter[str]:
    """Spell the counts of a run as the model does: `rejected empty key`, and no zeros."""
    found: Counter[str] = Counter()
    for name, value in counts.items():
        for reason, number in (value if isinstance(value, dict) else {"": value}).items():
            count = bool(number) if name == "refused" else len(number) if name == "warnings" else number
            found[f"{name} {reason}".strip()] = int(count)
    return +found


def in_model(model: Model, inbox: str, archive: str) -> Picture:
    """Show the model as the database should be; `inbox` and `archive` are what keys begin with there."""
    tickets = model.tickets
    return {
        "tickets": {key: (raw, tickets.absent.get(key)) for key, raw in tickets.raw.items()},
        "changes": sorted(tickets.changes, key=_place),
        "exports": {
            (inbox + file.name, file.at, file.etag): (entry.state, entry.archived_as and archive + entry.archived_as)
            for file, entry in model.files.items()
        },
        "rejects": model.rejects,
        "runs": [
            (run.outcome, run.file and inbox + run.file.name, run.file and run.file.etag, +run.counts)
            for run in model.runs
        ],
        "last": _last_of(model.last, inbox) if model.last else {},
    }


def _last_of(last: Last, inbox: str) -> dict[str, object]:
    newest = datetime.fromisoformat(last.newest).replace(tzinfo=ZoneInfo("Africa/Nairobi")) if last.newest else None
    return {
        "source_key": inbox + last.file.name,
        "source_etag": last.file.etag,
        "source_size": len(last.file.export.content),
        "source_sha256": hashlib.sha256(last.file.export.content).hexdigest(),
        "source_last_modified": last.file.at.isoformat(),
        **({"source_newest": newest.astimezone(UTC).isoformat()} if newest else {}),
        "rows_read": last.read,
        "truncated": last.file.export.truncated,
        "held": None,
        "missing_columns": [],
        "line_end": True,
        "known_statuses": sorted(last.known) or None,
        "new_statuses": sorted(last.new),
        "feed_fingerprint": replace(FEED, revision=last.revision).fingerprint,
        "run_id": last.run,
    }
