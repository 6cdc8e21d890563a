"""What other people built is named and never broken; what they may is what they may afterwards."""

from __future__ import annotations

import json
import re

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from fleetfeed.errors import DatabaseError
from tests.database.adoption.kit import picture, reported
from tests.kit import FEED, MIGRATIONS

BUILT = {
    "view public.by_team": (
        "CREATE VIEW public.by_team AS SELECT assigned_team, count(*) FROM tickets.inc GROUP BY 1",
        "DROP VIEW public.by_team",
    ),
    "view public.late": (
        "CREATE VIEW public.late AS SELECT * FROM tickets.inc_open_sla WHERE age > '1 day'",
        "DROP VIEW public.late",
    ),
    "materialized view public.later": (
        "CREATE VIEW public.base AS SELECT cluster FROM tickets.closure_events;"
        "CREATE MATERIALIZED VIEW public.later AS SELECT * FROM public.base",
        "DROP VIEW public.base CASCADE",
    ),
    "function reporting.page(": (
        "CREATE FUNCTION reporting.page() RETURNS jsonb BEGIN ATOMIC SELECT reporting.fn_inc_dashboard(); END",
        "DROP FUNCTION reporting.page",
    ),
    "function public.title(": (
        "CREATE FUNCTION public.title(t tickets.inc) RETURNS text LANGUAGE sql AS 'SELECT t.ticket_id'",
        "DROP FUNCTION public.title",
    ),
    "constraint visit_ticket_id_fkey on table public.visit": (
        "CREATE TABLE public.visit (ticket_id text REFERENCES tickets.inc)",
        "DROP TABLE public.visit",
    ),
    "table public.plan": (
        "CREATE TABLE public.plan (day timestamptz DEFAULT tickets.eat_ts('2026-11-20 08:00'))",
        "DROP TABLE public.plan",
    ),
    "trigger noted on table tickets.inc": (
        "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER noted AFTER INSERT ON tickets.inc FOR EACH ROW EXECUTE FUNCTION public.note()",
        "DROP FUNCTION public.note CASCADE",
    ),
    "trigger audited on table tickets.inc": (
        "CREATE FUNCTION tickets.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER audited AFTER UPDATE ON tickets.inc FOR EACH ROW EXECUTE FUNCTION tickets.audit()",
        "DROP FUNCTION tickets.audit CASCADE",
    ),
    "policy only_open on table tickets.inc": (
        "CREATE POLICY only_open ON tickets.inc USING (closed_at IS NULL)",
        "DROP POLICY only_open ON tickets.inc",
    ),
    "row level security of table tickets.closure_events": (
        "ALTER TABLE tickets.closure_events ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE tickets.closure_events DISABLE ROW LEVEL SECURITY",
    ),
    "publication of table tickets.inc": (
        "CREATE PUBLICATION to_the_warehouse FOR TABLE tickets.inc",
        "DROP PUBLICATION to_the_warehouse",
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_an_object_that_others_built_is_named_and_nothing_is_touched(old_to_read: Database, name: str) -> None:
    old, (make, drop) = old_to_read, BUILT[name]
    old.execute(make)
    before = picture(old)
    for dry in (True, False):
        with pytest.raises(DatabaseError, match="Objects of others depend on what adoption replaces: ") as refused:
            migrate(old, MIGRATIONS, [FEED], dry=dry)
        assert name in refused.value.cause
        assert "drop it, run `fleetfeed migrate`, and create it again" in refused.value.next_step
    assert picture(old) == before

    old.execute(drop)
    assert reported(old, dry=True)


def test_all_of_them_are_named_at_once(old: Database) -> None:
    old.execute(BUILT["view public.late"][0])
    old.execute(BUILT["materialized view public.later"][0])
    with pytest.raises(DatabaseError) as refused:
        migrate(old, MIGRATIONS, [FEED], dry=True)
    named = refused.value.cause.split(": ")[1].rstrip(".").split("; ")
    assert sorted(named) == ["materialized view public.later", "view public.base", "view public.late"]


def test_readers_read_on(adopted_to_read: Database) -> None:
    for role, schema_only in (("dashboard_api", False), ("map_page", True)):
        adopted_to_read.execute(f"SET ROLE {role}")
        assert adopted_to_read.one("SELECT reporting.fn_tickets_for_map()")["type"] == "FeatureCollection"
        assert adopted_to_read.one("SELECT reporting.fn_inc_dashboard()")
        if not schema_only:
            assert adopted_to_read.one("SELECT count(*) FROM tickets.inc_open_sla") == 667
            assert adopted_to_read.one("SELECT count(raw) FROM tickets.inc") == 1000
        for forbidden in ("SELECT owner FROM tickets.inc", "SELECT * FROM tickets.import_meta"):
            with pytest.raises(DatabaseError, match="permission denied"):
                adopted_to_read.execute(forbidden)
        adopted_to_read.execute("RESET ROLE")


def test_privileges_are_restored_exactly_and_nobody_gets_more(old: Database) -> None:
    old.execute(
        "GRANT SELECT ON tickets.closure_events, tickets.geo_clusters TO nobody_in_particular WITH GRANT OPTION;"
        "GRANT SELECT ON tickets.inc_open_sla TO PUBLIC; GRANT SELECT (age) ON tickets.inc_open_sla TO map_page;"
        "REVOKE EXECUTE ON FUNCTION reporting.fn_inc_dashboard FROM PUBLIC"
    )
    granted = (
        "SELECT table_name::text, grantee::text, privilege_type::text, is_grantable::text FROM "
        "information_schema.role_table_grants WHERE table_schema = 'tickets' AND grantee IN "
        "('dashboard_api', 'map_page', 'nobody_in_particular', 'PUBLIC') ORDER BY 1, 2, 3"
    )
    before = old.all(granted)
    steps = reported(old)

    assert old.all(granted) == before
    assert (
        "drop the privilege SELECT (age) on tickets.inc_open_sla to map_page: there is no such column any more" in steps
    )
    may = "SELECT has_function_privilege('map_page', p.oid, 'EXECUTE') FROM pg_proc p WHERE proname = %s"
    assert old.all(may, ["fn_inc_dashboard"]) == [(False,)]
    assert old.all(may, ["fn_tickets_for_map"]) == [(True,)]
    assert set(old.all(may, ["capture_history"])) == {(False,)}


def test_public_functions_and_functions_that_use_ours_are_listed(old: Database) -> None:
    old.execute(
        "GRANT USAGE ON SCHEMA reporting TO PUBLIC;"
        "CREATE FUNCTION public.backlog() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tickets.\"inc\"';"
        "CREATE FUNCTION tickets.spell(t text) RETURNS text LANGUAGE sql AS 'SELECT lower(t)'"
    )
    notes = [what for what in reported(old, dry=True) if what.startswith("note that")]
    who = "any more: name who reads in [database] reader_roles"
    names = ("fn_inc_dashboard", "fn_tickets_for_map")
    assert notes == [
        *(f"note that not everybody can call reporting.{name} {who}" for name in names),
        "note that public.backlog() names a replaced object: test it afterwards",
    ]
    steps = migrate(old, MIGRATIONS, [FEED], terms=Terms(reader_roles=("nobody_in_particular",)))
    roles = "fleetfeed_owner, fleetfeed_loader, fleetfeed_reader, fleetfeed_dispatcher, nobody_in_particular"
    assert f"grant {roles} what docs/database.md says" in [step.what for step in steps]
    assert old.one("SELECT public.backlog()") == 1000
    old.execute("SET ROLE nobody_in_particular")
    assert old.one("SELECT reporting.fn_inc_dashboard() -> 'counts' ->> 'open'") == "667"
    old.execute("SET ROLE dashboard_api")
    assert old.one("SELECT tickets.spell('A')") == "a"


def test_no_call_is_ambiguous(adopted_to_read: Database) -> None:
    names = "('eat_ts', 'fn_tickets_for_map', 'fn_inc_dashboard', 'resolve_geom', 'capture_history')"
    found = adopted_to_read.all(
        "SELECT n.nspname || '.' || proname, count(*) FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace "
        f"WHERE proname IN {names} GROUP BY 1 ORDER BY 1"
    )
    assert found == [
        ("reporting.fn_inc_dashboard", 1),
        ("reporting.fn_tickets_for_map", 1),
        ("tickets.capture_history", 2),  # for any feed, and for INC as it ever was
        ("tickets.eat_ts", 1),
    ]
    for call in ("reporting.fn_tickets_for_map()", "reporting.fn_inc_dashboard()"):
        assert json.loads(adopted_to_read.one(f"SELECT {call}::text"))
    with adopted_to_read.transaction(keep=False):
        adopted_to_read.execute("SELECT tickets.capture_history()")
    assert adopted_to_read.one("SELECT tickets.eat_ts(t => '2026-11-20 08:00')").hour == 5
    assert not re.search("as_built", str(adopted_to_read.all("SELECT nspname FROM pg_namespace")))
