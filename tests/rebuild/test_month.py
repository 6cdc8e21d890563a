"""A month of the demo's exports: its rebuild is equal, and what is planted in it is named."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pytest

from fleetfeed.rebuild.proof import Proof
from fleetfeed.scaffold.week import week
from fleetfeed.states import Cause, Part
from tests.kit import FEED, ROOT, Bench
from tests.rebuild.kit import Past
from tests.rebuild.test_proof import UPPER

DAYS = 30
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def month(bench: Bench) -> Past:
    """Load the exports as `fleetfeed demo` does: the backlog of each day is counted as of its export."""
    with (ROOT / "feeds" / "inc" / "demo.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::2]
    for day in (day for day in week(FEED, rows, NOW, DAYS) if day.rows):
        bench.put(day.rows, at=day.at)
        assert bench.run().error is None
        bench.db.execute("SELECT tickets.capture_history('inc', %s)", [day.at])
    return Past(bench)


def test_it_is_equal_until_something_is_planted(month: Past) -> None:
    month.rebuild().replay()
    assert _proof(month).differences == []
    assert month.pictures("inc__rebuild")["flows"] == month.pictures()["flows"]

    key = month.db.one("SELECT min(ticket_id) FROM tickets.inc")
    month.db.execute('UPDATE tickets.inc SET raw = raw || \'{"owner": "X"}\' WHERE ticket_id = %s', [key])
    last = month.db.one("SELECT max(change_id) FROM tickets.ticket_changes WHERE feed = 'inc'")
    month.db.execute("DELETE FROM tickets.ticket_changes WHERE change_id = %s", [last])
    proof = _proof(month)
    assert [(one.part, one.cause) for one in proof.differences] == [
        (Part.TICKETS, Cause.BY_HAND),
        (Part.LOG, Cause.BY_HAND),
    ]
    month.rebuild().swap([Cause.BY_HAND])

    month.rebuild(feed=UPPER).replay()
    changed = month.rebuild(feed=UPPER).prove()[1]
    assert changed.causes == {Cause.RULES}
    assert changed.unlike == changed.tickets


def _proof(month: Past) -> Proof:
    return month.rebuild().prove()[1]
