"""Each kind of difference is named as that and as no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleetfeed.pipeline.replay import replay_feed
from fleetfeed.rebuild.proof import Proof
from fleetfeed.states import Cause, Part, Side
from tests.kit import FEED, START, export, line
from tests.rebuild.kit import CLOSED, Past, tickets

ANY = set(Part)
UPPER = replace(FEED, columns=tuple(replace(c, fold=str.upper) if c.name == "region" else c for c in FEED.columns))


def proved(past: Past, **options: object) -> Proof:
    rebuilding = past.rebuild(**options)  # type: ignore[arg-type]
    rebuilding.replay()
    before = past.pictures()
    _, proof = rebuilding.prove()
    assert past.pictures() == before
    return proof


def found(proof: Proof, cause: Cause) -> dict[Part, tuple[int, ...]]:
    """Give the counts by part, and see that all have this cause."""
    assert proof.causes == {cause}, proof.differences
    return {one.part: tuple(one.count[side] for side in Side) for one in proof.differences}


def test_a_rebuild_of_an_untouched_feed_is_equal(past: Past) -> None:
    proof = proved(past)
    assert (proof.differences, proof.is_explained, proof.loads, proof.tickets) == ([], True, 4, 4)


BY_HAND = {
    "an edited row": (
        "UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T2'", {Part.TICKETS: (0, 0, 1)},
    ),
    "a row more": (
        "INSERT INTO tickets.inc (ticket_id, raw) VALUES ('X', '{\"ticket_id\": \"X\"}')", {Part.TICKETS: (1, 0, 0)},
    ),
    "a deleted row": ("DELETE FROM tickets.inc WHERE ticket_id = 'T4'", {Part.TICKETS: (0, 1, 0)}),
    "edited bookkeeping": (
        "UPDATE tickets.inc SET raw = raw || '{\"last_seen_at\": \"2026-01-01 00:00:00\"}' WHERE ticket_id = 'T2'",
        {Part.BOOKKEEPING: (0, 0, 1)},
    ),
    "a moved ticket": ("UPDATE tickets.inc SET location_key = 'x' WHERE ticket_id = 'T2'", {Part.PLACES: (0, 0, 1)}),
    "a deleted change": (
        "DELETE FROM tickets.ticket_changes WHERE ticket_id = 'T3' AND kind = 'absent'", {Part.LOG: (0, 1, 0)},
    ),
    "a deleted update": (
        "DELETE FROM tickets.ticket_changes WHERE ticket_id = 'T2' AND kind = 'updated'", {Part.LOG: (0, 1, 0)},
    ),
    "a change more": (
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind) "
        "SELECT feed, 'T1', run_id, observed_at, 'absent' FROM tickets.ticket_changes WHERE kind = 'absent'",
        {Part.LOG: (1, 0, 0)},
    ),
    "a deleted closure": ("DELETE FROM tickets.closure_events", {Part.CLOSURES: (0, 1, 0)}),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "where"), BY_HAND.values(), ids=BY_HAND)
def test_what_somebody_wrote_is_by_hand(past: Past, sql: str, where: dict[Part, tuple[int, ...]]) -> None:
    assert past.db.execute(sql).rowcount == 1
    assert found(proved(past), Cause.BY_HAND) == where


OVERWRITTEN = {
    "a cell": "UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T2'",
    "a cell, with a change": 'WITH edited AS (UPDATE tickets.inc SET raw = raw || \'{"owner": "X"}\' '
    "WHERE ticket_id = 'T2' RETURNING run_id) INSERT INTO tickets.ticket_changes "
    "(feed, ticket_id, run_id, observed_at, kind, changed) SELECT 'inc', 'T2', run_id, now(), 'updated', "
    '\'{"owner": ["Amina", "X"]}\' FROM edited',
    "a row without a run": 'UPDATE tickets.inc SET run_id = NULL, raw = raw || \'{"owner": "X"}\' '
    "WHERE ticket_id = 'T2'",
    "a cell that was empty": "UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T1'",
    "what the load brings anyway": "UPDATE tickets.inc SET raw = raw || '{\"owner\": \"New\"}' WHERE ticket_id = 'T3'",
    "a status": "UPDATE tickets.inc SET raw = raw || '{\"normalized_status\": \"closed\"}' WHERE ticket_id = 'T2'",
    "presence": "UPDATE tickets.inc SET absent_since = now() WHERE ticket_id = 'T2'",
    "a deleted row": "DELETE FROM tickets.inc WHERE ticket_id = 'T2'",
    "a row that the load brings": "INSERT INTO tickets.inc (ticket_id, raw) SELECT 'T5', raw || "
    "'{\"ticket_id\": \"T5\"}' FROM tickets.inc WHERE ticket_id = 'T1'",
}


@pytest.mark.parametrize("sql", OVERWRITTEN.values(), ids=OVERWRITTEN)
@pytest.mark.parametrize("loads", [1, 2])
def test_an_edit_that_a_load_overwrote_is_by_hand(past: Past, sql: str, loads: int) -> None:
    assert past.db.execute(sql).rowcount == 1
    past.bench.loaded(_later("Amina"))
    if loads > 1:
        past.bench.loaded(_later("Late"))
    assert Part.LOG in found(proved(past), Cause.BY_HAND)


def _later(owner: str) -> list[dict[str, str]]:
    """Make an export in which each row is another one, so that a load overwrites it."""
    one = tickets("T1", "T4", "T5", region=f"of {owner}")
    return [
        *one,
        *tickets("T2", owner="Amina", region=f"of {owner}"),
        *tickets("T3", owner="New", region=f"of {owner}"),
    ]


def test_two_edits_that_loads_overwrote_are_by_hand(past: Past) -> None:
    for owner in ("X", "Y"):
        past.db.execute(
            "UPDATE tickets.inc SET raw = raw || jsonb_build_object('owner', %s::text) WHERE ticket_id = 'T2'", [owner]
        )
        past.bench.loaded(_later(owner))
    assert found(proved(past), Cause.BY_HAND)[Part.LOG] == (2, 2, 0)


def test_an_export_from_the_future_is_dated_as_its_load_was(past: Past) -> None:
    later = datetime.now(UTC) + timedelta(days=30)
    past.bench.put([*tickets("T1", **CLOSED), *tickets("T2", "T5")], at=later)
    assert past.bench.run().error is None
    past.bench.loaded([*tickets("T1"), *tickets("T2", "T5")])
    assert proved(past).differences == []
    assert past.pictures("inc__rebuild") == past.pictures()


def test_a_backlog_that_an_edited_row_has_changed_is_by_hand(past: Past) -> None:
    past.db.execute("UPDATE tickets.inc SET raw = raw || '{\"cluster\": \"Ruiru\"}' WHERE ticket_id = 'T2'")
    past.db.execute("SELECT tickets.capture_history('inc', now())")
    assert found(proved(past), Cause.BY_HAND).keys() == {Part.TICKETS, Part.BACKLOG}


def test_a_changed_fold_is_rules(past: Past) -> None:
    assert found(proved(past, feed=UPPER), Cause.RULES) == {Part.TICKETS: (0, 0, 4), Part.CLOSURES: (1, 1, 0)}


def test_a_fold_that_was_changed_on_the_way_is_rules(past: Past) -> None:
    past.bench.feed = UPPER
    past.bench.loaded(tickets("T1", "T2"))
    assert {Part.LOG, Part.LOADS} <= found(proved(past), Cause.RULES).keys()


def test_loads_of_before_rules_were_kept_are_rules(past: Past) -> None:
    past.db.execute("UPDATE tickets.import_runs SET rules = NULL")
    assert proved(past).differences == []
    past.rebuild().drop()
    past.db.execute("DELETE FROM tickets.ticket_changes WHERE ticket_id = 'T3' AND kind = 'absent'")
    assert found(proved(past), Cause.RULES) == {Part.LOG: (0, 1, 0)}


def test_a_drop_that_was_added_since_is_rules(past: Past) -> None:
    fewer = replace(FEED, drops=(*FEED.drops, replace(FEED.drops[0], reason="old")), sentinel="T4")
    assert found(proved(past, feed=fewer), Cause.RULES)[Part.TICKETS] == (1, 0, 0)


def _reject(past: Past) -> None:
    past.bench.loaded(export(tickets("T1", "T2", "T3", "T4")) + line("T8", "a line cut sho"))


def test_a_record_that_was_corrected_is_replayed(past: Past) -> None:
    _reject(past)
    number = past.db.one("SELECT reject_id FROM tickets.rejects")
    text = export(tickets("T8")).decode().splitlines()[1]
    (batch,) = replay_feed(FEED, past.bench.manager(), past.db, [number], line=text, apply=True)
    assert batch.report.error is None
    assert found(proved(past), Cause.REPLAYED).keys() >= {Part.TICKETS, Part.LOG}


def test_pruned_changes_are_pruned(past: Past) -> None:
    past.db.execute("DELETE FROM tickets.ticket_changes WHERE run_id = 1")
    assert found(proved(past), Cause.PRUNED) == {Part.LOG: (0, 3, 0)}


def test_a_missing_export_is_named(past: Past) -> None:
    (past.bench.archive / "export003.csv").unlink()
    parts = found(proved(past), Cause.MISSING)
    assert Part.LOG in parts


def test_what_a_file_loaded_by_hand_brought_is_a_missing_export(past: Past) -> None:
    file = past.bench.put(tickets("T1", "T2", "T3", "T4", "T5"), at=START.replace(hour=20))
    moved = file.rename(past.bench.inbox.parent / "by-hand.csv")
    assert past.bench.run(file=moved).error is None
    assert found(proved(past), Cause.MISSING).keys() >= {Part.TICKETS, Part.LOG}


def test_what_was_there_before_the_first_archived_export(past: Past) -> None:
    (past.bench.archive / "export001.csv").unlink()
    assert Part.LOG in found(proved(past), Cause.BEFORE)


def test_adopted_rows_were_there_before(past: Past) -> None:
    past.db.execute(
        "INSERT INTO tickets.inc (ticket_id, raw, ingested_at) VALUES ('OLD', '{\"ticket_id\": \"OLD\"}', '2020-01-01')"
    )
    assert found(proved(past), Cause.BEFORE) == {Part.TICKETS: (1, 0, 0)}


def test_what_no_cause_explains_is_unexplained(past: Past) -> None:
    past.db.execute(
        'UPDATE tickets.ticket_changes SET changed = \'{"owner": ["a", "b"]}\' '
        "WHERE ticket_id = 'T2' AND kind = 'updated'"
    )
    proof = proved(past)
    assert found(proof, Cause.UNEXPLAINED) == {Part.LOG: (1, 1, 0)}
    assert [one.keys for one in proof.differences] == [["T2 updated in run 3"]]
    assert not proof.is_explained


def test_flows_that_no_ticket_explains_are_unexplained(past: Past) -> None:
    past.db.execute("UPDATE tickets.inc_daily_snapshot SET observed_created = observed_created + 1")
    assert found(proved(past), Cause.UNEXPLAINED) == {Part.FLOWS: (0, 0, 2)}
