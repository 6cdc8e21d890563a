"""Adoption keeps every row, and makes it one of the contract."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.tables import columns
from fleetfeed.text.parse import location_key
from tests.database.adoption.kit import picture, reported, rows
from tests.kit import FEED, MIGRATIONS, Bench, export

_TICKETS = "SELECT ticket_id, raw, ingested_at, geom::text, geo_source, {} FROM tickets.inc ORDER BY 1"
COUNTED = ("created_count", "closed_count")
_TYPED = ", ".join(column.name for column in FEED.columns if column.typed)


def test_every_ticket_keeps_its_raw_its_time_its_values_and_its_place(
    old_to_read: Database, adopted_to_read: Database
) -> None:
    before = rows(old_to_read, _TICKETS.format(_TYPED))

    assert len(before) == 1000
    assert rows(adopted_to_read, _TICKETS.format(_TYPED)) == before
    assert {row["geo_source"] for row in before} == {"cluster", "location", None}


def test_the_table_is_as_if_it_had_been_made_new(adopted_to_read: Database, url: str) -> None:
    check(adopted_to_read, MIGRATIONS, FEED)
    layout = (
        "SELECT attname, attnum, format_type(atttypid, atttypmod), attnotnull, attgenerated::text FROM pg_attribute "
        "WHERE attrelid = 'tickets.inc'::regclass AND attnum > 0 ORDER BY attnum"
    )
    with connect(url, "fresh") as fresh:
        assert adopted_to_read.all(layout) == fresh.all(layout)
        objects = (
            "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'tickets'::regnamespace "
            "AND relname NOT LIKE 'crq%' AND relname NOT LIKE 'as_built%' AND relname <> 'inc_of_a_team' ORDER BY 1"
        )
        assert adopted_to_read.all(objects) == fresh.all(objects)
    (one,) = rows(adopted_to_read, "SELECT * FROM tickets.inc LIMIT 1")
    assert [column.name for column in columns(FEED, "public")] == [*one]


def test_closures_are_kept_and_one_of_two_that_say_the_same_is_kept_aside(
    old_to_read: Database, adopted_to_read: Database
) -> None:
    before = rows(old_to_read, "SELECT * FROM tickets.closure_events ORDER BY id")
    after = rows(adopted_to_read, "SELECT * FROM tickets.closure_events ORDER BY event_id")

    again = before.pop()  # INC3, closed at an unknown time, seen a day later
    assert len(after) == len(before) == 334
    assert [
        {"id": row["event_id"], **{name: row[name] for name in before[0] if name != "id"}} for row in after
    ] == before
    assert {row["feed"] for row in after} == {"inc"}
    assert rows(adopted_to_read, "SELECT * FROM tickets.as_built_closure_events") == [again]
    insert = "INSERT INTO tickets.closure_events (feed, ticket_id, observed_at) VALUES ('inc', 'NEW', now())"
    with adopted_to_read.transaction(keep=False):
        assert adopted_to_read.one(f"{insert} RETURNING event_id") > after[-1]["event_id"]


def test_snapshots_are_kept_and_what_counted_something_else_is_kept_aside(
    old_to_read: Database, adopted_to_read: Database
) -> None:
    before = rows(old_to_read, "SELECT * FROM tickets.inc_daily_snapshot ORDER BY 1, 2")
    after = rows(adopted_to_read, "SELECT * FROM tickets.inc_daily_snapshot ORDER BY 1, 2")

    names = {"open_count": "open_total", "actionable_count": "open_actionable"}
    kept = [{name: row[names.get(name, name)] for name in before[0] if name not in COUNTED} for row in after]
    was = [{name: row[name] for name in before[0] if name not in COUNTED} for row in before]
    today = before[-1]["snapshot_date"]  # it is captured once more: adoption ends as every run does
    assert len(kept) == 33
    assert [row for row in kept if row["snapshot_date"] < today] == [row for row in was if row["snapshot_date"] < today]
    assert [row["open_count"] for row in kept] == [row["open_count"] for row in was]
    aside = rows(adopted_to_read, "SELECT * FROM tickets.as_built_inc_daily_snapshot ORDER BY 1, 2")
    assert aside == [row for row in before if row["created_count"]]
    assert {row["snapshot_date"] for row in aside} == {date(2026, 11, 18)}


def test_the_gazetteers_are_kept_under_the_keys_that_tickets_will_ask_for(
    adopted_to_read: Database, old_to_read: Database
) -> None:
    new = {row["cluster"]: row for row in rows(adopted_to_read, "SELECT * FROM tickets.geo_clusters")}
    times = dict(old_to_read.all("SELECT cluster, geocoded_at FROM tickets.geo_clusters"))
    assert {name: row["status"] for name, row in new.items()} == {
        "Kilimani": "ok",
        "QOA": "ok",
        "Atlantis": "not_found",
    }
    assert {name: row["fetched_at"] for name, row in new.items()} == times
    assert (new["QOA"]["latitude"], new["QOA"]["longitude"], new["QOA"]["display_name"]) == (
        -1.2702,
        36.7741,
        "Quarry Road",
    )

    written = old_to_read.all("SELECT location_name, lat, query FROM tickets.geo_locations")
    found = rows(adopted_to_read, "SELECT location_key, latitude, query FROM tickets.geo_locations")
    assert sorted((row["location_key"], row["latitude"], row["query"]) for row in found) == sorted(
        (location_key(name), latitude, query) for name, latitude, query in written
    )
    assert all("  " not in row["location_key"] and "\u200b" not in row["location_key"] for row in found)


def test_what_was_known_of_the_last_load_is_kept(adopted_to_read: Database) -> None:
    (row,) = rows(adopted_to_read, "SELECT * FROM tickets.import_meta")
    assert row == {
        "feed": "inc",
        "metadata": {"source_etag": "5f3c0d1b", "source_key": "automations/inc/export001.csv", "rows": 1000},
        "updated_at": datetime(2026, 11, 20, 5, tzinfo=UTC),
    }


def test_the_second_time_there_is_nothing_to_do(adopted_to_read: Database) -> None:
    before = picture(adopted_to_read)
    assert reported(adopted_to_read) == []
    assert picture(adopted_to_read) == before


def test_the_first_load_after_adoption_writes_only_digests(adopted: Bench) -> None:
    raws = [row["raw"] for row in adopted.rows("ticket_id, raw")]
    path = adopted.put(export(raws, list(dict.fromkeys(name for raw in raws for name in raw))))
    (etag,) = (stored.etag for stored in FolderBucket(adopted.inbox).exports())
    adopted.db.execute(
        "UPDATE tickets.import_meta SET metadata = metadata || jsonb_build_object('source_etag', %s::text)", [etag]
    )
    before = adopted.rows("ticket_id, raw, ingested_at, run_id, geom::text, absent_since")
    events = adopted.rows(table="tickets.closure_events")
    report = adopted.run()

    assert (report.error, report.outcome) == (None, "loaded")
    assert (report.rows.read, report.rows.unchanged, report.rows.inserted, report.rows.updated) == (1000, 1000, 0, 0)
    assert adopted.rows("ticket_id, raw, ingested_at, run_id, geom::text, absent_since") == before
    assert adopted.rows(table="tickets.ticket_changes") == []
    assert adopted.rows(table="tickets.closure_events") == events
    assert adopted.db.one("SELECT count(*) FROM tickets.inc WHERE source_digest IS NULL") == 0
    assert not path.exists()

    written = adopted.versions()
    adopted.put(export(raws, sorted({name for raw in raws for name in raw})))
    assert adopted.run().rows.unchanged == 1000
    assert adopted.versions() == written
