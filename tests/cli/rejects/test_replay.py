"""Rejected records are read again, by the rules as they are now, and never beat a row that is newer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.rejects.kit import NEWER, NOW, load, mend, rejects, replay
from tests.cli.site import Site
from tests.kit import export, line, ticket


def test_a_mended_record_is_loaded_as_its_dry_run_shows(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?Ann", location_name="Ring Road, \\East é")])
    with own.untouched():
        assert replay(own, "--all", "inc") == [("T2", "rejected")]
    mend(own)
    with own.untouched():
        dry = own("rejects", "replay", "--all", "inc")
        (said,) = own("rejects", "replay", "--all", "inc", "--json").document["runs"]
    assert "T2  inserted" in dry.out
    assert "--apply" in dry.out
    assert said["rows"]["inserted"] == 1

    (done,) = own("rejects", "replay", "1", "--apply", "--json").document["runs"]
    assert done["rows"] == said["rows"]
    assert own.tickets() == {"T1": "open", "T2": "open"}
    assert own.rows("SELECT owner, location_name FROM tickets.inc WHERE ticket_id = 'T2'") == [
        ("?Ann", "Ring Road, \\East é")
    ]
    assert rejects(own) == [("T2", f"replayed, loaded by run {done['run_id']}: the ticket is new")]
    assert own("rejects", "list").out == "There are no rejects.\n"
    assert own.rows("SELECT kind, run_id FROM tickets.ticket_changes WHERE ticket_id = 'T2'") == [
        ("inserted", done["run_id"])
    ]


def test_a_replay_is_a_balanced_run_but_no_load_of_an_export(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?"), ticket("T3", owner="?", is_alarm="true")], line("T4", "x"))
    mend(own)
    before = own.rows("SELECT metadata - 'checked_at' FROM tickets.import_meta")
    states = own.rows("SELECT key, state, run_id FROM tickets.exports")
    assert sorted(replay(own, "--all", "inc", "--apply")) == [("T2", "inserted"), ("T4", "rejected")]

    outcome, key, counts = own.rows(
        "SELECT outcome, source_key, counts FROM tickets.import_runs ORDER BY run_id DESC LIMIT 1"
    )[0]
    assert (outcome, key, counts["replayed"]) == ("loaded", "automations/inc/export00.csv", 2)
    assert (counts["read"], counts["inserted"], counts["rejected"]) == (2, 1, {"too few fields": 1})
    assert own.rows("SELECT metadata - 'checked_at' FROM tickets.import_meta") == before
    assert own.rows("SELECT key, state, run_id FROM tickets.exports") == states
    settled = dict(rejects(own))
    assert (settled["T4"], str(settled["T2"])[:24]) == (None, "replayed, loaded by run ")


@pytest.mark.parametrize("updated", ["2026-11-19 10:00:00", NEWER], ids=["equal", "newer"])
def test_a_row_that_a_later_export_wrote_is_kept(own: Site, updated: str) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?")])
    load(own, [ticket("T1"), ticket("T2", owner="Ben", source_updated_at=updated)], hours=1)
    mend(own)
    with own.untouched("rejects"):
        assert replay(own, "--all", "inc", "--apply") == [("T2", "kept")]
    assert rejects(own)[0][1] == "replayed, read by run 3: the row is newer, or as new, and was kept"


def test_a_row_newer_by_its_own_times_is_kept(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", source_updated_at=NEWER)])
    load(own, [ticket("T1", owner="Cy"), ticket("T2", owner="?", source_updated_at="2026-11-20 11:00:00")], hours=1)
    mend(own)
    with own.untouched("rejects"):
        assert replay(own, "--all", "inc", "--apply") == [("T2", "kept")]


def test_a_row_that_is_older_is_updated_at_the_time_of_the_records_export(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2")])
    load(own, [ticket("T1", owner="Cy"), ticket("T2", owner="?", source_updated_at=NEWER)], hours=1)
    mend(own)
    assert replay(own, "--all", "inc", "--apply") == [("T2", "updated")]
    assert own.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("?",)]
    (at,) = own.rows("SELECT observed_at FROM tickets.ticket_changes WHERE kind = 'updated' AND ticket_id = 'T2'")[0]
    assert at == NOW - timedelta(hours=23)
    assert own.rows("SELECT count(*) FROM tickets.inc WHERE absent_since IS NOT NULL") == [(0,)]


def test_a_second_replay_changes_nothing(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?")])
    mend(own)
    assert replay(own, "1", "--apply") == [("T2", "inserted")]
    with own.untouched("rejects"):
        assert replay(own, "1", "--apply") == [("T2", "kept")]


def test_the_later_of_two_rejected_records_of_a_ticket_wins(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?b", source_updated_at=NEWER), ticket("T3")])
    load(own, [ticket("T1", owner="Cy"), ticket("T2", owner="?a"), ticket("T3")], hours=1)
    mend(own)
    assert replay(own, "--all", "inc", "--apply") == [("T2", "inserted"), ("T2", "kept")]
    assert own.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("?b",)]


def test_a_replayed_ticket_that_later_exports_lack_is_absent(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?"), ticket("T3", owner="?", normalized_status="closed")])
    load(own, [ticket("T1", owner="Cy")], hours=1)
    mend(own)
    (dry,) = own("rejects", "replay", "--all", "inc", "--json").document["runs"]
    assert replay(own, "--all", "inc", "--apply") == [("T2", "inserted"), ("T3", "inserted")]
    assert dry["rows"]["absent"] == 1
    assert dict(own.rows("SELECT ticket_id, absent_since FROM tickets.inc")) == {
        "T1": None,
        "T2": NOW - timedelta(hours=23),
        "T3": None,
    }
    events = own.rows("SELECT kind FROM tickets.ticket_changes WHERE ticket_id = 'T2' ORDER BY change_id")
    assert events == [("inserted",), ("absent",)]
    assert own.rows("SELECT ticket_id FROM tickets.closure_events") == [("T3",)]


def test_a_new_status_that_only_a_replay_brings_is_reported_and_remembered(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?", normalized_status="done", closed_at="2026-11-19 09:30")])
    mend(own)
    (dry,) = own("rejects", "replay", "--all", "inc", "--json").document["runs"]
    (run,) = own("rejects", "replay", "--all", "inc", "--apply", "--json").document["runs"]
    assert run["warnings"] == dry["warnings"]
    assert run["warnings"][0].startswith("'done' is a status that this feed never had: 1 ticket has it")
    assert own.rows("SELECT metadata -> 'new_statuses', metadata -> 'known_statuses' FROM tickets.import_meta") == [
        (["done"], ["done", "open"])
    ]
    assert own("rejects", "replay", "--all", "inc", "--apply").code == 0
    load(own, [ticket("T1"), ticket("T2", normalized_status="done", closed_at="2026-11-19 09:30")], hours=1)
    assert "is a status that this feed never had" not in own("run", "inc", "--apply").err
    assert own.rows("SELECT metadata -> 'new_statuses' FROM tickets.import_meta") == [(["done"],)]


def test_what_a_file_of_the_future_lists_no_more_left_when_that_was_loaded(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?")])
    (own.store.folder / own.bucket / "automations" / "inc" / "export00.csv").unlink()
    load(own, [ticket("T1", owner="Cy")], hours=24 * 365 * 100)
    mend(own)
    assert replay(own, "--all", "inc", "--apply") == [("T2", "inserted")]
    (since,) = own.rows("SELECT absent_since FROM tickets.inc WHERE ticket_id = 'T2'")[0]
    assert NOW - timedelta(hours=1) < since < datetime.now(UTC) + timedelta(minutes=1)


def test_a_record_that_only_a_hand_can_mend_is_read_as_it_should_be(own: Site) -> None:
    load(own, [ticket("T1")], line("T9", "Open", "open"))
    assert replay(own, "1", "--apply") == [("T9", "rejected")]
    assert rejects(own) == [("T9", None)]
    assert replay(own, "1", "--line", "T9,x", "--apply") == [("T9", "rejected")]
    for wrong, said in (("T9,a\nT9,b", "one record but 2"), ("", "one record but 0"), ('T9,"', "opens a quote")):
        with own.untouched():
            result = own("rejects", "replay", "1", "--line", wrong, "--apply")
        assert (result.code, said in result.err) == (2, True)
    right = export([ticket("T9")]).decode().splitlines()[1]
    assert replay(own, "1", "--line", right, "--apply") == [("T9", "inserted")]
    assert own.tickets() == {"T1": "open", "T9": "open"}
    assert str(rejects(own)[0][1]).startswith("corrected by hand, loaded by run")
    assert own.rows("SELECT corrected, raw_text FROM tickets.rejects") == [(right, "T9,Open,open")]


def test_a_record_that_is_given_under_another_id_is_reported_under_both(own: Site) -> None:
    load(own, [ticket("T1")], more=line("T2", "x"))
    assert replay(own, "1", "--line", "T9,x") == [("T9", "rejected")]
    assert (
        "     1  T9 (rejected as T2)  rejected: too few fields" in own("rejects", "replay", "1", "--line", "T9,x").out
    )
    alarm = export([ticket("T9", is_alarm="true")]).decode().splitlines()[1]
    assert replay(own, "1", "--line", alarm) == [("T9", "dropped")]
    right = export([ticket("T9")]).decode().splitlines()[1]
    assert "     1  T9 (rejected as T2)  inserted\n" in own("rejects", "replay", "1", "--line", right).out
    same = export([ticket("T2")]).decode().splitlines()[1]
    assert "     1  T2  inserted\n" in own("rejects", "replay", "1", "--line", same).out


def test_a_list_of_rejects_that_is_cut_says_so(own: Site) -> None:
    load(own, [ticket("T1")], more=line("T2", "x") + line("T3", "x"))
    assert own("rejects", "list", "--limit", "1").out.splitlines()[1:] == [
        "… more than 1; --limit N shows them.",
        "Next: fleetfeed rejects show ID",
    ]
    cut = own("rejects", "list", "--limit", "1", "--json").document
    assert (len(cut["rejects"]), cut["more"]) == (1, True)
    whole = own("rejects", "list", "--limit", "2")
    assert ("more than" in whole.out, len(whole.out.splitlines())) == (False, 3)


UPPER = """
@hookimpl(wrapper=True)
def feed_normalise(row):
    ticket = yield
    return replace(ticket, key=ticket.key.upper())
