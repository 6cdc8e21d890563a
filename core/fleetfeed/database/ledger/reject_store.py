"""Stores rejected records; the same record in several exports is stored once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from fleetfeed.database.connection import Database
from fleetfeed.model import Reject, RunReport
from fleetfeed.states import Resolution
from fleetfeed.text.parse import escaped

_STAYS = f"r.resolved_by <> '{Resolution.REPLAY}'"
_LONG_HEADER = 8_192  # characters; longer headers are stored once, not with each record


def store_rejects(db: Database, run: RunReport, rejects: Sequence[Reject], *, again: bool = False) -> None:
    """Store rejects; a record that is rejected in several exports is one row with a counter.

    `again`: the same export was read before, and does not count. Rejects that were discarded or corrected by hand stay
    resolved; those that were replayed are open again.
    """
    if not rejects:
        return
    digests = [_digest(reject) for reject in rejects]
    times = Counter(zip(digests, (reject.reason for reject in rejects), strict=True))
    once = {(digest, reject.reason): reject for digest, reject in zip(digests, rejects, strict=True)}
    named = _text(run.header)
    header_id = _keep_header(db, run.feed, named) if len(named) > _LONG_HEADER else None
    beside = "" if header_id else named
    columns = "feed, run_id, record, line, ticket_id, detail, raw_text, size, header, header_id, digest, reason, times"
    db.many(
        f"INSERT INTO tickets.rejects AS r ({columns}) VALUES ({', '.join(['%s'] * 13)}) "
        "ON CONFLICT (feed, digest, reason) DO UPDATE SET run_id = excluded.run_id, record = excluded.record, "
        "header = excluded.header, header_id = excluded.header_id, "
        f"line = excluded.line, last_seen_at = now(), times = r.times + {0 if again else 1} * excluded.times, "
        f"resolved_at = CASE WHEN {_STAYS} THEN r.resolved_at END, "
        f"resolution = CASE WHEN {_STAYS} THEN r.resolution END, "
        f"resolved_by = CASE WHEN {_STAYS} THEN r.resolved_by END",
        [[run.feed, run.run_id, *_kept(reject), beside, header_id, *key, times[key]] for key, reject in once.items()],
    )


def _keep_header(db: Database, feed: str, header: str) -> int:
    """Store a long header once, and return its number."""
    digest = hashlib.md5(header.encode(), usedforsecurity=False).hexdigest()
    db.execute(
        "INSERT INTO tickets.reject_headers (feed, digest, header) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [feed, digest, header],
    )
    number: int = db.one("SELECT header_id FROM tickets.reject_headers WHERE (feed, digest) = (%s, %s)", [feed, digest])
    return number


def _kept(reject: Reject) -> tuple[object, ...]:
    return reject.record, reject.line, reject.key, reject.detail, _text(reject.raw), reject.size


def _digest(reject: Reject) -> str:
    cut = b"" if reject.size is None else b"%d" % reject.size
    return hashlib.md5(reject.raw + cut, usedforsecurity=False).hexdigest()


def _text(raw: bytes) -> str:
    return escaped(raw).rstrip("\n")
