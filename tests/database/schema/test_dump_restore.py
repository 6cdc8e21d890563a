"""`pg_dump` → `pg_restore` into an empty database keeps every row, object and privilege, and all goes on working."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import FeedTerms, Terms
from fleetfeed.database.schema.teams import TeamTerms
from tests.kit import FEED, MIGRATIONS, Bench, export, line, ticket

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'tickets' ORDER BY 1"
_SCHEMAS = "IN (SELECT oid FROM pg_namespace WHERE nspname IN ('tickets', 'reporting'))"
_OBJECTS = {
    "relations": "SELECT oid::regclass::text, relkind::text, reloptions, pg_get_userbyid(relowner), relacl::text[] "
    f"FROM pg_class WHERE relnamespace {_SCHEMAS} ORDER BY 1",
    "columns": "SELECT attrelid::regclass::text, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname, "
    "format_type(atttypid, atttypmod), attnotnull, attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid) "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
    "LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum) "
    f"WHERE relnamespace {_SCHEMAS} AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2",
    "sequences": "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'tickets' ORDER BY 1",
    "indexes": f"SELECT pg_get_indexdef(oid) FROM pg_class WHERE relkind = 'i' AND relnamespace {_SCHEMAS} ORDER BY 1",
    "constraints": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
    f"WHERE connamespace {_SCHEMAS} ORDER BY 1, 2",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname IN ('tickets', 'reporting') ORDER BY 1",
    "functions": "SELECT CASE prokind WHEN 'f' THEN pg_get_functiondef(oid) ELSE oid::regprocedure::text END, "
    "pg_get_userbyid(proowner), proacl::text[] FROM pg_proc "
    f"WHERE pronamespace {_SCHEMAS} ORDER BY 1",
    "triggers": "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
    f"WHERE NOT tgisinternal AND relnamespace {_SCHEMAS} ORDER BY 1",
    "schemas": "SELECT nspname, pg_get_userbyid(nspowner), nspacl::text[] FROM pg_namespace "
    "WHERE nspname IN ('tickets', 'reporting') ORDER BY 1",
}
# Rows that no run writes by itself yet, and a table that adoption leaves.
_BY_HAND = """
INSERT INTO tickets.geo_clusters (cluster, geom, status, provider, fetched_at, note)
    VALUES ('Kilimani', public.ST_SetSRID(public.ST_MakePoint(36.78, -1.29), 4326), 'manual', 'us', now(), 'by hand');
INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, precision)
    VALUES ('Kilimani', 'Moi Avenue', public.ST_SetSRID(public.ST_MakePoint(36.79, -1.28), 4326), 'ok', 'street');