"""


def test_of_two_replayed_records_the_earlier_is_superseded(own: Site) -> None:
    load(own, [ticket("T1"), ticket("t2", owner="?Ann", source_updated_at=NEWER), ticket("T2", owner="?Ben")])
    load(own, [ticket("T1", owner="Cy")], hours=1)
    mend(own, UPPER)
    dry = replay(own, "--all", "inc")
    assert replay(own, "--all", "inc", "--apply") == dry == [("T2", "inserted"), ("T2", "superseded")]
    assert own.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("?Ann",)]
    events = own.rows("SELECT kind FROM tickets.ticket_changes WHERE ticket_id = 'T2' ORDER BY change_id")
    assert events == [("inserted",), ("absent",)]


FOLDED = """
from dataclasses import replace
from tests.kit import FEED as INC
def fold(cell):
    return str(int(cell) * 60)
FEED = replace(INC, columns=tuple(replace(item, fold=fold) if item.name == "mttr" else item for item in INC.columns))
"""


def test_a_failing_fold_costs_one_record_until_it_is_mended(own: Site) -> None:
    file = own.folder / "feeds" / "inc" / "__init__.py"
    file.write_text(FOLDED)
    load(own, [ticket("T1", mttr="10"), ticket("T2", mttr="soon"), ticket("T3", mttr="30")])
    minutes = "SELECT ticket_id, mttr FROM tickets.inc ORDER BY 1"
    assert own.rows(minutes) == [("T1", 600), ("T3", 1800)]
    assert own.rows("SELECT ticket_id, reason FROM tickets.rejects") == [("T2", "fold of mttr raised ValueError")]
    shown = own("rejects", "show", "1").out
    assert "on 'soon': invalid literal for int() with base 10: 'soon'" in shown
    assert f"{file}, line 5" in shown
    with own.untouched():
        assert replay(own, "--all", "inc") == [("T2", "rejected")]
    file.write_text(FOLDED.replace("int(cell)", 'int(cell.replace("soon", "1"))'))
    assert replay(own, "--all", "inc", "--apply") == [("T2", "inserted")]
    assert own.rows(minutes) == [("T1", 600), ("T2", 60), ("T3", 1800)]
