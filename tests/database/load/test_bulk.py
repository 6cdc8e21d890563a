"""A large first load writes rows first and builds indexes afterwards; the result is that of any other load."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import psycopg
import pytest

from fleetfeed import Changes
from fleetfeed.database import connect
from fleetfeed.database.schema.current import check
from fleetfeed.errors import DatabaseError
from fleetfeed.stages import upsert
from tests.kit import FEED, MIGRATIONS, Bench, ticket
from tests.pipeline.test_transactions import BackendEnded, BadSqlAfter, FailingAfter

_INDEXES = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'tickets.inc'::regclass ORDER BY 1"
_OIDS = "SELECT indexrelid FROM pg_index WHERE indrelid = 'tickets.inc'::regclass AND NOT indisunique ORDER BY 1"
_TRIGGER = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'resolve_place' AND tgrelid = 'tickets.inc'::regclass"
_LOADED = "to_jsonb(t) - 'ingested_at' - 'run_id' AS row"
_CLUSTER = """
INSERT INTO tickets.geo_clusters (cluster, status, geom)
VALUES ('QOA', 'manual', public.st_setsrid(public.st_makepoint(36.7, -1.3), 4326))
"""
TICKETS = [
    ticket("T1", mttr="536.0", latitude="-1.29", longitude="36.82"),
    ticket("T2", normalized_status="closed", closed_at="2026-11-19 08:00", mttr="many"),
    ticket("T3", normalized_status="", first_seen_at="2026-02-30 08:00"),
    ticket('T4 "\\" x', cluster="QOA", location_name="O'Hara\\nough [OLT-1]"),
    ticket("T5", location_name='"latitude":"-1.29"'),
]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count two tickets as a large block."""
    monkeypatch.setattr(upsert, "BLOCK", 2)


def loaded(bench: Bench, *, in_bulk: bool) -> tuple[object, ...]:
    """Load the tickets; return all that may differ between two ways of loading."""
    before, oids = bench.db.all(_INDEXES), bench.db.all(_OIDS)
    report = bench.loaded(TICKETS)
    assert bench.db.all(_INDEXES) == before
    assert (bench.db.all(_OIDS) != oids) is in_bulk, "indexes that are built again are others"
    assert bench.db.one(_TRIGGER) == "O"
    assert bench.db.one("SELECT count(*) FROM tickets.bulk_loads") == 0
    check(bench.db, MIGRATIONS, FEED)
    log = bench.rows("ticket_id, kind, changed, observed_at", "tickets.ticket_changes", "ticket_id")
    return (
        report.rows,
        report.changes + Changes(),
        report.known_statuses,
        log,
        bench.rows(_LOADED, "tickets.inc AS t", "ticket_id"),
    )


@pytest.mark.parametrize("places", [(), (_CLUSTER,)])
def test_a_bulk_load_gives_what_an_ordinary_one_gives(
    bench: Bench,
    tmp_path: Path,
    new_database: Callable[[str | None], str],
    migrated: str,
    monkeypatch: pytest.MonkeyPatch,
    places: tuple[str, ...],
) -> None:
    with connect(new_database(migrated), "test") as db:
        for where, sql in product((bench.db, db), places):
            where.execute(sql)
        ordinary = loaded(bench, in_bulk=False)
        monkeypatch.setattr(upsert, "BLOCK", 2)
        assert loaded(Bench(db, tmp_path / "bulk"), in_bulk=True) == ordinary
    sources = dict(bench.db.all("SELECT ticket_id, geo_source FROM tickets.inc"))
    assert (sources["T1"], sources[TICKETS[3]["ticket_id"]]) == ("feed", "cluster" if places else None)


