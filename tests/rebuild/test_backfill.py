"""A backfill puts exports that were never loaded into their place in the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleetfeed.errors import FleetfeedError, UsageError
from fleetfeed.rebuild.past import Window
from fleetfeed.states import Cause
from tests.kit import START, Bench
from tests.rebuild.kit import CLOSED, Past, tickets

STEPS = [
    tickets("T1", "T2"),
    [*tickets("T1", owner="B"), *tickets("T2", "T3")],
    [*tickets("T1", owner="C"), *tickets("T3")],
    [*tickets("T1", **CLOSED), *tickets("T2", "T3")],
]
ALL = Window(START)
RUNS = "SELECT array_agg(run_id ORDER BY run_id) FROM tickets.import_runs WHERE outcome = 'loaded'"
LOG = "SELECT ticket_id, kind, changed, observed_at FROM tickets.ticket_changes WHERE feed = 'inc' ORDER BY change_id"


@pytest.fixture
def gap(bench: Bench) -> Past:
    """Load the first step, then after an outage the last one: those between were superseded."""
    bench.loaded(STEPS[0])
    bench.put(STEPS[1])
    bench.put(STEPS[2])
    bench.loaded(STEPS[3])
    return Past(bench)


def test_the_outage_gets_its_steps(gap: Past) -> None:
    plan = gap.rebuild().plan(ALL)
    assert [item.run_id for item in plan.left] == [1, None, None, 2]
    gap.rebuild().replay(ALL)
    _, proof = gap.rebuild().prove()
    assert proof.causes == {Cause.BACKFILLED}
    with pytest.raises(FleetfeedError, match="not accepted: backfilled"):
        gap.rebuild().swap()
    gap.rebuild().swap([Cause.BACKFILLED])
    log = gap.db.all(LOG)
    assert [kind for key, kind, *_ in log if key == "T2"] == ["inserted", "absent", "returned"]
    owners = [changed["owner"] for key, kind, changed, _ in log if (key, kind) == ("T1", "updated")]
    assert owners == [[None, "B"], ["B", "C"], ["C", None]]
    assert set(gap.bench.states().values()) == {"archived"}


def test_a_load_from_the_future_stands_where_it_was_loaded(bench: Bench) -> None:
    now = datetime.now(UTC)
    bench.put(STEPS[0], at=now + timedelta(days=30))
    assert bench.run().error is None
    for hours, step in enumerate(STEPS[1:], 1):
        bench.put(step, at=now + timedelta(hours=hours))
    assert bench.run().error is None
    plan = Past(bench).rebuild().plan(ALL)
    assert [item.run_id for item in plan.left] == [1, None, None, 2]


def test_the_feed_is_then_equal_to_a_rebuild_of_it(gap: Past) -> None:
    gap.rebuild().replay(ALL)
    gap.rebuild().swap([Cause.BACKFILLED])
    log, rows = gap.db.all(LOG), gap.pictures()["table"]
    runs = gap.db.one(RUNS)
    assert runs == sorted(runs)
    assert gap.rebuild().plan().missing == []
    gap.rebuild().replay()
    assert gap.rebuild().prove()[1].differences == []
    for run in runs:
        assert gap.db.one(f"SELECT count(*) FROM tickets.inc_asof({run})") in (2, 3)
    assert (gap.db.all(LOG), gap.pictures()["table"]) == (log, rows)


def test_loads_after_it_go_on_as_ever(gap: Past) -> None:
    gap.rebuild().replay(ALL)
    gap.rebuild().swap([Cause.BACKFILLED])
    report = gap.bench.loaded(tickets("T1", "T2", "T3"))
    assert (report.rows.inserted, report.rows.updated, report.rows.unchanged) == (0, 1, 2)
    assert gap.bench.run().outcome == "empty"


def test_only_the_window_is_taken(gap: Past) -> None:
    window = Window(START + timedelta(hours=2.5), START + timedelta(hours=3))
    assert [item.stored.key for item in gap.rebuild().plan(window).left if item.run_id is None] == ["export003.csv"]
    gap.rebuild().replay(window)
    assert gap.rebuild().shadow.window() == window
    with pytest.raises(UsageError, match="Another rebuild of inc has begun"):
        gap.rebuild().replay(ALL)
