"""What lies in the bucket of a scene, and what a load of it leaves in the database."""

from __future__ import annotations

from collections.abc import Iterable

from tests.kit import export, line, ticket

NEWEST = "4.csv"
BLOCK = 2_000  # tickets of a block in the processes that are killed: a fifth of the usual, so that a kill takes less
LATER = "2026-11-20 11:00:00"
# Table that may be missing → what a load leaves there, without what differs from run to run.
FILLED = {
    "inc": "SELECT to_jsonb(t) - '{ingested_at,run_id}'::text[] FROM tickets.inc t ORDER BY ticket_id",
    "ticket_changes": "SELECT ticket_id, observed_at, kind, changed, r.outcome FROM tickets.ticket_changes "
    "LEFT JOIN tickets.import_runs r USING (run_id) ORDER BY 1, 2, 3",
    "exports": "SELECT last_modified, key, etag, sha256, state, archived_key FROM tickets.exports ORDER BY 1, 2",
    "rejects": "SELECT to_jsonb(r) - '{reject_id,run_id,first_seen_at,last_seen_at}'::text[] FROM tickets.rejects r "
    "ORDER BY digest, reason",
    "import_meta": "SELECT metadata - '{run_id,loaded_at,checked_at}'::text[] FROM tickets.import_meta ORDER BY feed",
    "import_runs": "SELECT source_key, source_etag FROM tickets.import_runs WHERE outcome = 'loaded' ORDER BY run_id",
    "closure_events": "SELECT to_jsonb(e) - '{event_id,run_id}'::text[] FROM tickets.closure_events e "
    "ORDER BY ticket_id, closed_at",
    "closure_teams": "SELECT ticket_id, closed_at, "
    "to_jsonb(a) - '{event_id,corrected_from,reopened_run,computed_at}'::text[] "
    "FROM tickets.closure_teams a JOIN tickets.closure_events e USING (event_id) ORDER BY ticket_id, closed_at",
    "captured_runs": "SELECT source_key FROM tickets.captured_runs JOIN tickets.import_runs USING (run_id) ORDER BY 1",
    # Without the day of the capture, which may be another one by then, and what depends on its hour.
    "inc_daily_snapshot": "SELECT cluster, (array_agg(open_total ORDER BY snapshot_date DESC))[1], "
    "sum(observed_created), sum(observed_closed), sum(observed_reopened) FROM tickets.inc_daily_snapshot "
    "GROUP BY 1 ORDER BY 1",
}


def first_export(count: int) -> bytes:
    """Make an export of which the first hundred tickets have coordinates."""
    located = tickets("INC", range(100), latitude="-1.29", longitude="36.82")
    return export([*located, *tickets("INC", range(100, count))])


def exports(known: range, new: range) -> dict[str, bytes]:
    """Make two exports to load first, one that is never read, and the newest, which has new tickets."""
    half = len(known) // 2
    newest = [
        *tickets("INC", range(5, 10)),  # were absent; 0 to 4 vanish
        *tickets("INC", range(10, 20), source_updated_at=LATER, normalized_status="closed", closed_at=LATER),
        *tickets("INC", range(20, half), source_updated_at=LATER, owner="Amina"),
        *tickets("INC", range(half, len(known))),
        *tickets("INC", range(half, half + 5), source_updated_at=LATER, is_alarm="true"),
        *tickets("NEW", new, source_updated_at=LATER),
    ]
    return {
        "1.csv": export(tickets("INC", known)),
        "2.csv": export(tickets("INC", (number for number in known if number not in range(5, 10)))),
        "3.csv": export(tickets("INC", known, source_updated_at=LATER)),
        NEWEST: export(newest) + line("INC9999", "a line cut sho"),
    }


def tickets(name: str, numbers: Iterable[int], **cells: str) -> list[dict[str, str]]:
    """Make tickets that differ in their number."""
    return [ticket(f"{name}{number:04}", **cells) for number in numbers]
