"""No two databases need be alike: adoption goes by what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.migrate import migrate
from tests.database.adoption.kit import reported, rows
from tests.kit import FEED, MIGRATIONS, Bench, export, ticket

_DROPPED = {
    "history": "DROP FUNCTION tickets.capture_history; DROP TABLE tickets.closure_events, tickets.inc_daily_snapshot",
    "everything but the tickets": "DROP SCHEMA reporting CASCADE; DROP FUNCTION tickets.capture_history; "
    "DROP TRIGGER inc_resolve_geom ON tickets.inc; DROP TABLE tickets.crq; DROP FUNCTION tickets.resolve_geom; "
    "DROP VIEW tickets.inc_open_sla; DROP TABLE tickets.closure_events, tickets.inc_daily_snapshot, "
    "tickets.import_meta, tickets.geo_clusters, tickets.geo_locations, public.schema_migrations",
    "all tables": "DROP TABLE tickets.inc, tickets.crq, tickets.closure_events, tickets.inc_daily_snapshot, "
    "tickets.import_meta, tickets.geo_clusters, tickets.geo_locations CASCADE",
}


@pytest.mark.parametrize("sql", _DROPPED.values(), ids=_DROPPED.keys())
def test_what_is_there_is_adopted_and_what_is_missing_is_made(old: Database, sql: str, tmp_path: Path) -> None:
    old.execute(sql)
    before = {
        name: old.one(f"SELECT count(*) FROM {name}")
        for name in ("tickets.inc", "tickets.closure_events", "tickets.geo_locations")
        if old.one("SELECT to_regclass(%s) IS NOT NULL", [name])
    }
    assert len(reported(old, dry=True)) > 1
    reported(old)

    check(old, MIGRATIONS, FEED)
    assert reported(old) == []
    after = {name: old.one(f"SELECT count(*) FROM {name}") for name in before}
    assert after == {name: number - (name == "tickets.closure_events") for name, number in before.items()}
    assert Bench(old, tmp_path).loaded([ticket("T1")]).rows.inserted == 1


_ODD = """
-- columns and indexes that a site added
ALTER TABLE tickets.inc ADD priority text, ADD loaded_by text DEFAULT NULL;
UPDATE tickets.inc SET priority = 'P1' WHERE ticket_id = 'INC7';
CREATE UNIQUE INDEX once ON tickets.closure_events (ticket_id, closed_at);
CREATE INDEX by_bucket ON tickets.inc (lower(bucket)) WHERE priority IS NULL;
CREATE INDEX inc_closed ON tickets.inc (sla_status);
CREATE INDEX by_name ON tickets.geo_clusters (lower(display_name));
-- times that only the earlier program took for such
UPDATE tickets.inc SET raw = raw || '{"closed_at": "2026-11-12"}' WHERE ticket_id = 'INC3';
-- another spelling of a location, and one that spells nothing
INSERT INTO tickets.geo_locations (cluster, location_name)
    VALUES ('Kilimani', 'Moi  Avenue 2, Kilimani'), ('Kilimani', E'\\u200b');
-- places set by hand, where the gazetteers know another one, and none
ALTER TABLE tickets.inc DISABLE TRIGGER USER;
UPDATE tickets.inc SET geo_source = 'by hand', geom = public.st_setsrid(public.st_makepoint(36.9, -1.3), 4326)
    WHERE ticket_id IN ('INC1', 'INC999');
