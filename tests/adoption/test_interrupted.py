"""Adoption happens as a whole or not at all, whoever is in the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.migrate import check
from fleetfeed.errors import DatabaseError
from tests.adoption.kit import picture, told
from tests.kit import FEED, MIGRATIONS

# A command of this kind ends its own session when it is done, as a killed server process does.
_KILLER = """
CREATE FUNCTION public.kill() RETURNS event_trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;
CREATE EVENT TRIGGER killer ON ddl_command_end WHEN TAG IN ('{}') EXECUTE FUNCTION public.kill()
"""
_NO_KILLER = "DROP EVENT TRIGGER killer; DROP FUNCTION public.kill"
WHEN = {
    "before anything has moved": "CREATE SCHEMA",
    "while the new tables are made": "CREATE TRIGGER",
    "after the rows were carried over": "DROP SCHEMA",
}


@pytest.mark.parametrize("tag", WHEN.values(), ids=WHEN.keys())
def test_killed_anywhere_it_leaves_everything_as_it_was(old_url: str, tag: str) -> None:
    with connect(old_url, "test") as db:
        db.execute(_KILLER.format(tag))
        before = picture(db)
        with connect(old_url, "killed") as victim, pytest.raises(DatabaseError, match="terminating connection"):
            told(victim)
        assert picture(db) == before

        db.execute(_NO_KILLER)
        if tag == "DROP SCHEMA":
            told(db)
            check(db, MIGRATIONS, FEED)
            assert db.one("SELECT count(*) FROM tickets.inc") == 1000


def test_a_reader_that_holds_a_table_makes_it_wait_and_try_again(old: Database, old_url: str) -> None:
    with connect(old_url, "reader") as reader, ThreadPoolExecutor(1) as pool:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM tickets.closure_events")
            future = pool.submit(_adopt, old_url)
            activity = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            waiting = f"{activity} AND query LIKE 'LOCK TABLE%closure_events%'"
            while not old.one(waiting) and not future.done():
                pass
        assert len(future.result(60)) > 20


def _adopt(url: str) -> list[str]:
    with connect(url, "migrate") as db:
        return told(db)
