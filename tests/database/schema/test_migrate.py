"""`migrate`: from nothing to what the feed declares, twice, by two at once, and with what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from fleetfeed import Feed, Text, Whole, YesNo
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check, head, revision
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.plan import plan
from fleetfeed.errors import DatabaseError, SchemaBehind
from tests.kit import FEED, HEADER, MIGRATIONS, Bench, export, ticket

OBJECTS = """
SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION ALL SELECT nspname, '', '' FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
UNION ALL SELECT extname, '', 'extension' FROM pg_extension ORDER BY 1, 2, 3
"""


@pytest.fixture
def own(url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give a migrated database of its own, to run the engine with."""
    with connect(url, "test") as db:
        yield Bench(db, tmp_path)


def _with(column: Any) -> Feed:
    """Declare INC with one column more, or one declared anew."""
    others = tuple(item for item in FEED.columns if item.name != column.name)
    return replace(FEED, columns=(*others, column))


def test_the_second_time_there_is_nothing_to_do(empty: Database) -> None:
    first = migrate(empty, MIGRATIONS, [FEED])
    catalogue = empty.all(OBJECTS)

    assert any("create table" in step.what for step in first)
    assert migrate(empty, MIGRATIONS, [FEED]) == []
    assert empty.all(OBJECTS) == catalogue
    assert revision(empty) == head(MIGRATIONS)
    check(empty, MIGRATIONS, FEED)


def test_two_at_once_both_succeed(empty_url: str) -> None:
    together = Barrier(2)

    def run() -> list[Any]:
        with connect(empty_url, "migrate") as db:
            together.wait(60)
            return list(migrate(db, MIGRATIONS, [FEED]))

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(run), pool.submit(run)]]

    assert sorted(bool(steps) for steps in done) == [False, True]
    with connect(empty_url, "test") as db:
        assert plan(db, FEED) == []


def test_a_plan_of_an_empty_database_writes_nothing(empty: Database) -> None:
    before = empty.all(OBJECTS)
    steps = migrate(empty, MIGRATIONS, [FEED], dry=True)

    assert steps
    assert empty.all(OBJECTS) == before


def test_a_plan_of_a_changed_feed_writes_nothing(own: Bench) -> None:
    own.loaded([ticket("T1")])
    before = (own.db.all(OBJECTS), own.versions(), own.versions("tickets.feed_schemas"))
    steps = migrate(own.db, MIGRATIONS, [_with(Text("priority"))], dry=True)

    assert [step.what for step in steps] == [
        'add column priority to tickets."inc"',
        "replace function tickets.inc_asof(bigint)",
        "replace function tickets.inc_map_at(bigint, timestamptz, text, text, integer, jsonb)",
    ]
    assert steps[0].rewrites
    assert not steps[0].destructive
    assert (own.db.all(OBJECTS), own.versions(), own.versions("tickets.feed_schemas")) == before


def test_a_column_that_is_declared_later_is_added_and_filled_from_raw(own: Bench) -> None:
    own.loaded(export([ticket("T1", priority="P1"), ticket("T2")], (*HEADER, "priority")))
    feed = _with(Text("priority"))
    with pytest.raises(SchemaBehind):
        check(own.db, MIGRATIONS, feed)
    migrate(own.db, MIGRATIONS, [feed])

    assert own.rows("ticket_id, priority, owner") == [
        {"ticket_id": "T1", "priority": "P1", "owner": None},
        {"ticket_id": "T2", "priority": None, "owner": None},
    ]
    check(own.db, MIGRATIONS, feed)
    own.feed = feed
    assert own.loaded(export([ticket("T2", priority="P2")], (*HEADER, "priority"))).rows.updated == 1
    assert own.one("T2", "priority") == {"priority": "P2"}


CHANGED = {
    "a type": (_with(Whole("owner")), "change column owner"),
    "an expression": (_with(YesNo("is_actionable", yes=("ja",))), "change column is_actionable"),
    "a column less": (
        replace(
            FEED,
            columns=tuple(column for column in FEED.columns if column.name != "owner"),
            roles=replace(FEED.roles, owner=None),
        ),
        "drop column owner",
    ),
}


@pytest.mark.parametrize(("feed", "what"), CHANGED.values(), ids=CHANGED.keys())
def test_what_loses_something_is_done_only_when_that_is_allowed(own: Bench, feed: Feed, what: str) -> None:
    own.loaded([ticket("T1", owner="536.0", is_actionable="ja")])
    with pytest.raises(DatabaseError, match=what) as refused:
        migrate(own.db, MIGRATIONS, [feed])
    assert "--allow-destructive" in refused.value.next_step
    assert plan(own.db, FEED) == []

    steps = migrate(own.db, MIGRATIONS, [feed], allow_destructive=True)
    assert [step.what.startswith(what) for step in steps if step.destructive] == [True]
    assert plan(own.db, feed) == []
    check(own.db, MIGRATIONS, feed)
    found = own.one("T1")
    assert found["raw"]["owner"] == "536.0"
    assert (found.get("owner", "none"), found["is_actionable"]) in [(536, None), ("536.0", True), ("none", None)]
    own.feed = feed
    assert own.loaded([ticket("T1"), ticket("T2")]).rows.inserted == 1