CREATE TABLE tickets.as_built_inc (ticket_id text, priority text);
INSERT INTO tickets.as_built_inc VALUES ('T1', 'P1');
INSERT INTO tickets.geo_budgets (provider, day) VALUES ('us', current_date);
INSERT INTO tickets.units (unit, home_latitude, home_longitude) VALUES ('van-1', -1.3, 36.8);
INSERT INTO tickets.unit_positions (unit, latitude, longitude, at, source) VALUES ('van-1', -1.2, 36.7, now(), 'gps');
INSERT INTO tickets.dispatch_holds (unit, kind, until, by, why) VALUES ('van-1', 'off', now() + '1 h', 'A', 'ill');
INSERT INTO tickets.dispatch_plans (feed, plan) VALUES ('inc', '{}');
INSERT INTO tickets.alarms VALUES ('inc', 'run', 'failed', now());
DO $$ BEGIN CREATE ROLE reads_dumps NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
"""
_TEAMS = TeamTerms(("NOC",), aliases={"field a": "Field A"}, by_owner={"Amina": "Field A"})
_TERMS = Terms({"inc": FeedTerms({"default": 2880}, timezone="Africa/Nairobi")}, ("reads_dumps",), _TEAMS)


@pytest.fixture
def filled(url: str, tmp_path: Path) -> Bench:
    """Fill every table there is: places, changes, absences, closures, snapshots, rejects, a refused export."""
    with connect(url, "fill") as db:
        db.execute(_BY_HAND)
        migrate(db, MIGRATIONS, [FEED], terms=_TERMS)
        bench = Bench(db, tmp_path)
        bench.loaded(
            export(
                [
                    ticket("T1", latitude="-1.2", longitude="36.8"),
                    ticket("T2", mttr="abc", location_name="Moi Avenue"),
                    ticket("T3", owner="A\tB\\N 'C' \"D\" \u200b😀"),
                    ticket("T4", normalized_status="closed", closed_at="2026-11-18 09:00:00", mttr="90"),
                ]
            )
            + line("T5")
        )
        bench.loaded(
            [ticket("T1", owner="Amina", normalized_status="closed", closed_at="2026-11-19 10:00"), ticket("T2")]
        )
        bench.put(b"not,an,export\r\n1,2,3\r\n")
        assert bench.run().outcome == "refused"
        (bench.inbox / "export003.csv").unlink()
        bench.loaded([ticket("T1"), ticket("T2"), ticket("T6")])
        db.execute("INSERT INTO tickets.reject_headers (feed, digest, header) VALUES ('inc', 'x', 'a,b')")
        empty = [name for (name,) in db.all(_TABLES) if not db.one(f"SELECT count(*) FROM tickets.{name}")]
        assert empty == ["bulk_loads"]  # filled only within a transaction
    return bench


def test_a_restored_database_is_equal_and_goes_on(filled: Bench, url: str, empty_url: str, tmp_path: Path) -> None:
    with connect(url, "source") as source, connect(empty_url, "restored") as restored:
        _copy(source, url, empty_url, tmp_path)
        tables = [name for (name,) in source.all(_TABLES)]
        for name in tables:
            rows = f"SELECT to_jsonb(t)::text FROM tickets.{name} AS t ORDER BY 1"
            assert restored.all(rows) == source.all(rows), name
        for name, sql in _OBJECTS.items():
            assert restored.all(sql) == source.all(sql), name

        check(restored, MIGRATIONS, FEED)
        assert migrate(restored, MIGRATIONS, [FEED], terms=_TERMS, dry=True) == []
        assert migrate(restored, MIGRATIONS, [FEED], terms=_TERMS) == []
        read = (
            "SELECT reporting.fn_tickets_for_map() -> 'summary' ->> 'by_status', "
            "json_array_length(reporting.fn_inc_dashboard() -> 'open' -> 'features')"
        )
        restored.execute("SET ROLE reads_dumps")
        assert restored.all("SELECT ticket_id FROM tickets.inc_open_sla ORDER BY 1") == [("T1",), ("T2",), ("T6",)]
        assert restored.all(read) == source.all(read) == [('{ "open" : 4, "closed" : 1 }', 3)]
        restored.execute("RESET ROLE")
        filled.db = restored
        filled.put([ticket("T1"), ticket("T2"), ticket("T6")])
        assert filled.run().outcome == "unchanged"
        report = filled.loaded(
            [ticket("T1", owner="Brian"), ticket("T2"), ticket("T6"), ticket("T7", location_name="Moi Avenue")]
        )
        assert (report.rows.inserted, report.rows.updated, report.rows.unchanged) == (1, 1, 2)
        assert filled.one("T7", "geo_source, geo_precision") == {"geo_source": "location", "geo_precision": "street"}


def test_restored_without_roles_it_gets_them_and_their_rights_from_migrate(
    filled: Bench, url: str, empty_url: str, tmp_path: Path
) -> None:
    rights = (
        "SELECT name, pg_get_userbyid(owner), ARRAY(SELECT unnest(acl)::text ORDER BY 1) FROM ("
        "SELECT oid::regclass::text, relowner, relacl FROM pg_class "
        f"WHERE relkind IN ('r', 'v') AND relnamespace {_SCHEMAS} "
        f"UNION ALL SELECT oid::regprocedure::text, proowner, proacl FROM pg_proc WHERE pronamespace {_SCHEMAS} "
        "UNION ALL SELECT nspname, nspowner, nspacl FROM pg_namespace WHERE nspname IN ('tickets', 'reporting')"
        ") AS object (name, owner, acl) ORDER BY 1"
    )
    with connect(url, "source") as source, connect(empty_url, "restored") as restored:
        _copy(source, url, empty_url, tmp_path, "--no-owner", "--no-privileges")
        assert restored.all(rights) != source.all(rights)
        assert migrate(restored, MIGRATIONS, [FEED], terms=_TERMS)
        assert restored.all(rights) == source.all(rights)
        assert restored.all("SELECT raw FROM tickets.inc ORDER BY 1") == source.all(
            "SELECT raw FROM tickets.inc ORDER BY 1"
        )


def _copy(source: Database, url: str, empty_url: str, folder: Path, *options: str) -> None:
    """Dump and restore with the server's own programs; any complaint of theirs is an error."""
    programs = source.one("SELECT setting FROM pg_config() WHERE name = 'BINDIR'")
    file = folder / "dump"
    for command in (
        [f"{programs}/pg_dump", "--format=custom", "--file", str(file), "--dbname", url],
        [
            f"{programs}/pg_restore",
            "--exit-on-error",
            "--single-transaction",
            *options,
            "--dbname",
            empty_url,
            str(file),
        ],
    ):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stderr == ""
