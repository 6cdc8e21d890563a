"""Adoption happens as a whole or not at all, with other sessions in its way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check
from fleetfeed.errors import CommitUnanswered, DatabaseError
from tests.crash.faults import Fault, Talk, When, wait_until
from tests.crash.pg_proxy import pg_proxy
from tests.database.adoption.kit import picture, reported
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
            reported(victim)
        assert picture(db) == before

        db.execute(_NO_KILLER)
        if tag == "DROP SCHEMA":
            reported(db)
            check(db, MIGRATIONS, FEED)
            assert db.one("SELECT count(*) FROM tickets.inc") == 1000


@pytest.mark.parametrize("when", ["before", "after"])
def test_adoption_with_an_unanswered_commit_is_all_or_nothing(old: Database, old_url: str, when: When) -> None:
    before = picture(old)
    with pg_proxy(old_url, Talk(Fault(("COMMIT", 0), when))) as lost, pytest.raises(CommitUnanswered) as unknown:
        _adopt(lost)
    assert unknown.value.effect == "Either everything was written or nothing; which is unknown."
    assert unknown.value.next_step.startswith("Run `fleetfeed migrate` again: ")
    if when == "before":
        assert picture(old) == before
    else:
        check(old, MIGRATIONS, FEED)
        assert reported(old) == []


def test_adoption_waits_for_others_and_takes_their_changes_along(old: Database, old_url: str) -> None:
    with connect(old_url, "other") as other, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("SELECT count(*) FROM tickets.closure_events")
            future = pool.submit(_adopt, old_url)
            wait_until(lambda: _is_waiting(old))
            # Adoption holds this one by now: a session that waits for the other's lock must not be called a deadlock.
            assert other.one("SELECT count(*) FROM tickets.inc_open_sla") == 667
            other.execute("ALTER TABLE tickets.closure_events ADD noted_by text DEFAULT 'Amina'")
            wait_until(lambda: not _is_waiting(old))
            assert not future.done()
        steps = future.result(60)
    again = "their key is missing, or another row has it; noted_by has no column any more"
    assert f"copy 335 rows of tickets.closure_events to tickets.as_built_closure_events: {again}" in steps
    assert old.one("SELECT count(*) FROM tickets.as_built_closure_events WHERE noted_by = 'Amina'") == 335


def _is_waiting(db: Database) -> bool:
    activity = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"
    return bool(db.one(f"{activity} AND datname = current_database()"))


def _adopt(url: str) -> list[str]:
    with connect(url, "migrate") as db:
        return reported(db)