def test_another_column_as_the_status_takes_the_indexes_of_the_first_along(own: Bench) -> None:
    own.loaded([ticket("T1"), ticket("T2", normalized_status="closed")])
    columns = tuple(item for item in FEED.columns if item.name != "normalized_status")
    roles = replace(FEED.roles, status="raw_status", raw_status=None)
    feed = replace(FEED, columns=columns, roles=roles)
    migrate(own.db, MIGRATIONS, [feed], allow_destructive=True)
    assert plan(own.db, feed) == []
    check(own.db, MIGRATIONS, feed)


DRIFT = {
    "ALTER TABLE tickets.inc DROP COLUMN owner CASCADE": "add column owner",
    "ALTER TABLE tickets.inc ADD COLUMN notes text": "drop column notes",
    "DROP TRIGGER resolve_place ON tickets.inc": "create trigger resolve_place",
    "DROP INDEX tickets.inc_geog": "create index inc_geog",
    "DROP INDEX tickets.inc_created; CREATE INDEX inc_created ON tickets.inc (run_id)": "replace index inc_created",
    "ALTER TABLE tickets.inc ALTER run_id TYPE integer": "change column run_id",
    "ALTER TABLE tickets.inc DROP scheduled_at, ADD scheduled_at timestamptz": "change column scheduled_at",
    "ALTER TABLE tickets.inc ALTER raw_status DROP EXPRESSION": "change column raw_status",
}


@pytest.mark.parametrize(("sql", "what"), DRIFT.items())
def test_what_was_changed_by_hand_is_seen_and_mended(own: Bench, sql: str, what: str) -> None:
    own.loaded([ticket("T1", owner="Amina", mttr="7")])
    own.db.execute(sql)
    (step,) = plan(own.db, FEED)

    assert step.what.startswith(what)
    migrate(own.db, MIGRATIONS, [FEED], allow_destructive=True)
    assert plan(own.db, FEED) == []
    found = own.one("T1", "owner, mttr, raw_status")
    assert found == {"owner": "Amina", "mttr": 7, "raw_status": "OPEN"}


def test_a_run_finds_out_that_the_database_is_behind(empty: Database) -> None:
    with pytest.raises(SchemaBehind, match="revision none") as behind:
        check(empty, MIGRATIONS, FEED)
    assert "fleetfeed migrate" in behind.value.next_step

    migrate(empty, MIGRATIONS, [])
    with pytest.raises(SchemaBehind, match="not what the feed declares"):
        check(empty, MIGRATIONS, FEED)

    migrate(empty, MIGRATIONS, [FEED])
    check(empty, MIGRATIONS, FEED)
    empty.execute("ALTER TABLE tickets.inc ADD COLUMN by_hand text")
    with pytest.raises(SchemaBehind, match="drop column by_hand"):
        check(empty, MIGRATIONS, FEED)

    empty.execute("ALTER TABLE tickets.inc DROP COLUMN by_hand")
    empty.execute("CREATE INDEX of_a_dashboard ON tickets.inc (owner)")
    check(empty, MIGRATIONS, FEED)


def test_a_run_on_a_database_without_fleetfeed_fails_and_says_what_to_do(empty: Database, tmp_path: Path) -> None:
    bench = Bench(empty, tmp_path)
    bench.put([ticket("T1")])
    report = bench.run()

    assert isinstance(report.error, SchemaBehind)
    assert report.error.next_step == "Run `fleetfeed migrate`."
    assert bench.waiting() == ["export001.csv"]


def test_migrate_waits_for_a_reader_and_tries_again(own: Bench, url: str) -> None:
    own.loaded([ticket("T1")])
    with connect(url, "reader") as reader, ThreadPoolExecutor(1) as pool:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM tickets.inc")
            future = pool.submit(_migrate_elsewhere, url, _with(Text("priority")))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'"
            )
            while not own.db.one(waiting) and not future.done():
                pass
        assert next(step.what for step in future.result(60)) == 'add column priority to tickets."inc"'


def _migrate_elsewhere(url: str, feed: Feed) -> list[Any]:
    with connect(url, "migrate") as db:
        return list(migrate(db, MIGRATIONS, [feed]))
