"""The role that kept the earlier program's tables: it may adopt them, and it loads on after somebody else did."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database import Database
from fleetfeed.database.migrate import check
from tests.adoption.kit import told
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
    told(kept)
    check(kept, MIGRATIONS, FEED)
    assert Bench(kept, tmp_path).loaded([ticket("T1")]).rows.inserted == 1
    assert kept.one("SELECT count(*) FROM tickets.inc") == 1001


def test_the_old_owner_loads_on_when_somebody_else_adopts(kept: Database, tmp_path: Path) -> None:
    assert "grant fleetfeed_loader to keeper" in told(kept)
    kept.execute("SET ROLE keeper")
    assert Bench(kept, tmp_path).loaded([ticket("T1"), ticket("INC1")]).rows.inserted == 1