-- a cluster without a geom, and an ETag as S3 returns it
UPDATE tickets.geo_clusters SET geom = NULL;
UPDATE tickets.import_meta SET metadata = '{"source_etag": "\\"5f3c\\""}';
"""
_PLACES = "SELECT ticket_id, geom, geo_source FROM tickets.{} WHERE ticket_id IN ('INC1', 'INC999') ORDER BY 1"


@dataclass(frozen=True)
class Odd:
    """Hold an adopted database that was odd before, what was reported of it, and a few things as they were."""

    db: Database
    reported: list[str]
    raws: list[Any]
    places: list[Any]


@pytest.fixture(scope="module")
def odd(new_database: Callable[[str | None], str], as_built: str) -> Iterator[Odd]:
    """Adopt a database that differs from the others in many ways."""
    with connect(new_database(as_built), "odd") as db:
        db.execute(_ODD)
        raws = db.all("SELECT ticket_id, raw FROM tickets.inc ORDER BY 1")
        places = db.all(_PLACES.format("inc"))
        yield Odd(db, reported(db), raws, places)


def test_points_and_etags_take_the_form_of_the_contract(odd: Odd) -> None:
    places = rows(odd.db, "SELECT cluster, latitude, longitude, status FROM tickets.geo_clusters ORDER BY 1 DESC")
    assert places[0] == {"cluster": "QOA", "latitude": -1.2702, "longitude": 36.7741, "status": "ok"}
    assert [row["status"] for row in places] == ["ok", "ok", "not_found"]
    assert odd.db.all("SELECT feed, metadata FROM tickets.import_meta") == [("inc", {"source_etag": "5f3c"})]
    check(odd.db, MIGRATIONS, FEED)


def test_what_has_no_column_any_more_is_kept_aside_and_reported(odd: Odd) -> None:
    assert odd.db.all("SELECT ticket_id, priority FROM tickets.as_built_inc WHERE priority IS NOT NULL") == [
        ("INC7", "P1")
    ]
    assert "copy 1 row of tickets.inc to tickets.as_built_inc: priority has no column any more" in odd.reported
    note = odd.db.one("SELECT obj_description('tickets.as_built_inc'::regclass)")
    assert (
        note
        == "What adoption found in the earlier program's tickets.inc and fleetfeed has no column for. Nothing reads it."
    )


def test_an_index_that_cannot_come_back_is_reported(odd: Odd) -> None:
    gone = "as it is unique, its name is taken, or a column of it is gone: CREATE"
    assert [what.partition(" INDEX")[0] for what in odd.reported if "index" in what] == [
        f"drop index by_bucket on tickets.inc, {gone}",
        f"drop index inc_closed on tickets.inc, {gone}",
        "recreate index inc_of_a_team on tickets.inc",
        f"drop index once on tickets.closure_events, {gone} UNIQUE",
        "recreate index by_name on tickets.geo_clusters",
    ]
    assert odd.db.one("SELECT to_regclass('tickets.by_name') IS NOT NULL")


def test_raw_stays_even_where_its_time_is_no_longer_read(odd: Odd) -> None:
    assert odd.db.one("SELECT closed_at IS NULL FROM tickets.inc WHERE ticket_id = 'INC3'")
    assert odd.db.all("SELECT ticket_id, raw FROM tickets.inc ORDER BY 1") == odd.raws


def test_two_spellings_of_a_location_become_one(odd: Odd) -> None:
    assert any(what.startswith("keep 20 rows of tickets.geo_locations: ") for what in odd.reported)
    kept = "SELECT geom IS NOT NULL FROM tickets.geo_locations WHERE location_key = 'Moi Avenue 2, Kilimani'"
    assert odd.db.all(kept) == [(True,)]
    aside = odd.db.all("SELECT location_name FROM tickets.as_built_geo_locations ORDER BY 1 DESC")
    assert aside == [("\u200b",), ("Moi  Avenue 2, Kilimani",)]


def test_a_place_that_nothing_gives_again_is_kept_aside(odd: Odd) -> None:
    assert (
        "copy 2 rows of tickets.inc to tickets.as_built_inc: the gazetteers have another place, or none" in odd.reported
    )
    assert odd.db.all(_PLACES.format("as_built_inc")) == odd.places
    now = [(ticket_id, source) for ticket_id, _, source in odd.db.all(_PLACES.format("inc"))]
    assert now == [("INC1", "cluster"), ("INC999", None)]


def test_a_place_that_only_tickets_know_stays_on_the_map(old: Database, tmp_path: Path) -> None:
    old.execute("DELETE FROM tickets.geo_locations; DELETE FROM tickets.geo_clusters WHERE cluster = 'QOA'")
    places = "SELECT ticket_id, geom::text, geo_source FROM tickets.inc WHERE ticket_id LIKE 'INC%' ORDER BY 1"
    before = old.all(places)
    reported(old)

    assert old.all(places) == before
    old.execute('UPDATE tickets.inc SET raw = raw || \'{"owner": "Amina"}\'')
    assert old.all(places) == before
    assert old.one("SELECT to_regclass('tickets.as_built_inc') IS NULL")


_LOST = """
ALTER TABLE tickets.inc ADD weeks integer GENERATED ALWAYS AS (length(raw ->> 'mttr')) STORED;
ALTER TABLE tickets.inc ALTER owner DROP EXPRESSION;
UPDATE tickets.inc SET owner = 'Amina' WHERE ticket_id IN ('INC1', 'INC2');
UPDATE tickets.geo_clusters SET lat = 0 WHERE cluster = 'QOA'
"""


def test_whatever_goes_is_reported_with_its_reason(old: Database) -> None:
    old.execute(_LOST)
    steps = reported(old, dry=True)
    for step in (
        "drop column weeks of tickets.inc, which was computed: length((raw ->> 'mttr'::text))",
        "copy 2 rows of tickets.inc to tickets.as_built_inc: owner has no column any more",
        "copy 1 row of tickets.geo_clusters to tickets.as_built_geo_clusters: lat has no column any more",
    ):
        assert step in steps
    assert sum(step.startswith("drop column") for step in steps) == 1
    reported(old)
    check(old, MIGRATIONS, FEED)
    assert old.all("SELECT ticket_id, owner FROM tickets.as_built_inc ORDER BY 1") == [
        ("INC1", "Amina"), ("INC2", "Amina")
    ]  # fmt: skip


def test_adopted_raw_equals_the_exports_so_the_first_load_is_unchanged(old: Database, tmp_path: Path) -> None:
    cells = "SELECT raw FROM tickets.inc ORDER BY ticket_id"
    raws = [raw for (raw,) in old.all(cells)]
    old.execute(
        """
        UPDATE tickets.inc SET raw = raw || '{"owner": null}' WHERE ticket_id < 'INC3';
        UPDATE tickets.inc SET raw = raw || '{"owner": "", "scheduled_at": null}' WHERE ticket_id = 'INC3';
        UPDATE tickets.inc SET raw = raw || '{"mttr": 90, "is_alarm": false}' WHERE ticket_id = 'INC999';
        """
    )
    count = old.one("SELECT count(*) FROM tickets.inc WHERE ticket_id <= 'INC3' OR ticket_id = 'INC999'")
    how = "as in an export: no nulls, no empty texts, and all else as text"
    assert f"respell raw in {count} rows of tickets.inc {how}" in reported(old, dry=True)
    reported(old)

    assert [raw for (raw,) in old.all(cells)] == raws
    assert (
        Bench(old, tmp_path).loaded(export(raws, sorted({name for raw in raws for name in raw}))).rows.unchanged == 1000
    )
    assert old.one("SELECT count(*) FROM tickets.ticket_changes") == 0


@pytest.fixture
def with_crq(old_url: str) -> Iterator[Database]:
    """Give an adopted database whose stub of CRQ holds a ticket."""
    with connect(old_url, "test") as db:
        db.execute("""INSERT INTO tickets.crq (ticket_id, raw) VALUES ('CRQ1', '{"cluster": "QOA", "mttr": "7"}')""")
        migrate(db, MIGRATIONS, [FEED])
        yield db


def test_a_table_of_a_feed_that_is_declared_later_is_adopted_then(with_crq: Database) -> None:
    crq = replace(FEED, name="crq")
    steps = [step.what for step in migrate(with_crq, MIGRATIONS, [FEED, crq])]

    assert steps[0].startswith("keep 1 row of tickets.crq: ticket_id, raw and ingested_at as they are")
    assert not any(step.startswith("leave ") for step in steps)
    found = with_crq.all("SELECT ticket_id, raw, mttr, geo_source FROM tickets.crq")
    assert found == [("CRQ1", {"cluster": "QOA", "mttr": "7"}, 7, "cluster")]
    for feed in (FEED, crq):
        check(with_crq, MIGRATIONS, feed)
    assert migrate(with_crq, MIGRATIONS, [FEED, crq]) == []
