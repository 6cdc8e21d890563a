"""Who vanished from the export, who is back, and what the change log says of it."""

from __future__ import annotations

from datetime import timedelta

from fleetfeed import Database, Export, hookimpl
from tests.kit import HEADER, START, Bench, export, line, ticket

CLOSED = {"normalized_status": "closed", "closed_at": "2026-11-19 08:00"}
STOP = ticket("EXPORT STOPPED at 200000 rows", source_updated_at="")


def test_a_vanished_open_ticket_is_absent_since_that_export(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    second = bench.loaded([ticket("T1")])
    versions = bench.versions()
    third = bench.loaded([ticket("T1"), ticket("T3")])

    assert bench.one("T2", "absent_since") == {"absent_since": START + timedelta(hours=2)}
    assert (second.rows.absent, third.rows.absent) == (1, 0)
    assert (bench.events(second.run_id), bench.events(third.run_id)) == ([("T2", "absent")], [("T3", "inserted")])
    assert [row for row in bench.versions() if row in versions] == versions


def test_closed_tickets_age_out_without_becoming_absent(bench: Bench) -> None:
    bench.loaded(
        [
            ticket("T0"),
            ticket("closed", **CLOSED),
            ticket("cancelled", normalized_status="cancelled"),
            ticket("no status", normalized_status="", closed_at="2026-11-19 08:00"),
            ticket("strange", normalized_status="strange"),
            ticket("nothing known", normalized_status=""),
        ]
    )
    report = bench.loaded([ticket("T0")])

    absent = bench.rows("ticket_id", "tickets.inc WHERE absent_since IS NOT NULL")
    assert [row["ticket_id"] for row in absent] == ["nothing known", "strange"]
    assert report.rows.absent == 2


def test_a_ticket_that_is_back_as_it_was_is_present_again(bench: Bench) -> None:
    rows = [ticket("T1"), ticket("T2")]
    bench.loaded(rows)
    bench.loaded([ticket("T1")])
    report = bench.loaded(rows)

    assert bench.one("T2", "absent_since") == {"absent_since": None}
    assert (report.rows.returned, report.rows.unchanged, report.rows.updated) == (1, 2, 0)
    assert bench.events(report.run_id) == [("T2", "returned")]


def test_a_ticket_that_is_back_and_changed_is_both(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1")])
    report = bench.loaded([ticket("T1"), ticket("T2", owner="Amina")])

    assert bench.one("T2", "absent_since, owner") == {"absent_since": None, "owner": "Amina"}
    assert (report.rows.returned, report.rows.updated) == (1, 1)
    assert bench.events(report.run_id) == [("T2", "returned"), ("T2", "updated")]


def test_a_ticket_that_is_back_in_another_spelling_is_present_again(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1")])
    report = bench.loaded([ticket("T1"), ticket("T2", owner="  ")])

    assert bench.one("T2", "absent_since") == {"absent_since": None}
    assert (report.rows.returned, report.rows.updated) == (1, 0)
    assert bench.events(report.run_id) == [("T2", "returned")]


def test_a_ticket_that_turns_into_an_alarm_goes_absent_once_and_comes_back(bench: Bench) -> None:
    alarm = [ticket("T1"), ticket("T2", is_alarm="true")]
    bench.loaded([ticket("T1"), ticket("T2")])
    gone = bench.loaded(alarm)
    still = bench.loaded([*alarm, ticket("T3")])
    back = bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])

    assert (gone.rows.absent, still.rows.absent, back.rows.returned) == (1, 0, 1)
    assert (gone.rows.dropped, still.rows.dropped) == ({"alarm": 1}, {"alarm": 1})
    assert bench.events(gone.run_id) == [("T2", "absent")]
    assert bench.events(back.run_id) == [("T2", "returned")]
    assert bench.one("T2", "absent_since, raw ->> 'is_alarm' AS alarm") == {"absent_since": None, "alarm": "false"}


def test_a_truncated_export_makes_nothing_absent_but_its_returns_count(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    bench.loaded([ticket("T1"), ticket("T3")])
    report = bench.loaded([ticket("T1"), ticket("T2"), STOP])

    assert (report.truncated, report.rows.dropped) == (True, {"sentinel": 1})
    assert (report.rows.absent, report.rows.returned) == (0, 1)
    assert bench.rows("ticket_id", "tickets.inc WHERE absent_since IS NOT NULL") == []
    assert bench.meta()["truncated"] is True


def test_a_sentinel_that_is_too_short_truncates_as_well(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    report = bench.loaded(export([ticket("T1")]) + line("EXPORT STOPPED: limit reached"))

    assert (report.truncated, report.rows.dropped, report.rows.rejected.total()) == (True, {"sentinel": 1}, 0)
    assert (report.rows.absent, report.rows.left_over) == (0, 0)
    assert bench.rows("*", "tickets.rejects") == []
    assert bench.loaded([ticket("T1")]).rows.absent == 1
    assert bench.meta()["truncated"] is False


def test_a_rejected_record_of_a_known_ticket_does_not_make_it_absent(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    short = line("T2", "Open", "open")
    latin = export([ticket("T3", owner="Ren\xe9")]).splitlines(keepends=True)[1].replace(b"\xc3\xa9", b"\xe9")
    report = bench.loaded(export([ticket("T1")]) + short + latin)

    assert report.rows.rejected == {"too few fields": 1, "bytes that are not UTF-8": 1}
    assert report.rows.absent == 0


def test_an_update_logs_each_column_with_its_old_and_new_text(bench: Bench) -> None:
    bench.loaded([ticket("T1", owner="Amina", sla_status="")])
    report = bench.loaded([ticket("T1", owner="", sla_status="met", mttr="7", last_seen_at="2026-11-20 09:00")])

    found = bench.rows("kind, changed, observed_at, feed", f"tickets.ticket_changes WHERE run_id = {report.run_id}")
    assert found == [
        {
            "kind": "updated",
            "changed": {"owner": ["Amina", None], "sla_status": [None, "met"], "mttr": [None, "7"]},
            "observed_at": START + timedelta(hours=2),
            "feed": "inc",
        }
    ]
    assert dict(report.changes.fields) == {"owner": 1, "sla_status": 1, "mttr": 1, "last_seen_at": 1}


def test_inserted_and_absent_and_returned_log_no_columns(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1"), ticket("T2")])

    log = bench.rows("change_id, ticket_id, kind, changed", "tickets.ticket_changes")
    assert [(row["ticket_id"], row["kind"]) for row in log] == [
        ("T1", "inserted"),
        ("T2", "inserted"),
        ("T2", "absent"),
        ("T2", "returned"),
    ]
    assert {row["changed"] for row in log} == {None}


def test_bookkeeping_alone_updates_the_row_and_makes_no_event(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    report = bench.loaded([ticket("T1", last_seen_at="2026-11-20 09:00", source_updated_at="2026-11-20 09:00")])

    assert (report.rows.updated, report.rows.unchanged) == (1, 0)
    assert dict(report.changes.fields) == {"last_seen_at": 1, "source_updated_at": 1}
    assert bench.events(report.run_id) == []
    assert bench.one("T1", "raw ->> 'last_seen_at' AS seen") == {"seen": "2026-11-20 09:00"}


def test_an_unknown_column_that_changes_is_an_event(bench: Bench) -> None:
    header = (*HEADER, "priority")
    bench.loaded(export([ticket("T1", priority="P3")], header))
    report = bench.loaded(export([ticket("T1", priority="P1")], header))

    changed = bench.rows("changed", f"tickets.ticket_changes WHERE run_id = {report.run_id}")
    assert changed == [{"changed": {"priority": ["P3", "P1"]}}]


class AsksTooEarly:
    @hookimpl
    def feed_upsert(self, export: Export, db: Database) -> None:
        list(export.vanished())


def test_an_upsert_that_asks_too_early_what_vanished_is_refused(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T2")])
    report = bench.run(plugins=[AsksTooEarly()])
    assert "before it had read all tickets" in str(report.error)
    assert bench.one("T1", "absent_since") == {"absent_since": None}
