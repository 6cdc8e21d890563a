"""Rejected records are read again, by the rules as they are now, and never beat a row that is newer."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from tests.cli.site import Site, Store
from tests.kit import export, line, ticket

# The feed that the tests mend: it refuses owners that its author did not foresee, until `mend` takes that out.
FEED = """
from dataclasses import replace
from fleetfeed import RowRejected, hookimpl
from feeds.inc import FEED as INC
FEED = replace(INC)

@hookimpl
def feed_normalise(feed, row):
    if (row.values.get("owner") or "").startswith("?"):
        raise RowRejected("unknown owner", row.values["owner"])
"""
NEWER = "2026-11-20 12:00:00"
NOW = datetime.now(UTC).replace(microsecond=0)


def mend(site: Site) -> None:
    (site.folder / "feeds" / "inc" / "__init__.py").write_text(FEED.replace('"?"', '"???"'))


def load(site: Site, rows: list[dict[str, str]], more: bytes = b"", hours: int = 0) -> None:
    """Load an export that was written so many hours after the first; rclone keeps the times of files."""
    name = f"export{hours:02}.csv"
    site.put(export(rows) + more, name)
    moment = (NOW - timedelta(days=1) + timedelta(hours=hours)).timestamp()
    os.utime(site.store.folder / site.bucket / "automations" / "inc" / name, (moment, moment))
    result = site("run", "inc", "--apply", "--no-archive", "--allow-older")
    assert result.code == 0, result.err


def replay(site: Site, *args: str) -> list[tuple[str | None, str]]:
    result = site("rejects", "replay", *args, "--json")
    assert result.code == 0, result.err
    return [(record["ticket_id"], record["outcome"]) for record in result.document["records"]]


def rejects(site: Site) -> list[tuple[str | None, str | None]]:
    return site.rows("SELECT ticket_id, resolution FROM tickets.rejects ORDER BY reject_id")


@pytest.fixture
def site(new_site: Callable[[Store], Site], rclone_store: Store) -> Site:
    made = new_site(rclone_store)
    folder: Path = made.folder / "feeds" / "inc"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(FEED)
    return made


def test_a_record_is_loaded_once_its_cause_is_mended_and_a_dry_run_tells_so_exactly(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?Ann", location_name="Ring Road, \\East é")])
    with site.untouched():
        assert replay(site, "--all", "inc") == [("T2", "rejected")]
    mend(site)
    with site.untouched():
        dry = site("rejects", "replay", "--all", "inc")
        (said,) = site("rejects", "replay", "--all", "inc", "--json").document["runs"]
    assert "T2  inserted" in dry.out
    assert "--apply" in dry.out
    assert said["rows"]["inserted"] == 1

    (done,) = site("rejects", "replay", "1", "--apply", "--json").document["runs"]
    assert done["rows"] == said["rows"]
    assert site.tickets() == {"T1": "open", "T2": "open"}
    assert site.rows("SELECT owner, location_name FROM tickets.inc WHERE ticket_id = 'T2'") == [
        ("?Ann", "Ring Road, \\East é")
    ]
    assert rejects(site) == [("T2", f"replayed, loaded by run {done['run_id']}: the ticket is new")]
    assert site("rejects", "list").out == "There are no rejects.\n"
    assert site.rows("SELECT kind, run_id FROM tickets.ticket_changes WHERE ticket_id = 'T2'") == [
        ("inserted", done["run_id"])
    ]


def test_a_replay_is_a_run_of_the_ledger_that_adds_up_and_is_no_load_of_an_export(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?"), ticket("T3", owner="?", is_alarm="true")], line("T4", "x"))
    mend(site)
    before = site.rows("SELECT metadata - 'checked_at' FROM tickets.import_meta")
    states = site.rows("SELECT key, state, run_id FROM tickets.exports")
    assert sorted(replay(site, "--all", "inc", "--apply")) == [("T2", "inserted"), ("T4", "rejected")]

    outcome, key, counts = site.rows(
        "SELECT outcome, source_key, counts FROM tickets.import_runs ORDER BY run_id DESC LIMIT 1"
    )[0]
    assert (outcome, key, counts["replayed"]) == ("loaded", "automations/inc/export00.csv", 2)
    assert (counts["read"], counts["inserted"], counts["rejected"]) == (2, 1, {"too few fields": 1})
    assert site.rows("SELECT metadata - 'checked_at' FROM tickets.import_meta") == before
    assert site.rows("SELECT key, state, run_id FROM tickets.exports") == states
    settled = dict(rejects(site))
    assert (settled["T4"], str(settled["T2"])[:24]) == (None, "replayed, loaded by run ")


@pytest.mark.parametrize("updated", ["2026-11-19 10:00:00", NEWER], ids=["equal", "newer"])
def test_a_row_that_a_later_export_wrote_is_kept(site: Site, updated: str) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?")])
    load(site, [ticket("T1"), ticket("T2", owner="Ben", source_updated_at=updated)], hours=1)
    mend(site)
    with site.untouched("rejects"):
        assert replay(site, "--all", "inc", "--apply") == [("T2", "kept")]
    assert rejects(site)[0][1] == "replayed, read by run 3: the row is newer, or as new, and was kept"


def test_a_row_that_is_newer_by_the_feeds_own_times_is_kept_though_an_older_export_wrote_it(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", source_updated_at=NEWER)])
    load(site, [ticket("T1", owner="Cy"), ticket("T2", owner="?", source_updated_at="2026-11-20 11:00:00")], hours=1)
    mend(site)
    with site.untouched("rejects"):
        assert replay(site, "--all", "inc", "--apply") == [("T2", "kept")]


def test_a_row_that_is_older_is_updated_at_the_time_of_the_records_export(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2")])
    load(site, [ticket("T1", owner="Cy"), ticket("T2", owner="?", source_updated_at=NEWER)], hours=1)
    mend(site)
    assert replay(site, "--all", "inc", "--apply") == [("T2", "updated")]
    assert site.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("?",)]
    (at,) = site.rows("SELECT observed_at FROM tickets.ticket_changes WHERE kind = 'updated' AND ticket_id = 'T2'")[0]
    assert at == NOW - timedelta(hours=23)
    assert site.rows("SELECT count(*) FROM tickets.inc WHERE absent_since IS NOT NULL") == [(0,)]


def test_a_second_replay_changes_nothing(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?")])
    mend(site)
    assert replay(site, "1", "--apply") == [("T2", "inserted")]
    with site.untouched("rejects"):
        assert replay(site, "1", "--apply") == [("T2", "kept")]


def test_the_later_of_two_rejected_records_of_a_ticket_wins(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?b", source_updated_at=NEWER), ticket("T3")])
    load(site, [ticket("T1", owner="Cy"), ticket("T2", owner="?a"), ticket("T3")], hours=1)
    mend(site)
    assert replay(site, "--all", "inc", "--apply") == [("T2", "inserted"), ("T2", "kept")]
    assert site.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("?b",)]


def test_an_open_ticket_that_a_later_export_no_longer_lists_comes_back_as_absent(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?"), ticket("T3", owner="?", normalized_status="closed")])
    load(site, [ticket("T1", owner="Cy")], hours=1)
    mend(site)
    (dry,) = site("rejects", "replay", "--all", "inc", "--json").document["runs"]
    assert replay(site, "--all", "inc", "--apply") == [("T2", "inserted"), ("T3", "inserted")]
    assert dry["rows"]["absent"] == 1
    assert dict(site.rows("SELECT ticket_id, absent_since FROM tickets.inc")) == {
        "T1": None,
        "T2": NOW - timedelta(hours=23),
        "T3": None,
    }
    events = site.rows("SELECT kind FROM tickets.ticket_changes WHERE ticket_id = 'T2' ORDER BY change_id")
    assert events == [("inserted",), ("absent",)]
    assert site.rows("SELECT ticket_id FROM tickets.closure_events") == [("T3",)]


def test_a_record_that_only_a_hand_can_mend_is_read_as_it_should_be(site: Site) -> None:
    load(site, [ticket("T1")], line("T9", "Open", "open"))
    assert replay(site, "1", "--apply") == [("T9", "rejected")]
    assert rejects(site) == [("T9", None)]
    assert replay(site, "1", "--line", "T9,x", "--apply") == [("T9", "rejected")]
    for wrong, said in (("T9,a\nT9,b", "one record but 2"), ("", "one record but 0"), ('T9,"', "opens a quote")):
        with site.untouched():
            result = site("rejects", "replay", "1", "--line", wrong, "--apply")
        assert (result.code, said in result.err) == (2, True)
    right = export([ticket("T9")]).decode().splitlines()[1]
    assert replay(site, "1", "--line", right, "--apply") == [("T9", "inserted")]
    assert site.tickets() == {"T1": "open", "T9": "open"}
    assert str(rejects(site)[0][1]).startswith("corrected by hand, loaded by run")


def test_a_record_in_another_encoding_is_read_as_the_feed_declares_by_now(site: Site) -> None:
    latin = export([ticket("T2", owner="Ren\x01")]).split(b"\r\n", 1)[1].replace(b"\x01", b"\xe9")
    load(site, [ticket("T1")], latin)
    assert replay(site, "1") == [("T2", "rejected")]
    file = site.folder / "feeds" / "inc" / "__init__.py"
    file.write_text(FEED.replace("replace(INC)", 'replace(INC, encoding="cp1252")'))
    assert replay(site, "1", "--apply") == [("T2", "inserted")]
    assert site.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("René",)]


def test_a_discarded_record_stays_settled_when_the_next_export_holds_it_again_and_is_counted(site: Site) -> None:
    bad = line("T9", "Open", "open")
    load(site, [ticket("T1")], bad)
    done = site("rejects", "discard", "1", "--reason", "a test of the exporter")
    assert (done.code, done.out) == (0, "     1  discarded: a test of the exporter\n")
    load(site, [ticket("T1", owner="Cy")], bad, hours=1)
    assert site.rows("SELECT times, resolution FROM tickets.rejects") == [(2, "discarded: a test of the exporter")]
    assert site("rejects", "list", "inc").out == "There are no rejects.\n"
    again = site("rejects", "discard", "1")
    assert "is settled already (discarded: a test of the exporter)" in again.out


def test_a_replayed_record_that_the_rules_refuse_again_is_open_again(site: Site) -> None:
    bad = ticket("T2", owner="?")
    load(site, [ticket("T1"), bad])
    mend(site)
    assert replay(site, "1", "--apply") == [("T2", "inserted")]
    (site.folder / "feeds" / "inc" / "__init__.py").write_text(FEED)
    load(site, [ticket("T1"), bad | {"owner": "Ben"}], hours=1)
    load(site, [ticket("T1"), bad], hours=2)
    assert site.rows("SELECT times, resolved_at, resolution FROM tickets.rejects WHERE reject_id = 1") == [
        (2, None, None)
    ]


def test_an_unknown_number_settles_nothing(site: Site) -> None:
    load(site, [ticket("T1")], line("T9", "x"))
    for args in (("discard", "1", "7"), ("replay", "1", "7", "--apply")):
        result = site("rejects", *args)
        assert (result.code, "There is no reject 7." in result.err) == (2, True)
    assert rejects(site) == [("T9", None)]


@pytest.mark.parametrize(
    "args", [(), ("1", "--all", "inc"), ("1", "2", "--line", "x"), ("--all", "inc", "--line", "x")]
)
def test_a_replay_wants_records_or_a_feed_and_a_line_for_one(site: Site, args: tuple[str, ...]) -> None:
    assert site("rejects", "replay", *args).code == 2


def test_a_replay_leaves_a_feed_alone_while_a_run_is_at_work(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T2", owner="?")])
    mend(site)
    with connect(site.url, "somebody else") as other, feed_lock(other, "inc"), site.untouched():
        result = site("rejects", "replay", "1", "--apply")
        assert replay(site, "1") == [("T2", "inserted")]  # a look takes no lock
    assert (result.code, "inc busy" in result.out, "somebody else" in result.out) == (0, True, True)


def test_a_feed_that_has_another_key_by_now_reads_nothing_and_says_why(site: Site) -> None:
    load(site, [ticket("T1")], line("T9", "x"))
    site.rows("UPDATE tickets.rejects SET header = 'ticket,raw_status'")
    result = site("rejects", "replay", "1", "--apply")
    assert (result.code, "its header does not name 'ticket_id'" in result.err) == (1, True)
    assert rejects(site) == [("T9", None)]
    assert site.outcomes()[-1] == "failed"


def test_cells_are_shown_without_what_a_terminal_would_act_upon(site: Site) -> None:
    load(site, [ticket("T1"), ticket("T\x1b[2J", owner="?")], line("T9", "\x1b[31mred"))
    shown = [site("rejects", "show", number).out for number in ("1", "2")]
    shown.append(site("rejects", "list").out)
    mend(site)
    shown.append(site("rejects", "replay", "--all", "inc").out)
    assert not any("\x1b" in text for text in shown)
    assert "\\x1b[31mred" in shown[0]
