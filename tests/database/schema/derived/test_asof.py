"""The table and the map as they were: equal to copies that were taken after each load."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database
from fleetfeed.database.ledger.retention import prune
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed
from tests.kit import FEED, START, Bench, examples, export, ticket

_KEYS = ["T1", "T2", "T3", "T4"]
_CELLS: dict[str, list[dict[str, str]]] = {
    "status": [{}, {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}, {"normalized_status": ""}],
    "team": [{}, {"assigned_team": "Field B"}, {"assigned_team": ""}],
    "place": [{}, {"location_name": "Ngong Road"}, {"latitude": "-1.3", "longitude": "36.8"}, {"cluster": ""}],
    "kept": [{}, {"last_seen_at": "2026-11-20 10:00:00"}],  # bookkeeping
}
_ROW = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in _CELLS.items()})
_EXPORT = st.dictionaries(st.sampled_from(_KEYS), _ROW, min_size=1)


def _kept(feed: Feed) -> str:
    """Return the columns that the past can give back, as one JSON document a row."""
    lost = [*feed.bookkeeping, "ingested_at", "source_digest", "run_id", "location_key"]
    return f"(to_jsonb(t) || jsonb_build_object('raw', t.raw - ARRAY{list(feed.bookkeeping)})) - ARRAY{lost}"


def _picture(db: Database, source: str = "tickets.inc") -> list[Any]:
    return [row for (row,) in db.all(f"SELECT {_kept(FEED)} FROM {source} AS t ORDER BY ticket_id")]


def _content(rows: dict[str, dict[str, dict[str, str]]]) -> bytes:
    header = [*ticket("T"), "owner", "mttr", "closed_at", "latitude", "longitude"]
    made = []
    for key, parts in rows.items():
        cells: dict[str, str] = {}
        for part in parts.values():
            cells |= part
        made.append(ticket(key, **cells))
    return export(made, header)


@settings(max_examples=examples(20))
@given(exports=st.lists(_EXPORT, min_size=2, max_size=5))
def test_each_state_is_given_back_as_it_was(
    fresh_bench: Bench, exports: list[dict[str, dict[str, dict[str, str]]]]
) -> None:
    bench = fresh_bench
    bench.db.execute("TRUNCATE tickets.inc, tickets.ticket_changes, tickets.import_meta, tickets.import_runs CASCADE")
    seen: list[tuple[int, list[Any]]] = []
    for rows in exports:
        bench.put(_content(rows))
        report = bench.run(accept_incomplete=True)
        assert report.error is None, report.error
        if report.outcome == "loaded":
            assert report.run_id
            seen.append((report.run_id, _picture(bench.db)))
    for run, picture in seen:
        assert _picture(bench.db, f"tickets.inc_asof({run})") == picture


@pytest.fixture
def fresh_bench(db: Database, tmp_path: Path) -> Bench:
    return Bench(db, tmp_path)


@pytest.fixture
def three(db: Database, tmp_path: Path) -> Bench:
    """Load three exports: T1; T1 and T2; T2, in which T1 has vanished."""
    bench = Bench(db, tmp_path)
    for rows in (["T1"], ["T1", "T2"], ["T2"]):
        bench.loaded([ticket(key) for key in rows], accept_incomplete=True)
    return bench


def _map(db: Database, at: datetime | None, **given: Any) -> dict[str, Any]:
    names = ", ".join(f"p_{name} => %s" for name in given)
    found: dict[str, Any] = db.one(
        f"SELECT reporting.fn_tickets_for_map_at(%s{', ' if names else ''}{names})", [at, *given.values()]
    )
    return found


def _loads(db: Database) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = db.one("SELECT reporting.fn_loads()")["loads"]
    return found[::-1]


def _listed(document: dict[str, Any]) -> dict[str, str | None]:
    return {each["properties"]["ticket_id"]: each["properties"]["sla_state"] for each in document["features"]}


def test_the_map_is_given_back_at_a_time_inclusive(three: Bench) -> None:
    one, two, last = _loads(three.db)
    at = datetime.fromisoformat(two["loaded_at"])
    assert set(_listed(_map(three.db, at))) == {"T1", "T2"}
    assert set(_listed(_map(three.db, at - timedelta(microseconds=1)))) == {"T1"}
    assert _map(three.db, at)["as_of"]["run"] == two["run"]
    late = _map(three.db, datetime.fromisoformat(last["loaded_at"]) + timedelta(days=400))
    assert late["as_of"]["run"] == last["run"]
    assert _listed(late) == {"T1": None, "T2": "overdue"}  # absent tickets have no age
    assert _map(three.db, None, run=one["run"])["as_of"]["unknown"][-1] == "run_id"


def test_a_time_may_be_that_of_the_exports(three: Bench) -> None:
    runs = [load["run"] for load in _loads(three.db)]
    found = [_map(three.db, START + timedelta(hours=hours), by="export")["as_of"]["run"] for hours in (1, 2, 3, 30)]
    assert found == [*runs, runs[-1]]
    with pytest.raises(DatabaseError, match="cannot be given back as of that time"):
        _map(three.db, START, by="export")


def test_two_loads_of_one_second_are_distinguished_by_their_run(three: Bench) -> None:
    one, two, _ = _loads(three.db)
    assert set(_listed(_map(three.db, None, run=one["run"]))) == {"T1"}
    assert set(_listed(_map(three.db, None, run=two["run"]))) == {"T1", "T2"}


def test_closed_tickets_do_not_use_up_the_limit(db: Database, tmp_path: Path) -> None:
    bench, closed = Bench(db, tmp_path), {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}
    newer = {"created_at_service": "2026-11-19 08:00:00"}
    vanished = [ticket(f"V{n}", **newer) for n in range(3)]
    done = [ticket(f"C{n}", **newer, **closed) for n in range(3)]
    bench.loaded([ticket("OLD"), ticket("NEW", **newer), *done, *vanished])
    bench.loaded([ticket("OLD"), ticket("NEW", **newer), *done], accept_incomplete=True)
    bench.loaded([ticket("OLD", **closed), ticket("NEW", **newer, **closed), *done], accept_incomplete=True)
    then = [load["run"] for load in _loads(db)][1]
    assert list(_listed(_map(db, None, run=then, limit=2))) == ["NEW", "OLD"]
    assert list(_listed(_map(db, None, run=then, limit=3))) == ["C0", "NEW", "OLD"]  # newest first
    assert _map(db, None, run=then, limit=2)["summary"]["truncated"] == 6
    assert list(_listed(_map(db, None, run=then, limit=1, status="closed"))) == ["C0"]


def test_ages_are_those_of_then(three: Bench) -> None:
    opened = datetime.fromisoformat("2026-11-18T08:00:00+03:00")
    three.db.execute("UPDATE tickets.import_runs SET finished_at = %s + run_id * interval '1 second'", [opened])
    document = _map(three.db, opened + timedelta(hours=5))
    assert {each["properties"]["age_minutes"] for each in document["features"]} == {None, 300}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"at": datetime.fromisoformat("2000-01-01T00:00:00Z")}, "The first load that can be is run"),
        ({"at": None}, "p_at is no time"),
        ({"at": None, "run": 999_999}, "run 999999 is no load of feed inc"),
        ({"at": START, "by": "moon"}, "p_by is 'moon'"),
        ({"at": START, "limit": -1}, "p_limit is no count"),
        ({"at": START, "feed": "water"}, "there is no feed 'water'"),
    ],
)
def test_what_cannot_be_given_back_is_an_error(three: Bench, given: dict[str, Any], message: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        _map(three.db, **given)
    assert message in str(caught.value)


@pytest.mark.parametrize("by", ["load", "export"])
def test_the_first_moment_that_is_named_can_be_asked_for(three: Bench, by: str) -> None:
    first = min(load["run"] for load in _loads(three.db))
    with pytest.raises(DatabaseError) as caught:
        _map(three.db, datetime.fromisoformat("2000-01-01T00:00:00Z"), by=by)
    named = re.search(r"is run (\d+) of (\S+)\.", str(caught.value))
    assert named
    assert int(named[1]) == first
    assert _map(three.db, datetime.fromisoformat(named[2]), by=by)["as_of"]["run"] == first


def test_nothing_is_loaded_yet(db: Database) -> None:
    with pytest.raises(DatabaseError, match="nothing is loaded yet"):
        _map(db, START)
    assert _loads(db) == []


def test_the_past_that_prune_has_taken_apart_is_not_given_back(bench: Bench) -> None:
    closed = {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}
    bench.loaded([ticket("OPEN"), ticket("C")])
    bench.loaded([ticket("OPEN", owner="B"), ticket("C", owner="B")])
    bench.loaded([ticket("OPEN"), ticket("C", **closed)])
    bench.loaded([ticket("OPEN", owner="Z"), ticket("C", **closed)])
    bench.db.execute("UPDATE tickets.ticket_changes SET observed_at = now() - interval '90 days'")
    bench.db.execute("SELECT tickets.capture_history('inc', now())")
    assert prune(bench.db, "inc", {"changes": timedelta(days=30)}, apply=True) == {"changes": 3}
    runs = [one["run"] for one in _loads(bench.db)]
    assert len(runs) == 2  # the third load, which has closed C, and the fourth
    assert bench.db.one("SELECT count(*) FROM tickets.ticket_changes WHERE ticket_id = 'OPEN'") == 4


def test_pruned_changes_move_the_first_moment(three: Bench) -> None:
    one, two, _ = _loads(three.db)
    three.db.execute("DELETE FROM tickets.ticket_changes WHERE run_id = %s", [one["run"]])
    assert _loads(three.db)[0]["run"] == two["run"]
    with pytest.raises(DatabaseError, match="is no load of feed inc that can be given back"):
        _map(three.db, None, run=one["run"])
