"""What a rebuild makes is what the runs of the feed made, wherever it is ended and begun again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.inc import FEED as INC_DECLARED
from fleetfeed.database import Database, connect
from fleetfeed.database.lock import feed_lock
from fleetfeed.errors import BucketError, ObjectMissing, UsageError
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Row
from fleetfeed.rebuild.past import Window
from fleetfeed.rebuild.replay import Progress
from fleetfeed.rebuild.work import Busy
from tests.kit import FEED, START, Bench, examples, export, line
from tests.rebuild.draws import EXPORT, Rows, content
from tests.rebuild.kit import Past, forget, load, tickets

COUNTS = "SELECT counts FROM tickets.import_runs WHERE feed = 'inc' AND outcome = 'loaded' ORDER BY run_id"


class Stopped(Exception):
    pass


@settings(max_examples=examples(25))
@given(exports=st.lists(EXPORT, min_size=1, max_size=4), accept=st.booleans(), stop=st.integers(1, 4))
def test_any_history_is_made_again(
    db: Database,
    tmp_path_factory: pytest.TempPathFactory,
    exports: list[tuple[Rows, bytes, bool]],
    accept: bool,
    stop: int,
) -> None:
    past = Past(Bench(db, tmp_path_factory.mktemp("history")))
    forget(db)
    for rows, end, turned in exports:
        past.bench.put(content(rows, end, turned))
        past.bench.run(accept_incomplete=accept)
    live = past.pictures()

    def until(at: Progress) -> None:
        if at.done == stop:
            raise Stopped

    try:
        replace(past.rebuild(), progress=until).replay()
    except Stopped:
        past.rebuild().replay()
    made = past.pictures("inc__rebuild")
    for name in live.keys() - {"rejects"}:  # those of refused exports are not read again, which the proof knows
        assert made[name] == live[name], name
    assert past.rebuild().prove()[1].differences == []
    assert past.pictures() == live


@pytest.mark.parametrize("ended", [1, 2, 3])
def test_it_goes_on_where_it_ended(past: Past, ended: int) -> None:
    def until(at: Progress) -> None:
        if at.done == ended:
            raise Stopped

    with pytest.raises(Stopped):
        replace(past.rebuild(), progress=until).replay()
    plan = past.rebuild().plan()
    assert (len(plan.done), len(plan.left)) == (ended, 4 - ended)
    seen: list[Progress] = []
    replace(past.rebuild(), progress=seen.append).replay()
    assert [(at.done, at.of) for at in seen] == [(number, 4) for number in range(ended + 1, 5)]
    assert seen[-1].seconds_left == 0
    assert past.pictures("inc__rebuild") == past.pictures()


def test_it_catches_up_with_runs_of_meanwhile(past: Past) -> None:
    def load_one_more(at: Progress) -> None:
        if at.done == 4:
            past.bench.loaded(tickets("T1", "T9"))

    replace(past.rebuild(), progress=load_one_more).replay()
    assert len(past.rebuild().plan().done) == 5
    assert past.pictures("inc__rebuild") == past.pictures()


def test_a_plan_writes_nothing_and_names_what_is_missing(past: Past) -> None:
    (past.bench.archive / "export002.csv").unlink()
    plan = past.rebuild().plan()
    assert [item.stored.key for item in plan.missing] == ["export002.csv"]
    assert [item.stored.key for item in plan.left] == ["export001.csv", "export003.csv", "export004.csv"]
    assert plan.size == sum(path.stat().st_size for path in past.bench.archive.iterdir())
    assert plan.seconds > 0
    assert not past.rebuild().shadow.exists


def test_other_bytes_than_those_that_were_loaded_end_it(past: Past) -> None:
    path = past.bench.archive / "export002.csv"
    path.write_bytes(path.read_bytes().replace(b"Nairobi", b"nairobi"))
    with pytest.raises(BucketError, match="does not hold what run 2 has loaded"):
        past.rebuild().replay()
    assert len(past.rebuild().plan().done) == 1
    path.unlink()  # now it counts as missing
    plan = past.rebuild().replay()
    assert (len(plan.done), [item.run_id for item in plan.missing]) == (3, [2])


def test_an_export_that_vanishes_on_the_way_ends_it(past: Past) -> None:
    path, live = past.bench.archive / "export003.csv", past.pictures()
    kept = path.read_bytes()

    def vanish(at: Progress) -> None:
        if at.done == 1:
            path.unlink()

    with pytest.raises(ObjectMissing, match=r"export003\.csv cannot be read"):
        replace(past.rebuild(), progress=vanish).replay()
    plan = past.rebuild().plan()
    assert (len(plan.done), [item.run_id for item in plan.left], [item.run_id for item in plan.missing]) == (
        2,
        [4],
        [3],
    )
    assert past.pictures() == live
    path.write_bytes(kept)  # restored, it goes on as if nothing had happened
    past.rebuild().replay()
    assert past.pictures("inc__rebuild") == past.pictures() == live


def test_one_that_was_begun_by_other_rules_is_not_continued(past: Past) -> None:
    past.rebuild().replay()
    columns = tuple(replace(c, fold=str.upper) if c.name == "region" else c for c in FEED.columns)
    changed = replace(FEED, columns=columns)
    with pytest.raises(UsageError, match="begun by other rules"):
        past.rebuild(feed=changed).replay()
    assert past.rebuild().drop()
    past.rebuild(feed=changed).replay()
    assert {row["region"] for row in past.bench.rows("region", "tickets.inc__rebuild")} == {"NAIROBI WEST"}
    assert {row["region"] for row in past.bench.rows("region")} == {"nairobi west"}


def test_one_that_was_begun_in_another_zone_is_not_continued(past: Past) -> None:
    past.rebuild().replay()
    with pytest.raises(UsageError, match="begun by other rules"):
        past.rebuild(feed=INC_DECLARED.in_zone("Europe/Berlin")).replay()


def test_an_export_that_comes_back_in_the_middle_needs_a_new_rebuild(past: Past) -> None:
    path = past.bench.archive / "export002.csv"
    moved = path.rename(past.bench.inbox.parent / path.name)
    past.rebuild().replay()
    moved.rename(path)
    with pytest.raises(UsageError, match=r"without export002\.csv"):
        past.rebuild().replay()


def test_two_rebuilds_of_one_feed_do_not_mix(past: Past, url: str) -> None:
    with connect(url, "other") as other, feed_lock(other, "inc__rebuild"), pytest.raises(Busy, match="other"):
        past.rebuild().replay()
    assert not past.rebuild().shadow.exists


def test_a_run_is_not_disturbed_by_the_lock_of_a_rebuild(past: Past, url: str) -> None:
    with connect(url, "other") as other, feed_lock(other, "inc__rebuild"):
        assert past.bench.loaded(tickets("T7")).outcome == "loaded"


def test_dropped_leaves_nothing_behind(past: Past) -> None:
    past.bench.loaded(export(tickets("T1")) + line("T2", "cut off"))
    before = _rows(past)
    past.rebuild().replay()
    assert _rows(past) != before
    assert past.rebuild().drop()
    assert _rows(past) == before
    assert not past.rebuild().drop()


def _rows(past: Past) -> list[object]:
    names = past.db.all("SELECT relname FROM pg_class WHERE relnamespace = 'tickets'::regnamespace ORDER BY 1")
    procedures = past.db.all("SELECT proname FROM pg_proc WHERE pronamespace = 'tickets'::regnamespace ORDER BY 1")
    tables = [
        name for (name,) in names if past.db.one("SELECT relkind FROM pg_class WHERE relname = %s", [name]) == "r"
    ]
    return [names, procedures, [past.db.one(f'SELECT count(*) FROM tickets."{name}"') for name in tables]]


def test_what_was_held_is_held_by_other_limits_too(bench: Bench) -> None:
    many = [f"T{number}" for number in range(60)]
    load(bench, tickets(*many), tickets(*many[:8]), tickets(*many[:50]))
    assert [report["truncated"] for (report,) in bench.db.all(COUNTS)] == [False, True, False]
    past = Past(bench)
    past.rebuild(max_absent_ratio=1.0).replay()
    assert past.rebuild().prove()[1].differences == []


def test_what_lay_in_the_future_is_judged_alike_when_it_goes_on(bench: Bench) -> None:
    """One export without a load is loaded in each of two passes, and its next one by itself."""
    later = f"{datetime.now() + timedelta(hours=30):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ005 (local to the export)
    twice = [*tickets("T1", owner="old"), *tickets("T1", owner="new", source_updated_at=later)]
    bench.loaded(tickets("T2"))
    bench.put(twice)
    bench.put([*twice, *tickets("T3")])
    bench.loaded([*twice, *tickets("T3", "T4")])
    past = Past(bench)

    def until(at: Progress) -> None:
        if at.done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        replace(past.rebuild(), progress=until).replay(Window(START))
    past.rebuild().replay()
    assert past.bench.rows("raw ->> 'owner' AS owner", "tickets.inc__rebuild WHERE ticket_id = 'T1'") == [
        {"owner": "old"}
    ]


class _DropsTests:
    @hookimpl
    def feed_filter(self, row: Row) -> str | None:
        return "test data" if row.values.get("department") == "test" else None


def test_rows_that_an_ignored_column_decides_about_are_judged_as_in_runs(bench: Bench) -> None:
    exports = [
        tickets("T1", "T2"),
        tickets("T2"),
        [*tickets("T1", department="test"), *tickets("T2")],
        [*tickets("T1", department="test"), *tickets("T2", "T3")],
        tickets("T2", "T3"),
    ]
    for rows in exports:
        bench.loaded(rows, plugins=[_DropsTests()])
    past = Past(bench)
    past.rebuild(_DropsTests()).replay()
    made, live = past.pictures("inc__rebuild"), past.pictures()
    for name in ("table", "log", "closures"):
        assert made[name] == live[name]


def test_keys_of_odd_characters_vanish_and_return_alike(bench: Bench) -> None:
    odd = ["\ufeffA", "B\tC", 'D"E', "F\\N", "\\N", "ÄÖ ß", "x" * 400]
    load(bench, tickets(*odd), tickets(*odd[::2]), tickets(*odd[1::2]), tickets(*odd), tickets("Z"))
    past = Past(bench)
    past.rebuild().replay()
    assert past.pictures("inc__rebuild")["log"] == past.pictures()["log"]
    assert past.pictures("inc__rebuild")["table"] == past.pictures()["table"]
