"""What a load makes of an export: counts, `raw`, typed columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tests.kit import FEED, HEADER, Bench, export, ticket

EAT = timezone(timedelta(hours=3))


def test_a_load_counts_what_is_new_changed_and_the_same(bench: Bench) -> None:
    first = bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    second = bench.loaded([ticket("T1"), ticket("T2", owner="Amina"), ticket("T3"), ticket("T4")])

    assert (first.rows.read, first.rows.inserted, first.rows.updated, first.rows.unchanged) == (3, 3, 0, 0)
    assert (second.rows.read, second.rows.inserted, second.rows.updated, second.rows.unchanged) == (4, 1, 1, 2)
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T1", "T2", "T3", "T4"]
    assert bench.one("T2", "owner") == {"owner": "Amina"}


def test_only_the_rows_that_changed_are_written(bench: Bench) -> None:
    first = bench.loaded([ticket("T1"), ticket("T2")])
    before = bench.one("T1", "ctid::text, xmin::text, ingested_at, run_id")
    second = bench.loaded([ticket("T1"), ticket("T2", owner="Amina")])

    assert bench.one("T1", "ctid::text, xmin::text, ingested_at, run_id") == before
    assert (before["run_id"], bench.one("T2", "run_id")["run_id"]) == (first.run_id, second.run_id)
    assert bench.one("T2", "ingested_at")["ingested_at"] > before["ingested_at"]


def test_whole_numbers_are_rounded_half_up_and_stay_as_text_in_raw(bench: Bench) -> None:
    cells = {"536": 536, "536.0": 536, "535.5": 536, "535.4": 535, "0": 0, "abc": None, "5 36": None, "1e3": None}
    report = bench.loaded(ticket(f"T{text}", mttr=text) for text in cells)

    found = bench.rows("mttr, raw ->> 'mttr' AS text")
    assert {row["text"]: row["mttr"] for row in found} == cells
    assert report.changes.unreadable == {"mttr": 3}
    assert report.rows.inserted == len(cells)


def test_times_are_read_as_east_africa_time_and_what_is_none_is_null(bench: Bench) -> None:
    cells = {
        "2026-11-20 10:00": datetime(2026, 11, 20, 10, tzinfo=EAT),
        "2026-11-20T10:00:05": datetime(2026, 11, 20, 10, 0, 5, tzinfo=EAT),
        "2026-11-20 10:00:05.123456": datetime(2026, 11, 20, 10, 0, 5, 123456, tzinfo=EAT),
        "2024-02-29 23:59:59": datetime(2024, 2, 29, 23, 59, 59, tzinfo=EAT),
        "2026-02-30 10:00": None,
        "2025-02-29 10:00:00": None,
        "2026-11-20 24:00:00": None,
        "2026-11-20 10:00+00": None,
        "2026-11-20 10:00:00Z": None,
        "20/11/2026 10:00": None,
        "2026-11-20": None,
        "now": None,
        "infinity": None,
    }
    report = bench.loaded(ticket(text, closed_at=text) for text in cells)

    found = bench.rows("ticket_id, closed_at, raw ->> 'closed_at' AS text")
    assert {row["ticket_id"]: row["closed_at"] for row in found} == cells
    assert all(row["text"] == row["ticket_id"] for row in found)
    assert report.changes.unreadable == {"closed_at": 9}


def test_booleans_are_read_by_their_words_in_any_case(bench: Bench) -> None:
    cells = {"true": True, "TRUE": True, "t": True, "Yes": True, "1": True, "false": False, "F": False, "no": False}
    cells |= {"0": False}
    report = bench.loaded([ticket("?", is_actionable="perhaps"), *(ticket(t, is_actionable=t) for t in cells)])

    assert {row["ticket_id"]: row["is_actionable"] for row in bench.rows("ticket_id, is_actionable")} == {
        **cells,
        "?": None,
    }
    assert report.changes.unreadable == {"is_actionable": 1}


def test_declared_texts_and_times_reach_their_typed_columns(bench: Bench) -> None:
    row = ticket("T1", mttr="12") | {
        name: "2026-11-20 10:00" for name in HEADER if name.endswith("_at") or name == "created_at_service"
    }
    bench.loaded([row | {"owner": "Amina", "sla_status": "met", "service_type": "FTTH"}])

    found = bench.one("T1")
    moment = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    for name in ("created_at_service", "scheduled_at", "closed_at", "first_seen_at", "last_seen_at"):
        assert found[name] == moment
    assert (found["source_created_at"], found["source_updated_at"]) == (moment, moment)
    assert (found["owner"], found["sla_status"], found["assigned_team"]) == ("Amina", "met", "Field A")
    assert (found["normalized_status"], found["bucket"], found["cluster"]) == ("open", "no light", "Kilimani")
    assert found["raw"]["service_type"] == "FTTH"


def test_raw_holds_no_nulls_and_no_ignored_columns_but_every_unknown_one(bench: Bench) -> None:
    row = ticket("T1", owner="  ", mttr="", week_start="2026-11-16", source_type="jira") | {"Priority": " P1 "}
    report = bench.loaded(export([row], (*HEADER, "Priority")))

    raw = bench.one("T1", "raw")["raw"]
    assert raw["Priority"] == "P1"
    assert not {"owner", "mttr", "scheduled_at"} & set(raw)
    assert not set(FEED.ignore) & set(raw)
    assert None not in raw.values()
    assert report.unknown_columns == ["Priority"]


def test_region_is_folded_to_lower_and_raw_status_to_upper_case(bench: Bench) -> None:
    bench.loaded([ticket("T1", region="Nairobi WEST", raw_status="In progress", cluster="QOA")])

    found = bench.one("T1", "raw, region, raw_status, cluster")
    assert (found["region"], found["raw_status"]) == ("nairobi west", "IN PROGRESS")
    assert (found["raw"]["region"], found["raw"]["raw_status"]) == ("nairobi west", "IN PROGRESS")
    assert found["cluster"] == found["raw"]["cluster"] == "QOA"


def test_keys_and_cells_that_are_hard_to_copy_arrive_as_they_are(bench: Bench) -> None:
    keys = ["a\\b", "a\tb", 'a"b', "a,b", "a\nb", "\\N", "\\.", "é\U0001f600", "NULL", "a''b", "{}", "\\x41"]
    rows = [ticket(key, owner=key, location_name=key) for key in keys]
    bench.loaded(rows)
    again = bench.loaded([*rows, ticket("one more")])

    found = {
        row["ticket_id"]: (row["owner"], row["location_name"]) for row in bench.rows("ticket_id, owner, location_name")
    }
    assert found == {**{key: (key, key) for key in keys}, "one more": (None, ticket("")["location_name"])}
    assert (again.rows.unchanged, again.rows.inserted, again.rows.absent) == (len(keys), 1, 0)


def test_nul_characters_are_taken_out_and_counted(bench: Bench) -> None:
    report = bench.loaded(export([ticket("T1", owner="Ami\0na"), ticket("T2")]))

    assert bench.one("T1", "owner") == {"owner": "Amina"}
    assert any("1 NUL" in warning for warning in report.warnings)


def test_keys_are_trimmed_of_all_unicode_white_space(bench: Bench) -> None:
    bench.loaded([ticket("\u00a0T1\u3000")])
    again = bench.loaded([ticket("T1", source_updated_at="2026-11-19 10:00:00")])

    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T1"]
    assert (again.rows.unchanged, again.rows.absent) == (1, 0)


def test_of_records_with_one_key_the_latest_then_the_later_line_wins(bench: Bench) -> None:
    report = bench.loaded(
        [
            ticket("T1", owner="newest", source_updated_at="2026-11-19 12:00"),
            ticket("T1", owner="older", source_updated_at="2026-11-19 9:00:00"),
            ticket("T2", owner="seen last", last_seen_at="2026-11-20 09:00"),
            ticket("T2", owner="seen first"),
            ticket("T3", owner="first line"),
            ticket("T3", owner="later line"),
            ticket("T4", owner="a time", source_updated_at="2026-11-01 00:00"),
            ticket("T4", owner="no time", source_updated_at="soon"),
        ]
    )

    assert [row["owner"] for row in bench.rows("ticket_id, owner")] == ["newest", "seen last", "later line", "a time"]
    assert (report.rows.superseded, report.rows.inserted) == (4, 4)


def test_a_newer_alarm_takes_its_ticket_out(bench: Bench) -> None:
    report = bench.loaded(
        [
            ticket("T1"),
            ticket("T1", is_alarm="True", source_updated_at="2026-11-19 12:00"),
            ticket("T2", is_alarm="true"),
            ticket("T2", source_updated_at="2026-11-19 12:00"),
        ]
    )

    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T2"]
    assert (report.rows.dropped, report.rows.superseded, report.rows.inserted) == ({"alarm": 1}, 2, 1)


def test_a_single_file_is_loaded_without_touching_the_bucket(bench: Bench) -> None:
    path = bench.put([ticket("T1")])
    before = bench.picture("exports")
    report = bench.run(file=path)

    assert (report.outcome, report.rows.inserted) == ("loaded", 1)
    assert bench.picture("exports") == before
    assert bench.meta()["source_key"] == f"file:{path.name}"
    assert bench.run(file=path).outcome == "unchanged"


def test_a_dry_run_tells_the_same_and_writes_nothing(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.put([ticket("T1", owner="Amina", mttr="abc"), ticket("T3")])
    before = bench.picture("inc", "import_meta", "ticket_changes", "import_runs", "exports", "rejects")
    dry = bench.run(apply=False)

    assert bench.picture("inc", "import_meta", "ticket_changes", "import_runs", "exports", "rejects") == before
    applied = bench.run()
    assert dry.rows == applied.rows
    assert dry.changes == applied.changes
    assert dict(applied.changes.fields) == {"owner": 1, "mttr": 1}
    assert ("T1", "owner", None, "Amina") in applied.changes.examples
