"""Faults planted in a sound feed: the kit finds each, by the law that it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.testing.feed.laws import FEED_LAWS, feed_trial
from fleetfeed.testing.trial import Broken
from tests.testing.kit import FEED, after, instead, project, sample, written
from tests.testing.planted import DECLARED, ROWS, Planted

STAGES = {
    "an upsert that loses a row on the way": Planted(
        "loads",
        ("an export of this feed does not load", "records were read, but 1 of them is not accounted for"),
        after("""
            @hookimpl(wrapper=True)
            def feed_upsert(tickets):
                next(tickets, None)
                return (yield)
        """),
    ),
    "an upsert that only says that it wrote": Planted(
        "loads",
        ("inserted, the table has 0 more, and its history 0",),
        after("""
            @hookimpl
            def feed_upsert(tickets):
                return Changes(inserted=sum(1 for _ in tickets))
        """),
    ),
    "a listener that fails": Planted(
        "reading",
        (
            "does not load without a warning",
            "history: Plugin fibre: `feed_history` raised KeyError: 'webhook'",
        ),
        after("""
            @hookimpl
            def feed_history(run):
                raise KeyError("webhook")
        """),
    ),
    "a listener that takes away what the core captured": Planted(
        "reading",
        ("table, view, map, dashboard and snapshot do not have the same tickets", "'open in the snapshot': 0"),
        after("""
            @hookimpl
            def feed_history(db):
                db.execute("DELETE FROM tickets.fibre_daily_snapshot")
        """),
    ),
    "a listener that touches every ticket": Planted(
        "loads",
        ("the same export again writes row versions in: tickets.fibre",),
        after("""
            @hookimpl
            def feed_history(db):
                db.execute("UPDATE tickets.fibre SET ingested_at = now()")
        """),
    ),
    "a source that takes its export away": Planted(
        "loads",
        ("a dry run writes: inbox/export1.csv",),
        after("""
            @hookimpl(wrapper=True)
            def feed_source(bucket):
                snapshot = yield
                if snapshot:
                    bucket.delete(snapshot.stored)
                return snapshot
        """),
    ),
    "an upsert that reports a dry run otherwise": Planted(
        "loads",
        ("a dry run reports another result than the load", "fields: {}, but then {"),
        after("""
            @hookimpl(wrapper=True)
            def feed_upsert(run):
                changes = yield
                return changes if run.applied else replace(changes, fields={})
        """),
    ),
    "an archive that loses a file": Planted(
        "convergence",
        ("export1.csv is neither in the bucket nor in the archive",),
        after("""
            @hookimpl
            def feed_archive(bucket, run):
                for stored in run.snapshot.listed if run.snapshot else ():
                    bucket.delete(stored)
                return []
        """),
    ),
    "a source that never supersedes": Planted(
        "convergence",
        ("of the exports that wait the newest, export3.csv, is not loaded last, but export2.csv",),
        after("""
            @hookimpl(wrapper=True)
            def feed_source():
                snapshot = yield
                return snapshot and replace(snapshot, listed=(snapshot.stored,))
        """),
    ),
    "a source that forgets what it overtakes": Planted(
        "convergence",
        ("export2.csv is neither recorded as loaded nor as superseded",),
        after("""
            @hookimpl(wrapper=True)
            def feed_source():
                snapshot = yield
                if snapshot and snapshot.stored.key == "export2.csv":
                    return None
                return snapshot and replace(snapshot, listed=(snapshot.stored,))
        """),
    ),
    "an archive that only follows a load": Planted(
        "convergence",
        ("killed at before feed_source, ", "a run ends otherwise than an undisturbed one", "inbox/export2.csv"),
        after("""
            @hookimpl
            def feed_archive(run):
                return None if run.outcome == "loaded" else []
        """),
    ),
    "a plugin that works in its tests only": Planted(
        "convergence",
        ("a run that should get as far as 'before feed_source' ends: ", "nobody tests this"),
        after("""
            import sys
            if "pytest" not in sys.modules:
                raise RuntimeError("nobody tests this")
        """),
    ),
}
FAULTS = DECLARED | ROWS | STAGES


def test_a_sound_feed_may_have_an_export_that_differs_in_everything(tmp_path: Path) -> None:
    dialect = 'delimiter="\\t", encoding="cp1252", nulls=("?",), headers={"Ticket No.": "number"},'
    rows = [row | {"team": "Zürich" if place % 2 else "?"} for place, row in enumerate(sample())]
    folder = project(tmp_path, instead('sentinel="STOPPED",', dialect)(FEED))
    text = written(rows).replace(",", "\t").replace("number", "Ticket No.", 1)
    (folder / "feeds" / "fibre" / "sample.csv").write_text(text, "cp1252")
    subject = feed_trial("fibre", folder).subject
    broken = []
    for law in ("sample", "order"):
        try:
            FEED_LAWS[law][0](subject)
        except Broken as error:
            broken.append(str(error))
    assert broken == []


@pytest.mark.parametrize("name", FAULTS)
def test_the_kit_finds(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    subject = feed_trial("fibre", project(tmp_path, fault.plant(FEED), fault.export)).subject
    with pytest.raises(Broken) as found:
        FEED_LAWS[fault.law][0](subject)
    assert [said for said in fault.said if said not in str(found.value)] == [], str(found.value)


def test_there_is_a_planted_fault_for_every_law() -> None:
    assert {fault.law for fault in FAULTS.values()} == {*FEED_LAWS}
