"""The same tickets again, however they are written, change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from tests.kit import FEED, HEADER, MIGRATIONS, Bench, export, ticket

ROWS = [
    ticket("T1"),
    ticket("T2", normalized_status="closed", closed_at="2026-11-19 08:00", mttr="536.0"),
    ticket("T3", owner="Amina", latitude="-1.29", longitude="36.78"),
    ticket("T4", normalized_status="strange"),
    ticket("T5", mttr="abc"),
]


def _shuffled() -> bytes:
    return export(random.Random(5).sample(ROWS, len(ROWS)))


SPELLINGS: dict[str, Callable[[], bytes]] = {
    "in another order": _shuffled,
    "columns in another order": lambda: export(ROWS, HEADER[::-1]),
    "other line ends": lambda: export(ROWS, end="\n"),
    "with a BOM": lambda: b"\xef\xbb\xbf" + export(ROWS),
    "other cells in ignored columns": lambda: export(row | {"department": "X", "week_start": "1"} for row in ROWS),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_the_same_tickets_in_another_file_write_no_row_version(bench: Bench, spelling: Callable[[], bytes]) -> None:
    bench.loaded(ROWS)
    before = bench.picture("inc", "ticket_changes", "rejects") | {"files": None}
    report = bench.loaded(spelling())

    assert bench.picture("inc", "ticket_changes", "rejects") | {"files": None} == before
    assert (report.outcome, report.rows.unchanged, report.rows.updated) == ("loaded", len(ROWS), 0)


def test_the_same_bytes_under_another_name_are_unchanged(bench: Bench) -> None:
    bench.loaded(ROWS)
    before = bench.picture("inc", "ticket_changes", "rejects") | {"files": None}
    report = bench.loaded(ROWS)

    assert report.outcome == "unchanged"
    assert bench.picture("inc", "ticket_changes", "rejects") | {"files": None} == before
    assert bench.archived() == ["export001.csv", "export002.csv"]


@pytest.mark.parametrize(
    "respelt",
    [
        export(ROWS, (*HEADER, "brand_new")),
        export({name: f" {cell} " if cell else cell for name, cell in row.items()} for row in ROWS),
    ],
    ids=["an empty column more", "spaces around every cell"],
)
def test_another_spelling_only_refreshes_the_digest(bench: Bench, respelt: bytes) -> None:
    bench.loaded(ROWS)
    everything_else = "ticket_id, raw, run_id, ingested_at, location_key, absent_since, geom"
    before, log = bench.rows(everything_else), bench.versions("tickets.ticket_changes")
    report = bench.loaded(respelt)

    assert (report.rows.unchanged, report.rows.updated, report.changes.staged) == (len(ROWS), 0, len(ROWS))
    assert bench.rows(everything_else) == before
    assert bench.versions("tickets.ticket_changes") == log

    settled = bench.versions()
    again = bench.loaded(respelt + b"\r\n")
    assert (again.changes.staged, again.rows.unchanged) == (0, len(ROWS))
    assert bench.versions() == settled


def test_another_revision_of_the_feed_compares_every_row_again(bench: Bench) -> None:
    bench.loaded(ROWS, archive=False)
    before, log = bench.versions(), bench.versions("tickets.ticket_changes")
    bench.feed = replace(FEED, revision=2)
    report = bench.run(archive=False)

    assert (report.outcome, report.changes.staged, report.rows.unchanged) == ("loaded", len(ROWS), len(ROWS))
    assert (bench.versions(), bench.versions("tickets.ticket_changes")) == (before, log)
    assert bench.meta()["feed_fingerprint"] == bench.feed.fingerprint
    assert bench.run(archive=False).outcome == "unchanged"


def test_another_fold_changes_what_a_row_becomes(bench: Bench) -> None:
    bench.loaded(ROWS, archive=False)
    columns = tuple(replace(c, fold=str.upper) if c.name == "region" else c for c in FEED.columns)
    bench.feed = replace(FEED, columns=columns)
    report = bench.run(archive=False)

    assert (report.rows.updated, dict(report.changes.fields)) == (len(ROWS), {"region": len(ROWS)})
    assert {row["region"] for row in bench.rows("region")} == {"NAIROBI WEST"}


def test_rows_adopted_without_a_digest_make_no_event(bench: Bench, db: Database) -> None:
    bench.loaded(ROWS)
    db.execute("UPDATE tickets.inc SET source_digest = NULL")
    log = bench.versions("tickets.ticket_changes")
    report = bench.loaded(_shuffled())

    assert (report.rows.unchanged, report.changes.staged) == (len(ROWS), len(ROWS))
    assert bench.versions("tickets.ticket_changes") == log
    assert db.one("SELECT count(*) FROM tickets.inc WHERE source_digest IS NULL") == 0


def test_migrating_again_leaves_the_rows_alone(bench: Bench) -> None:
    bench.loaded(ROWS)
    before = bench.versions()

    assert migrate(bench.db, MIGRATIONS, [FEED]) == []
    assert bench.versions() == before