@pytest.mark.usefixtures("small_blocks")
def test_a_login_that_loads_may_load_in_bulk(bench: Bench) -> None:
    bench.db.execute("SET ROLE fleetfeed_loader")
    assert bench.db.one("SELECT has_table_privilege('tickets.bulk_loads', 'INSERT, UPDATE')") is False
    oids = bench.db.all(_OIDS)
    assert bench.loaded(TICKETS).rows.inserted == len(TICKETS)
    assert (bench.db.all(_OIDS) != oids, len(bench.db.all(_OIDS))) == (True, len(oids))


@pytest.mark.usefixtures("small_blocks")
def test_a_bulk_load_that_is_begun_and_not_ended_is_rolled_back(bench: Bench) -> None:
    oids = bench.db.all(_OIDS)
    with pytest.raises(DatabaseError, match="was called without"):
        bench.db.execute("SELECT tickets.begin_bulk_load('inc')")
    assert (bench.db.all(_OIDS), bench.db.one(_TRIGGER)) == (oids, "O")


@pytest.mark.usefixtures("small_blocks")
def test_a_feed_that_was_loaded_and_emptied_is_not_locked_again(bench: Bench) -> None:
    bench.loaded(TICKETS)
    bench.db.execute("TRUNCATE tickets.inc")
    oids = bench.db.all(_OIDS)
    assert bench.loaded([ticket("T1"), ticket("T2")]).rows.inserted == 2
    assert bench.db.all(_OIDS) == oids


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("index", "special"),
    [
        ("inc_open", "COMMENT ON INDEX tickets.inc_open IS 'ours'"),
        ("inc_geog", "ALTER TABLE tickets.inc CLUSTER ON inc_geog"),
    ],
)
def test_an_index_that_is_more_than_its_definition_stays(bench: Bench, index: str, special: str) -> None:
    bench.db.execute(special)
    oid = f"SELECT 'tickets.{index}'::regclass::oid"
    before = bench.db.one(oid)
    assert bench.loaded(TICKETS).rows.inserted == len(TICKETS)
    assert bench.db.one(oid) == before


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("failing", [FailingAfter, BadSqlAfter, BackendEnded])
def test_a_bulk_load_that_fails_leaves_table_and_indexes(bench: Bench, url: str, failing: type) -> None:
    indexes = bench.db.all(_INDEXES)
    bench.put(TICKETS)
    assert bench.run(plugins=[failing()]).error
    with connect(url, "test") as db:
        assert db.all(_INDEXES) == indexes
        assert (db.one(_TRIGGER), db.one("SELECT count(*) FROM tickets.inc")) == ("O", 0)


@pytest.mark.usefixtures("small_blocks")
def test_a_table_that_is_being_read_is_loaded_with_its_indexes(bench: Bench, url: str) -> None:
    with psycopg.connect(url) as reader:
        reader.execute("SELECT FROM tickets.inc")  # the open transaction keeps its lock
        assert bench.loaded(TICKETS).rows.inserted == len(TICKETS)
        assert reader.execute("SELECT count(*) FROM tickets.inc").fetchone() == (len(TICKETS),)


@pytest.mark.usefixtures("small_blocks")
def test_a_dry_run_and_a_table_with_rows_keep_their_indexes(bench: Bench) -> None:
    bench.put(TICKETS)
    versions = "SELECT oid FROM pg_class WHERE relname LIKE 'inc\\_%' ORDER BY 1"
    before = bench.db.all(versions)
    assert bench.run(apply=False).rows.inserted == len(TICKETS)
    assert bench.db.all(versions) == before
    bench.db.execute("INSERT INTO tickets.inc (ticket_id, raw) VALUES ('T0', '{}')")
    assert bench.run().rows.inserted == len(TICKETS)
    assert bench.db.all(versions) == before


def test_an_index_of_the_site_comes_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.db.execute("CREATE INDEX of_the_site ON tickets.inc (lower(owner)) WHERE owner IS NOT NULL")
    indexes = bench.db.all(_INDEXES)
    monkeypatch.setattr(upsert, "BLOCK", 2)
    bench.loaded(TICKETS)
    assert bench.db.all(_INDEXES) == indexes
