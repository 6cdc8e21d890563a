"""The role that kept the earlier program's tables: it may adopt them, and it loads on after somebody else did."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.current import check
from tests.database.adoption.kit import reported
from tests.kit import FEED, MIGRATIONS, Bench, ticket

_KEEP = """
DO $$ BEGIN CREATE ROLE keeper NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER SCHEMA %I OWNER TO keeper', name) FROM unnest(ARRAY['tickets', 'reporting']) AS name
        UNION ALL SELECT format('ALTER TABLE %s OWNER TO keeper', oid::regclass) FROM pg_class
        WHERE relkind IN ('r', 'v') AND relnamespace = 'tickets'::regnamespace
        UNION ALL SELECT format('ALTER FUNCTION %s OWNER TO keeper', oid::regprocedure) FROM pg_proc
        WHERE pronamespace IN ('tickets'::regnamespace, 'reporting'::regnamespace)
    LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO keeper', current_database());
END $$
"""


@pytest.fixture
def kept(old: Database) -> Database:
    """Give a database of the earlier program whose objects belong to a role that is no superuser."""
    old.execute(_KEEP)
    return old


def test_the_owner_of_the_tables_adopts_them_without_being_a_superuser(kept: Database, tmp_path: Path) -> None:
    kept.execute("SET ROLE keeper")
    reported(kept)
    check(kept, MIGRATIONS, FEED)
    assert Bench(kept, tmp_path).loaded([ticket("T1")]).rows.inserted == 1
    assert kept.one("SELECT count(*) FROM tickets.inc") == 1001


def test_the_old_owner_loads_and_reads_on_when_somebody_else_adopts(kept: Database, tmp_path: Path) -> None:
    steps = reported(kept)
    assert "grant fleetfeed_loader to keeper" in steps
    assert "grant fleetfeed_reader to keeper" in steps
    kept.execute("SET ROLE keeper")
    assert Bench(kept, tmp_path).loaded([ticket("T1"), ticket("INC1")]).rows.inserted == 1
    assert kept.one("SELECT reporting.fn_tickets_for_map()")["type"] == "FeatureCollection"
    assert kept.one("SELECT reporting.fn_inc_dashboard()")


_MAY_LOAD = """
DO $$ BEGIN CREATE ROLE {0} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA tickets TO {0};
GRANT SELECT, UPDATE, {1} ON tickets.inc TO {0}
"""


def test_roles_that_loaded_by_a_grant_load_on(old: Database, tmp_path: Path) -> None:
    grants = {"nightly": "INSERT", "hourly": "INSERT (ticket_id, raw)"}
    for role, insert in grants.items():
        old.execute(_MAY_LOAD.format(role, insert))
    steps, bench = reported(old), Bench(old, tmp_path)
    for number, role in enumerate(grants):
        assert f"grant fleetfeed_loader to {role}" in steps
        assert f"grant fleetfeed_reader to {role}" not in steps
        old.execute(f"SET ROLE {role}")
        assert bench.loaded([ticket(f"T{number}"), ticket("INC1")]).rows.inserted == 1
        old.execute("RESET ROLE")
