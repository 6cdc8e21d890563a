"""Who may do what: for each role what must work, and what must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.rights import GROUPS
from tests.database.schema.derived.acting import acting, refused
from tests.database.schema.derived.kit import capture, dashboard, done, keys, on_map, put
from tests.kit import FEED, MIGRATIONS, Bench, ticket

_OWNERS = """
SELECT oid::regclass::text, pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace IN ('tickets'::regnamespace, 'reporting'::regnamespace)
UNION ALL SELECT oid::regprocedure::text, pg_get_userbyid(proowner) FROM pg_proc
WHERE pronamespace IN ('tickets'::regnamespace, 'reporting'::regnamespace)
UNION ALL SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname IN ('tickets', 'reporting')
"""


_FUNCTIONS = """
SELECT p.oid::regprocedure::text, prosecdef, coalesce(array_to_string(proconfig, ' '), ''),
    has_function_privilege('fleetfeed_reader', p.oid, 'EXECUTE'),
    EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a WHERE a.grantee = 0)
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = %s
"""


def test_the_owner_owns_everything_and_cannot_log_in(db: Database) -> None:
    owners = dict(db.all(_OWNERS))

    assert len(owners) > 40
    assert set(owners.values()) == {"fleetfeed_owner"}
    for role in GROUPS:
        assert db.all("SELECT rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s", [role]) == [
            (False, False, False)
        ]


def test_no_function_is_public_and_definers_have_a_fixed_path(db: Database) -> None:
    reading, inner = db.all(_FUNCTIONS, ["reporting"]), db.all(_FUNCTIONS, ["tickets"])

    assert {name for name, *_, everybody in [*reading, *inner] if everybody} == set()
    assert sorted(name.split("(")[0] for name, *_ in reading) == [
        "reporting.fn_concerns",
        "reporting.fn_freshness",
        "reporting.fn_inc_bursts",
        "reporting.fn_inc_dashboard",
        "reporting.fn_inc_dispatch",
        "reporting.fn_inc_nearest",
        "reporting.fn_inc_nearest_units",
        "reporting.fn_inc_teams",
        "reporting.fn_inc_ticket",
        "reporting.fn_loads",
        "reporting.fn_tickets_for_map",
        "reporting.fn_tickets_for_map_at",
        "reporting.fn_unit_place",
        "reporting.fn_units",
    ]
    assert all(definer and "search_path=pg_catalog, pg_temp" in path for _, definer, path, *_ in reading)
    assert all(may for *_, may, _ in reading)
    assert not any(may for *_, may, _ in inner)
    definers = {name: path for name, definer, path, *_ in inner if definer}
    assert sorted(definers) == [
        "tickets.begin_bulk_load(text)",
        "tickets.check_bulk_load()",
        "tickets.end_bulk_load(text)",
        "tickets.end_hold(bigint,text)",
        "tickets.hold_dispatch(text,text,text,text,timestamp with time zone,text,text)",
        "tickets.holds(text)",
        "tickets.save_plan(text,json)",
        "tickets.take_positions(jsonb,text)",
    ]
    assert all("search_path=pg_catalog, pg_temp" in path for path in definers.values())


def test_a_reader_reads_functions_and_views_and_no_table(own: Database, reader: str) -> None:
    put(own, [ticket("T1", latitude="-1.2", longitude="36.8"), done("T2")])
    for role in ("fleetfeed_reader", reader):
        with acting(own, role):
            assert keys(dashboard(own)["open"]) == ["T1"]
            assert sorted(keys(on_map(own))) == ["T1", "T2"]
            assert own.all("SELECT ticket_id, sla_state FROM tickets.inc_open_sla") == [("T1", "unknown")]


TABLES = [
    "inc",
    "import_meta",
    "import_runs",
    "closure_events",
    "closure_teams",
    "inc_daily_snapshot",
    "ticket_changes",
    "rejects",
]


@pytest.mark.parametrize(
    "sql",
    [
        *(f"SELECT FROM tickets.{name}" for name in TABLES),
        "SELECT tickets.capture_history()",
        "SELECT tickets.inc_capture_history(now())",
        "SELECT tickets.inc_map(NULL, NULL, 1)",
        "SELECT tickets.freshness('inc', now())",
        "SELECT tickets.eat_ts('2026-11-20 10:00')",
        "INSERT INTO tickets.inc (ticket_id, raw) VALUES ('T9', '{}')",
        "CREATE TABLE tickets.mine ()",
        "CREATE FUNCTION reporting.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_a_reader_is_refused_everything_else(db: Database, sql: str) -> None:
    assert refused(db, "fleetfeed_reader", sql)


def test_nobody_else_reads_anything(own: Database) -> None:
    own.execute("DROP ROLE IF EXISTS fleetfeed_stranger; CREATE ROLE fleetfeed_stranger")
    own.execute("GRANT USAGE ON SCHEMA tickets, reporting TO fleetfeed_stranger")
    tried = [
        "SELECT reporting.fn_inc_dashboard()",
        "SELECT reporting.fn_tickets_for_map()",
        "SELECT FROM tickets.inc_open_sla",
        "SELECT tickets.capture_history()",
        "SELECT tickets.local_ts('2026-11-20 10:00')",
    ]
    try:
        assert [refused(own, "fleetfeed_stranger", sql) for sql in tried] == [True] * len(tried)
    finally:
        own.execute("DROP OWNED BY fleetfeed_stranger; DROP ROLE fleetfeed_stranger")


def test_a_loader_sees_whether_the_database_is_as_declared(db: Database) -> None:
    with acting(db, "fleetfeed_loader"):
        check(db, MIGRATIONS, FEED)
    assert refused(db, "fleetfeed_loader", "SELECT reporting.fn_tickets_for_map()")


def test_a_loader_runs_feeds_and_captures(url: str, bench: Bench, tmp_path: Path) -> None:
    with connect(url, "loader") as db:
        db.execute("SET ROLE fleetfeed_loader")
        loader = Bench(db, tmp_path / "loader")
        assert loader.loaded([ticket("T1"), ticket("T2")]).warnings == []
        assert loader.loaded([done("T1"), ticket("T2", owner="Amina"), ticket("T3")]).warnings == []
        loader.put([ticket("T4")])
        assert loader.run(apply=False).error is None
        capture(db)

    assert bench.outcomes() == ["loaded", "loaded"]
    assert bench.rows("ticket_id", "tickets.closure_events") == [{"ticket_id": "T1"}]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM tickets.inc",
        "TRUNCATE tickets.closure_events",
        "DROP TABLE tickets.inc",
        "ALTER TABLE tickets.inc ADD COLUMN mine int",
        "CREATE TABLE tickets.mine ()",
        "CREATE INDEX mine ON tickets.inc (owner)",
        "ALTER FUNCTION tickets.eat_ts(text) RENAME TO mine",
        "CREATE TRIGGER mine BEFORE INSERT ON tickets.inc FOR EACH ROW EXECUTE FUNCTION tickets.resolve_place()",
        "SELECT reporting.fn_inc_dashboard()",
        "CREATE TABLE reporting.mine ()",
    ],
)
def test_a_loader_is_refused_what_changes_or_empties_tables(db: Database, sql: str) -> None:
    assert refused(db, "fleetfeed_loader", sql)


def test_the_loader_may_insert_by_hand(db: Database) -> None:
    with acting(db, "fleetfeed_loader"):
        put(db, [done("T1", mttr="536.0", latitude="-1.2", longitude="36.8")])

    assert db.all("SELECT mttr, geo_source FROM tickets.inc") == [(536, "feed")]


def test_a_dispatcher_writes_positions_by_one_function_and_does_no_more(db: Database) -> None:
    db.execute("INSERT INTO tickets.units (unit) VALUES ('van-1')")
    fix = '[{"unit": "van-1", "latitude": -1.2, "longitude": 36.8, "at": "2026-11-30T08:00:00+03:00"}]'
    assert not refused(db, "fleetfeed_dispatcher", f"SELECT tickets.take_positions('{fix}', 'test')")
    for sql in (
        "SELECT FROM tickets.units",
        "SELECT FROM tickets.unit_places",
        "SELECT FROM tickets.unit_positions",
        "DELETE FROM tickets.unit_positions",
        "INSERT INTO tickets.dispatch_holds (unit, kind, until, by, why) VALUES ('van-1', 'off', 'infinity', '', '')",
        "SELECT FROM tickets.inc",
        "SELECT reporting.fn_units()",
        "SELECT tickets.begin_bulk_load('inc')",
    ):
        assert refused(db, "fleetfeed_dispatcher", sql), sql
    assert not refused(db, "fleetfeed_reader", "SELECT reporting.fn_units()")
    assert refused(db, "fleetfeed_reader", f"SELECT tickets.take_positions('{fix}', 'test')")
