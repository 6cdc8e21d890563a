"""What real exporters write, loaded as a whole: exact times and numbers, odd headers, records that are no tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleetfeed import Feed, Moment, Roles, Text, Whole
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.model import RunReport
from tests.kit import HEADER, MIGRATIONS, Bench, export, ticket
from tests.pipeline.test_other_feeds import load

ISO = ("%Y-%m-%dT%H:%M:%S%z",)
ZONE = "Europe/Berlin"
ZULU = Feed(
    name="zulu",
    key="ticket_no",
    winner=("updated",),
    headers={"Ticket No": "ticket_no"},
    columns=(
        Text("status"),
        Moment("created", zone=ZONE, formats=ISO),
        Moment("updated", zone=ZONE, formats=ISO),
        Moment("closed", zone=ZONE, formats=ISO),
        Whole("minutes", decimal=",", thousands="."),
        Whole("hours"),
    ),
    roles=Roles(status="status", closed_statuses=("Closed",), closed="closed", created=("created",)),
)
REPEATED_HOUR = b"""Ticket No,Status,Created,Updated,Closed
T-1,Closed,2026-10-25T00:30:00Z,2026-10-25T01:30:00Z,2026-10-25T01:30:00Z
T-2,Closed,2026-10-25T00:50:00Z,2026-10-25T01:10:00Z,2026-10-25T01:10:00Z
T-3,Open,2026-10-25T00:15:00Z,2026-10-25T00:55:00Z,
T-3,Closed,2026-10-25T00:15:00Z,2026-10-25T01:05:00Z,2026-10-25T01:05:00Z
T-3,Open,2026-10-25T00:15:00Z,2026-10-25T00:57:00Z,
T-4,Open,2026-10-25T03:15:00+0200,2026-10-25T03:15:00+0200,
"""


@pytest.fixture(scope="module")
def database(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    with connect(new_database(migrated), "as exported") as db:
        migrate(db, MIGRATIONS, [ZULU])
        yield db


@pytest.fixture
def zulu(database: Database) -> Database:
    database.execute("TRUNCATE tickets.zulu, tickets.import_meta, tickets.exports, tickets.rejects")
    return database


def loaded(db: Database, folder: Path, content: bytes, feed: Feed = ZULU, *, warns: bool = False) -> RunReport:
    path = folder / "export.csv"
    path.write_bytes(content)
    return load(db, feed, path, warns=warns)


def test_in_the_hour_that_comes_twice_times_with_an_offset_stay_apart(zulu: Database, tmp_path: Path) -> None:
    loaded(zulu, tmp_path, REPEATED_HOUR)
    utc = "to_char({} AT TIME ZONE 'UTC', 'HH24:MI')"
    columns = ", ".join(utc.format(name) for name in ("created", "updated", "closed"))
    assert zulu.all(f"SELECT ticket_id, status, {columns} FROM tickets.zulu ORDER BY 1") == [
        ("T-1", "Closed", "00:30", "01:30", "01:30"),
        ("T-2", "Closed", "00:50", "01:10", "01:10"),
        ("T-3", "Closed", "00:15", "01:05", "01:05"),
        ("T-4", "Open", "01:15", "01:15", None),
    ]
    raws = dict(zulu.all("SELECT ticket_id, raw ->> 'created' FROM tickets.zulu"))
    assert (raws["T-1"], raws["T-4"]) == ("2026-10-25T00:30:00Z", "2026-10-25T03:15:00+0200")
    assert str(zulu.one("SELECT metadata ->> 'source_newest' FROM tickets.import_meta")) == "2026-10-25T01:30:00+00:00"


def test_numbers_follow_the_declared_signs_and_doubtful_ones_count(zulu: Database, tmp_path: Path) -> None:
    head = b"Ticket No,Status,Created,Updated,Closed,Minutes,Hours\n"
    rows = (b'T-1,Open,,,,"1.234,5",1.234', b'T-2,Open,,,,"12,34,5",2.5', b"T-3,Open,,,,1.234,12.000")
    report = loaded(zulu, tmp_path, head + b"\n".join(rows) + b"\n")
    assert zulu.all("SELECT minutes, hours, raw ->> 'minutes' FROM tickets.zulu ORDER BY ticket_id") == [
        (1235, None, "1.234,5"),
        (None, 3, "12,34,5"),
        (1234, None, "1.234"),
    ]
    assert report.changes.unreadable == {"minutes": 1, "hours": 2}


def test_records_that_are_no_tickets_have_reasons_of_their_own(zulu: Database, tmp_path: Path) -> None:
    body = b"T-1,Open,2026-10-25T00:30:00Z,,\n,,,,\n , ,,, \nTicket No,Status,Created,Updated,Closed\nGrand Total,,,,\n"
    report = loaded(zulu, tmp_path, REPEATED_HOUR.split(b"\n")[0] + b"\n" + body)
    assert dict(report.rows.dropped) == {"empty record": 2, "repeated header": 1}
    assert dict(report.rows.rejected) == {"no status and no times": 1}
    assert zulu.all("SELECT ticket_id, raw_text FROM tickets.rejects") == [("Grand Total", "Grand Total,,,,")]
    assert zulu.all("SELECT ticket_id FROM tickets.zulu") == [("T-1",)]


def test_a_total_that_becomes_a_ticket_is_named(zulu: Database, tmp_path: Path) -> None:
    body = b"T-1,Open,2026-10-25T00:30:00Z,,\n\nGrand Total,3 open,,,\n"
    report = loaded(zulu, tmp_path, REPEATED_HOUR.split(b"\n")[0] + b"\n" + body, warns=True)
    (warning,) = report.warnings
    assert warning.startswith("'Grand Total' on line 4, the last record, looks like a total")
    assert "`drops=`" in warning


def test_a_jira_export_with_repeated_names_and_a_title_loads(zulu: Database, tmp_path: Path) -> None:
    feed = replace(ZULU, delimiter=";", headers={**ZULU.headers, "Status Name": "status"})
    content = (
        b'sep=;\n"Issues of the week"\n\nTICKET NO;Status Name;Created;Updated;Closed;Labels;Labels;\n'
        b'="0012";Open;2026-10-25T00:30:00Z;;;backend;urgent;\n="0013";Closed;;;2026-10-25T00:30:00Z;ui;;\n'
    )
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(AssertionError, match="2 lines before the header were left out"):
        load(zulu, feed, path)  # it wants no warnings; all is loaded
    assert zulu.all("SELECT ticket_id, status, raw ->> 'Labels', raw ->> 'Labels_2' FROM tickets.zulu ORDER BY 1") == [
        ("0012", "Open", "backend", "urgent"),
        ("0013", "Closed", "ui", None),
    ]


def test_a_bad_byte_in_an_ignored_column_rejects_one_record(bench: Bench) -> None:
    lines = export([ticket("T1"), ticket("T2", source_type="caf\x01"), ticket("T3")])
    report = bench.loaded(lines.replace(b"caf\x01", b"caf\xe9"))
    assert "source_type" in HEADER
    assert dict(report.rows.rejected) == {"bytes that are not UTF-8": 1}
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T1", "T3"]


def test_a_header_in_another_order_in_the_middle_refuses_the_export(bench: Bench) -> None:
    turned = ",".join([HEADER[0], *reversed(HEADER[1:])]).encode() + b"\r\n"
    bench.put(export([ticket("T1")]) + turned + export([ticket("T2")]).split(b"\r\n", 1)[1])
    assert "is a header with its columns in another order" in str(bench.run().error)
    bench.put(export([ticket("T1")]) + export([ticket("T2")]))
    report = bench.run()
    assert (report.rows.inserted, dict(report.rows.dropped)) == (2, {"repeated header": 1})
