"""A time in the future, in a cell or of a file, stops no feed and lets no record win for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from fleetfeed.database.ledger.runs import last_runs
from fleetfeed.model import is_plausible
from fleetfeed.stages.source import in_order
from tests.kit import START, Bench, ticket

FAR = "2199-01-01 00:00:00"
LATER = "2026-11-20 08:30:00"


@pytest.mark.parametrize("cell", [FAR, "2026-11-20 23:00:00", "2026-11-20 10:30:00"])
def test_one_time_in_the_future_does_not_stop_later_exports(bench: Bench, cell: str) -> None:
    bench.loaded([ticket("T1", source_updated_at=cell), ticket("T2")])
    report = bench.loaded([ticket("T1"), ticket("T2", owner="Amina")])

    assert report.rows.updated == 2
    assert bench.meta()["source_newest"] == "2026-11-19T07:00:00+00:00"


def test_the_load_names_ticket_column_and_cell(bench: Bench) -> None:
    bench.put([ticket("T1", source_updated_at=FAR), ticket("T2", last_seen_at="2030-01-01 00:00")])
    dry, report = bench.run(apply=False), bench.run()

    assert report.warnings == dry.warnings
    reported = "1 value of {!r} in the future, ignored in choosing the latest record of a ticket: {} of ticket {}"
    assert report.warnings == [
        reported.format("source_updated_at", FAR, "T1"),
        reported.format("last_seen_at", "2030-01-01 00:00:00", "T2"),
    ]
    assert bench.one("T1", "raw ->> 'source_updated_at' AS cell") == {"cell": FAR}


def test_a_future_time_in_the_ledger_does_not_count(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    far = '{"source_newest": "2199-01-01T00:00:00+00:00"}'
    bench.db.execute("UPDATE tickets.import_meta SET metadata = metadata || %s::jsonb", [far])
    bench.loaded([ticket("T1", owner="Amina")])
    assert bench.one("T1", "owner") == {"owner": "Amina"}


def test_an_export_that_is_really_older_is_refused_all_the_same(bench: Bench) -> None:
    bench.loaded([ticket("T1", source_updated_at=FAR), ticket("T2", source_updated_at=LATER)])
    bench.put([ticket("T1", source_updated_at=FAR), ticket("T2")])
    assert "older than 2026-11-20 08:30:00" in str(bench.run().error)


def test_a_record_of_the_future_loses_against_one_with_a_time(bench: Bench) -> None:
    bench.loaded([ticket("T1", source_updated_at=FAR, owner="Old"), ticket("T1", owner="New")])
    assert bench.one("T1", "owner") == {"owner": "New"}
    bench.loaded([ticket("T1", owner="Newer"), ticket("T1", source_updated_at=FAR, owner="Old")])
    assert bench.one("T1", "owner") == {"owner": "Newer"}


def test_an_export_older_than_its_cells_has_the_same_winners(bench: Bench) -> None:
    rows = [ticket("T1", owner="New", source_updated_at="2026-11-19 11:00"), ticket("T1", owner="Old")]
    bench.put(rows, at=datetime(2001, 1, 1, tzinfo=UTC))
    assert bench.run().warnings == []
    assert bench.one("T1", "owner") == {"owner": "New"}


def test_a_file_of_the_future_is_overtaken_by_any_other(bench: Bench) -> None:
    far = datetime(2190, 1, 1, tzinfo=UTC)
    bench.put([ticket("T1"), ticket("T2")], at=far)
    first = bench.run(archive=False)
    again = bench.run(archive=False)
    bench.put([ticket("T1", owner="Amina")])
    report = bench.run(archive=False)

    assert [run.outcome for run in (first, again, report)] == ["loaded", "unchanged", "loaded"]
    assert "export001.csv was written on 2190-01-01, which is in the future" in first.warnings[0]
    assert (report.rows.absent, report.warnings) == (1, [])
    written = datetime.fromisoformat(bench.meta()["source_last_modified"])
    assert written == START + timedelta(hours=2)
    seen = bench.rows("observed_at", "tickets.ticket_changes", "change_id")
    assert all(row["observed_at"] < datetime.now(UTC) for row in seen)
    assert bench.run(archive=False).outcome == "unchanged"
    assert len(bench.run().archived) == 2


def test_exports_are_in_order_where_a_whole_store_is_ahead(bench: Bench) -> None:
    days = [timedelta(days=10, hours=hour) for hour in range(3)]
    for number, ahead in enumerate(days):
        bench.put([ticket("T1", owner=str(number))], at=datetime.now(UTC) + ahead)
    bench.run()
    assert bench.one("T1", "owner") == {"owner": "2"}


def test_a_client_whose_clock_is_wrong_leaves_no_time_in_the_ledger(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=365 * 60)

    monkeypatch.setattr(
        "fleetfeed.pipeline.reporter.datetime", SimpleNamespace(now=lambda zone: ahead.astimezone(zone))
    )
    bench.loaded([ticket("T1")])
    bench.run()
    now = datetime.now(UTC) + timedelta(minutes=1)
    assert datetime.fromisoformat(bench.meta()["checked_at"]) < now
    assert datetime.fromisoformat(bench.meta()["loaded_at"]) < now
    assert last_runs(bench.db)["inc"] < now


def test_a_look_in_the_future_did_not_happen(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    set_meta = "UPDATE tickets.import_meta SET metadata = metadata || %s::jsonb"
    judged = "SELECT freshness ->> 'reason' FROM tickets.freshness('inc', now())"
    bench.db.execute(set_meta, ['{"checked_at": "2086-01-01T00:00:00+00:00"}'])
    assert bench.db.one(judged) == "fleetfeed stopped"
    bench.db.execute(set_meta, ['{"checked_at": "2026-11-20T08:00:00+00:00"}'])
    bench.db.execute(set_meta, ['{"source_last_modified": "2190-01-01T00:00:00+00:00"}'])
    said = bench.db.one("SELECT freshness FROM tickets.freshness('inc', now())")
    assert said["source_last_modified"] == said["loaded_at"]


def test_what_is_plausible_ends_a_day_after_now() -> None:
    assert is_plausible(START + timedelta(days=1), START)
    assert not is_plausible(START + timedelta(days=1, seconds=1), START)
    assert in_order([], START) == []
