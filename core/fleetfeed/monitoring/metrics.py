"""Metrics of feeds in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.database.connection import SNAPSHOT
from fleetfeed.database.ledger.runs import NOT_REPLAY
from fleetfeed.feed import Feed
from fleetfeed.monitoring.freshness import freshness_of
from fleetfeed.monitoring.status import REJECTS, counted
from fleetfeed.states import Freshness, RunOutcome, StaleReason

if TYPE_CHECKING:
    from fleetfeed.database import Database

_RESULTS = ("dropped", "rejected", "superseded", "inserted", "updated", "unchanged")
_STATES = (Freshness.FRESH, Freshness.UNKNOWN, *StaleReason)
_RUNS = (
    f"SELECT outcome, count(*), max(finished_at) FROM tickets.import_runs WHERE feed = %s AND {NOT_REPLAY} GROUP BY 1"
)
_LAST = f"""
SELECT counts, finished_at, extract(epoch FROM finished_at - started_at)::float8 FROM tickets.import_runs
WHERE feed = %s AND finished_at IS NOT NULL AND outcome <> 'busy' AND {NOT_REPLAY} ORDER BY run_id DESC LIMIT 1
"""
_FAMILIES = {
    "last_success_timestamp_seconds": "When a run of the feed last succeeded: loaded, unchanged or empty.",
    "last_run_timestamp_seconds": "When the last run of the feed ended, whatever its outcome; busy ones do not count.",
    "last_run_duration_seconds": "How long that run took.",
    "last_run_records": "Records of the export that run read, by result.",
    "ledger_runs": "Runs with --apply that are in the ledger, by outcome; `prune` deletes old ones.",
    "checked_timestamp_seconds": "When a run last checked the bucket and succeeded.",
    "export_written_timestamp_seconds": "When the loaded export was written.",
    "freshness": "1 for the state the feed is in; 0 for the others.",
    "tickets": "Tickets in the feed's table.",
    "open_tickets": "The backlog: tickets that are neither closed nor absent.",
    "overdue_tickets": "Open tickets that are past their SLA target.",
    "absent_tickets": "Tickets that exports no longer list though they were not closed.",
    "unmapped_tickets": "Tickets without a place.",
    "unresolved_rejects": "Rejected records that are not resolved.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one feed; None is not written."""

    family: str
    feed: str
    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


def samples(db: Database, feed: Feed) -> list[Sample]:
    """Measure a feed in one snapshot of the database."""
    with db.transaction():
        db.execute(SNAPSHOT)
        return [*_runs(db, feed.name), *_freshness(db, feed.name), *_tickets(db, feed)]


def exposition(found: Iterable[Sample]) -> str:
    """Render samples in the text format."""
    by_family: dict[str, list[Sample]] = {name: [] for name in _FAMILIES}
    for sample in found:
        by_family[sample.family].append(sample)
    return "".join(f"{line}\n" for name, few in by_family.items() for line in _family(name, few))


def _family(name: str, few: list[Sample]) -> Iterator[str]:
    yield f"# HELP fleetfeed_{name} {_FAMILIES[name]}"
    yield f"# TYPE fleetfeed_{name} gauge"
    for sample in few:
        labels = ",".join(
            f'{label}="{_escaped(text)}"' for label, text in {"feed": sample.feed, **sample.labels}.items()
        )
        if sample.value is not None:
            yield f"fleetfeed_{name}{{{labels}}} {sample.value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _runs(db: Database, feed: str) -> Iterator[Sample]:
    runs = {outcome: (count, at) for outcome, count, at in db.all(_RUNS, [feed])}
    succeeded = [at for outcome, (_, at) in runs.items() if RunOutcome(outcome).is_success and at]
    yield Sample("last_success_timestamp_seconds", feed, max(succeeded).timestamp() if succeeded else None)
    for outcome in RunOutcome:
        yield Sample("ledger_runs", feed, runs.get(outcome, (0, None))[0], {"outcome": outcome})
    for counts, at, seconds in db.all(_LAST, [feed]):
        yield Sample("last_run_timestamp_seconds", feed, at.timestamp())
        yield Sample("last_run_duration_seconds", feed, seconds)
        for result in _RESULTS:
            count = counts.get(result, 0)  # a dict by reason for rejected and dropped
            total = sum(count.values()) if isinstance(count, dict) else count
            yield Sample("last_run_records", feed, total, {"result": result})


def _freshness(db: Database, feed: str) -> Iterator[Sample]:
    fresh = freshness_of(db, feed)
    for family, name in (("checked", "checked_at"), ("export_written", "source_last_modified")):
        yield Sample(f"{family}_timestamp_seconds", feed, _timestamp(fresh[name]))
    for state in _STATES:
        is_so = state == (fresh["reason"] or fresh["state"])
        yield Sample("freshness", feed, int(is_so), {"state": state.replace(" ", "_")})


def _tickets(db: Database, feed: Feed) -> Iterator[Sample]:
    counts: dict[str, Any] = counted(db, feed)
    yield Sample("tickets", feed.name, counts["rows"])
    yield Sample("open_tickets", feed.name, counts["open"])
    yield Sample("overdue_tickets", feed.name, counts["overdue"])
    yield Sample("absent_tickets", feed.name, counts["open_absent"])
    yield Sample("unmapped_tickets", feed.name, counts["rows"] - counts["mapped"])
    yield Sample("unresolved_rejects", feed.name, db.one(REJECTS, [feed.name]))


def _timestamp(time: str | None) -> float | None:
    return datetime.fromisoformat(time).timestamp() if time else None
