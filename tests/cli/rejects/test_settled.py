"""What settles a rejected record, what opens it again, and what nothing is done to."""

from __future__ import annotations

import psycopg
import pytest

from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from tests.cli.rejects.kit import FEED, load, mend, rejects, replay
from tests.cli.site import Site
from tests.crash.faults import wait_until
from tests.kit import export, line, ticket


def test_a_record_in_another_encoding_is_read_as_the_feed_declares_by_now(own: Site) -> None:
    latin = export([ticket("T2", owner="Ren\x01")]).split(b"\r\n", 1)[1].replace(b"\x01", b"\xe9")
    load(own, [ticket("T1")], latin)
    assert replay(own, "1") == [("T2", "rejected")]
    file = own.folder / "feeds" / "inc" / "__init__.py"
    file.write_text(FEED.replace("replace(INC)", 'replace(INC, encoding="cp1252")'))
    assert replay(own, "1", "--apply") == [("T2", "inserted")]
    assert own.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T2'") == [("René",)]


def test_all_of_a_feed_are_those_of_refused_exports_too(own: Site) -> None:
    own.put([ticket("T1"), *(ticket(f"T{number}", owner="?") for number in range(2, 60))])
    assert own("run", "inc", "--apply", "--json").run["outcome"] == "refused"
    mend(own)
    assert {outcome for _, outcome in replay(own, "--all", "inc", "--apply")} == {"inserted"}
    assert (len(own.tickets()), "T1" in own.tickets()) == (58, False)


def test_a_discarded_record_stays_resolved_and_counts_in_later_exports(own: Site) -> None:
    bad = line("T9", "Open", "open")
    load(own, [ticket("T1")], bad)
    done = own("rejects", "discard", "1", "--reason", "a test of the exporter")
    assert (done.code, done.out) == (0, "     1  discarded: a test of the exporter\n")
    load(own, [ticket("T1", owner="Cy")], bad, hours=1)
    assert own.rows("SELECT times, resolution FROM tickets.rejects") == [(2, "discarded: a test of the exporter")]
    assert own("rejects", "list", "inc").out == "There are no rejects.\n"
    again = own("rejects", "discard", "1")
    assert "is resolved already (discarded: a test of the exporter)" in again.out


def test_a_record_that_is_settled_meanwhile_is_not_discarded(own: Site) -> None:
    load(own, [ticket("T1")], line("T8", "x") + line("T9", "x"))
    with psycopg.connect(own.url) as other:
        other.execute(
            "UPDATE tickets.rejects SET resolution = 'loaded by run 7', resolved_at = now() WHERE reject_id = 1"
        )
        with own.process("rejects", "discard", "1", "2") as process:
            waiting = "application_name LIKE 'fleetfeed rejects%' AND wait_event_type = 'Lock'"
            wait_until(lambda: bool(own.rows(f"SELECT 1 FROM pg_stat_activity WHERE {waiting}")))
            other.commit()
            done = own.ended(process)
    assert done.out == "     1  is resolved already (loaded by run 7)\n     2  discarded\n"
    assert own.rows("SELECT resolution FROM tickets.rejects ORDER BY 1") == [("discarded",), ("loaded by run 7",)]


def test_a_replayed_record_that_the_rules_refuse_again_is_open_again(own: Site) -> None:
    bad = ticket("T2", owner="?")
    load(own, [ticket("T1"), bad])
    mend(own)
    assert replay(own, "1", "--apply") == [("T2", "inserted")]
    (own.folder / "feeds" / "inc" / "__init__.py").write_text(FEED)
    load(own, [ticket("T1"), bad | {"owner": "Ben"}], hours=1)
    load(own, [ticket("T1"), bad], hours=2)
    assert own.rows("SELECT times, resolved_at, resolution FROM tickets.rejects WHERE reject_id = 1") == [
        (2, None, None)
    ]


def test_an_unknown_number_settles_nothing(own: Site) -> None:
    load(own, [ticket("T1")], line("T9", "x"))
    for args in (("discard", "1", "7"), ("replay", "1", "7", "--apply")):
        result = own("rejects", *args)
        assert (result.code, "There is no reject 7." in result.err) == (2, True)
    assert rejects(own) == [("T9", None)]


@pytest.mark.parametrize(
    "args", [(), ("1", "--all", "inc"), ("1", "2", "--line", "x"), ("--all", "inc", "--line", "x")]
)
def test_a_replay_wants_records_or_a_feed_and_a_line_for_one(own: Site, args: tuple[str, ...]) -> None:
    assert own("rejects", "replay", *args).code == 2


def test_a_replay_leaves_a_feed_alone_while_a_run_is_at_work(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T2", owner="?")])
    mend(own)
    with connect(own.url, "somebody else") as other, feed_lock(other, "inc"), own.untouched():
        result = own("rejects", "replay", "1", "--apply")
        assert replay(own, "1") == [("T2", "inserted")]  # a look takes no lock
    assert (result.code, "inc busy" in result.out, "somebody else" in result.out) == (0, True, True)


def test_a_feed_that_has_another_key_by_now_reads_nothing_and_says_why(own: Site) -> None:
    load(own, [ticket("T1")], line("T9", "x"))
    own.rows("UPDATE tickets.rejects SET header = 'ticket,raw_status'")
    result = own("rejects", "replay", "1", "--apply")
    assert (result.code, "its header does not name 'ticket_id'" in result.err) == (1, True)
    assert rejects(own) == [("T9", None)]
    assert own.outcomes()[-1] == "failed"


def test_cells_are_shown_without_what_a_terminal_would_act_upon(own: Site) -> None:
    load(own, [ticket("T1"), ticket("T\x1b[2J", owner="?")], line("T9", "\x1b[31mred"))
    shown = [own("rejects", "show", number).out for number in ("1", "2")]
    shown.append(own("rejects", "list").out)
    mend(own)
    shown.append(own("rejects", "replay", "--all", "inc").out)
    assert not any("\x1b" in text for text in shown)
    assert "\\x1b[31mred" in shown[0]
