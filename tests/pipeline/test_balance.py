"""The law of balance: every record is accounted for, and a dry run shows exactly what the load then does."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Row, Ticket, hookimpl
from fleetfeed.model import RunReport
from fleetfeed.stages.normalise import feed_normalise
from tests.kit import DATA, HEADER, LEDGER, Bench, examples, export, line, ticket

KEYS = ["A1", "A2", "A3", " A1 ", "a\\1", 'q"1', "c,1", "n\n1", "é1", "", "1.2E+05"]
TIMES = ["", "2026-11-19 10:00:00", "2026-11-19T11:00", "2026-11-19 12:00:00.5", "soon"]
ROWS = st.builds(
    ticket,
    st.sampled_from(KEYS),
    normalized_status=st.sampled_from(["open", "closed", "", "odd"]),
    is_alarm=st.sampled_from(["false", "false", "false", "TRUE", ""]),
    owner=st.sampled_from(["", "Amina", "  Amina", 'x"y', "two\nlines", "\\"]),
    mttr=st.sampled_from(["", "7", "7.5", "abc"]),
    closed_at=st.sampled_from(["", "2026-11-19 10:00", "2026-02-30 10:00"]),
    latitude=st.sampled_from(["", "-1.2", "99"]),
    longitude=st.sampled_from(["", "36.8"]),
    source_updated_at=st.sampled_from(TIMES),
    last_seen_at=st.sampled_from(TIMES),
).map(lambda row: export([row]).split(b"\r\n", 1)[1])
GOOD = export([ticket("A1")]).split(b"\r\n", 1)[1]
ODD = st.sampled_from(
    [
        line("A1", "Open"),
        line("A2", *["x"] * len(HEADER)),
        GOOD.replace(b"Field A", b"caf\xe9"),
        GOOD.replace(b"Field A", b'"a\\"b"'),
        GOOD.replace(b"Field A", b"Fie\0ld A"),
        GOOD.replace(b"A1", b"EXPORT STOPPED at 5"),
        line("EXPORT STOPPED"),
        b"\r\n",
        b"   \r\n",
    ]
)
UNCLOSED = GOOD.replace(b"Field A", b'"Field A')
EXPORTS = st.builds(
    lambda lines, end: b"".join([export([]), *lines, *end]),
    st.lists(st.one_of(ROWS, ROWS, ROWS, ODD), max_size=12),
    st.sampled_from([[], [], [], [], [], [UNCLOSED]]),
)


@settings(max_examples=examples(25))
@given(exports=st.lists(EXPORTS, min_size=3, max_size=3))
def test_every_record_is_accounted_for_and_a_dry_run_is_exact(bench: Bench, exports: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fresh = _fresh(bench, Path(folder))
        for content in exports:
            fresh.put(content)
            before = fresh.picture(*DATA, *LEDGER)
            dry = fresh.run(apply=False, allow_older=True)
            assert fresh.picture(*DATA, *LEDGER) == before

            report = fresh.run(allow_older=True)
            assert _reported(dry) == _reported(report)
            if report.outcome != "refused":
                assert (report.error, report.rows.left_over) == (None, 0)


def _reported(report: RunReport) -> tuple[object, ...]:
    changes = report.changes
    return (
        report.outcome,
        str(report.error),
        report.rows,
        changes.fields,
        changes.examples,
        changes.unreadable,
        report.rejects,
        report.truncated,
        report.newest,
    )


def _fresh(bench: Bench, folder: Path) -> Bench:
    bench.db.execute("TRUNCATE " + ", ".join(f"tickets.{name}" for name in (*DATA, *LEDGER)))
    return Bench(bench.db, folder)


class UpperCaseKeys:
    """Normalise as the core does, but with the key in upper case."""

    @hookimpl
    def feed_normalise(self, feed: Feed, row: Row) -> Ticket:
        found = feed_normalise(feed, row)
        return replace(found, key=found.key.upper())


UPPER = (UpperCaseKeys(),)


def test_keys_that_meet_only_after_normalising_follow_the_winner_rule(bench: Bench) -> None:
    report = bench.loaded(
        [
            ticket("t1", owner="newest", source_updated_at="2026-11-19 12:00"),
            ticket("T1", owner="older"),
            ticket("t2", owner="first line"),
            ticket("T2", owner="later line"),
            ticket("t3", owner="seen last", last_seen_at="2026-11-20 09:00"),
            ticket("T3", owner="seen first"),
        ],
        plugins=UPPER,
    )

    found = {row["ticket_id"]: row["owner"] for row in bench.rows("ticket_id, owner")}
    assert found == {"T1": "newest", "T2": "later line", "T3": "seen last"}
    assert (report.rows.inserted, report.rows.superseded, report.rows.left_over) == (3, 3, 0)


def test_keys_that_meet_are_the_same_tickets_the_next_time(bench: Bench) -> None:
    rows = [
        ticket("t1", owner="newest", source_updated_at="2026-11-19 12:00"),
        ticket("T1", owner="older"),
        ticket("T2", owner="first line"),
        ticket("t2", owner="later line"),
        ticket("T3", owner="wins", source_updated_at="2026-11-19 12:00"),
        ticket("t3", owner="loses"),
        ticket("t4"),
    ]
    bench.loaded(rows, plugins=UPPER)
    before = bench.versions()
    shuffled = [*rows[4:], *rows[:2][::-1], *rows[2:4]]
    for content in (export(rows, end="\n"), export(shuffled)):
        report = bench.loaded(content, plugins=UPPER)
        assert (report.outcome, report.rows.unchanged, report.rows.superseded) == ("loaded", 4, 3)
        assert (report.rows.updated, report.rows.absent, report.rows.left_over) == (0, 0, 0)
    assert bench.versions() == before
    assert bench.rows("*", "tickets.inc WHERE absent_since IS NOT NULL") == []


def test_an_unchanged_row_competes_with_a_newer_one_that_meets_it(bench: Bench) -> None:
    bench.loaded([ticket("T1", owner="Amina")], plugins=UPPER)
    older = bench.loaded(
        [ticket("T1", owner="Amina"), ticket("t1", owner="old", source_updated_at="2026-11-01 00:00")], plugins=UPPER
    )
    assert (older.rows.unchanged, older.rows.superseded, bench.one("T1", "owner")["owner"]) == (1, 1, "Amina")

    newer = bench.loaded(
        [ticket("T1", owner="Amina"), ticket("t1", owner="new", source_updated_at="2026-11-20 00:00")], plugins=UPPER
    )
    assert (newer.rows.updated, newer.rows.superseded, bench.one("T1", "owner")["owner"]) == (1, 1, "new")
    assert newer.rows.left_over == 0
