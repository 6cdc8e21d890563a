"""`migrate` beside those who read, and in the middle of which something breaks: nobody finds anything gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from fleetfeed import Feed, Text
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.current import check, head, revision
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.rights import GROUPS, OWNER
from fleetfeed.database.schema.settings import FeedTerms, Terms
from fleetfeed.errors import CommitUnanswered, DatabaseError
from tests.crash.faults import Fault, Talk, wait_until
from tests.crash.pg_proxy import pg_proxy
from tests.kit import FEED, MIGRATIONS, Bench, ticket

# What the next version may be: without a column that the view shows, too, so the view has to make room.
NEXT = replace(
    FEED,
    columns=tuple(column for column in FEED.columns if column.name != "owner"),
    roles=replace(FEED.roles, owner=None),
)
# Or with a column more and another view, which loses nothing but needs both, too.
OTHERWISE = replace(
    FEED,
    columns=(*FEED.columns, Text("priority")),
    roles=replace(FEED.roles, closed_statuses=("shut",), cancelled_statuses=()),
)
_BEFORE = """
CREATE FUNCTION public.halt() RETURNS event_trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$ BEGIN {} END $$;
CREATE EVENT TRIGGER halt ON ddl_command_start WHEN TAG IN ('{}') EXECUTE FUNCTION public.halt()
"""
_NO_HALT = "DROP EVENT TRIGGER halt; DROP FUNCTION public.halt"
_ROLE = "DO $$ BEGIN CREATE ROLE reads_the_view NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
_MAY = "SELECT has_table_privilege('reads_the_view', 'tickets.inc_open_sla', 'SELECT')"


@pytest.fixture
def read(url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give a database with a ticket, and a role of somebody else that reads the view."""
    with connect(url, "test") as db:
        bench = Bench(db, tmp_path)
        bench.loaded([ticket("T1")])
        db.execute(f"{_ROLE}; GRANT SELECT ON tickets.inc_open_sla TO reads_the_view")
        yield bench


def _migrate(url: str, feed: Feed = NEXT) -> None:
    with connect(url, "migrate") as db:
        migrate(db, MIGRATIONS, [feed], allow_destructive=True)


def test_killed_before_the_view_is_remade_view_and_grants_stay(read: Bench, url: str) -> None:
    read.db.execute(_BEFORE.format("PERFORM pg_terminate_backend(pg_backend_pid());", "CREATE VIEW"))
    with pytest.raises(DatabaseError, match="terminating connection"):
        _migrate(url)
    assert read.one("T1", "owner") == {"owner": None}
    assert read.db.one(_MAY)

    read.db.execute(_NO_HALT)
    _migrate(url)
    assert "owner" not in read.one("T1")
    assert read.db.one(_MAY)


@pytest.mark.parametrize(("feed", "before"), [(NEXT, "CREATE VIEW"), (OTHERWISE, "DROP VIEW")])
def test_a_reader_of_the_view_waits_until_it_is_there_again(read: Bench, url: str, feed: Feed, before: str) -> None:
    read.db.execute(_BEFORE.format("PERFORM pg_advisory_xact_lock(7);", before))
    activity = (
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with connect(url, "holder") as holder, connect(url, "reader") as reader, ThreadPoolExecutor(2) as pool:
        with holder.transaction():
            holder.execute("SELECT pg_advisory_xact_lock(7)")
            migration = pool.submit(_migrate, url, feed)
            wait_until(lambda: bool(read.db.one(f"{activity} AND wait_event = 'advisory'")))
            view = pool.submit(reader.all, "SELECT ticket_id FROM tickets.inc_open_sla")
            wait_until(lambda: view.done() or bool(read.db.one(f"{activity} AND wait_event = 'relation'")))
            assert not migration.done()
        assert view.result(60) == [("T1",)]
        migration.result(60)
    assert read.db.one(_MAY)


def test_a_reader_of_table_and_view_is_never_a_deadlock_victim(read: Bench, url: str) -> None:
    waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'"
    with connect(url, "reader") as reader, ThreadPoolExecutor(1) as pool:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM tickets.inc")
            migration = pool.submit(_migrate, url)
            wait_until(lambda: bool(read.db.one(waiting)))
            assert reader.all("SELECT ticket_id FROM tickets.inc_open_sla") == [("T1",)]
        migration.result(60)
    assert read.db.one(_MAY)


def test_what_fails_after_the_core_is_committed_tells_so(empty: Database) -> None:
    full = "IF to_regclass('tickets.inc') IS NOT NULL THEN RAISE 'the disk is full of cats'; END IF;"
    empty.execute(_BEFORE.format(full, "CREATE TRIGGER"))
    with pytest.raises(DatabaseError, match="full of cats") as failed:
        migrate(empty, MIGRATIONS, [FEED])
    assert re.fullmatch(r"The \d+ steps before it are done and stay; nothing else was written.", failed.value.effect)
    assert failed.value.next_step == "Run `fleetfeed migrate` again: it does only what is still missing."
    assert revision(empty) == head(MIGRATIONS)
    assert not empty.one("SELECT to_regclass('tickets.inc') IS NOT NULL")

    empty.execute(_NO_HALT)
    migrate(empty, MIGRATIONS, [FEED])
    check(empty, MIGRATIONS, FEED)


def test_what_others_took_away_is_no_reason_to_run_migrate(read: Bench) -> None:
    read.db.execute("DROP FUNCTION tickets.resolve_place CASCADE")
    with pytest.raises(DatabaseError, match="The database lacks what a step needs: function") as failed:
        migrate(read.db, MIGRATIONS, [FEED])
    assert failed.value.effect == "Nothing was written."
    assert failed.value.next_step.startswith("Restore the object that it names, which was altered or dropped")


def test_a_lost_answer_to_a_commit_of_alembics_is_reported_as_unknown(empty: Database, empty_url: str) -> None:
    talk = Talk(Fault(("COMMIT", 0), "after"))
    with pg_proxy(empty_url, talk) as lost, connect(lost, "migrate") as db, pytest.raises(CommitUnanswered) as unknown:
        migrate(db, MIGRATIONS, [FEED])
    assert unknown.value.next_step.startswith("Run `fleetfeed migrate` again: ")
    assert revision(empty) == head(MIGRATIONS)
    migrate(empty, MIGRATIONS, [FEED])
    check(empty, MIGRATIONS, FEED)


def test_a_plan_of_an_empty_database_tells_settings_roles_and_grants_too(empty: Database) -> None:
    there = {name for (name,) in empty.all("SELECT rolname FROM pg_roles")}
    terms = Terms({"inc": FeedTerms({"default": 2880})}, ("pg_monitor",))
    assert [step.what for step in migrate(empty, MIGRATIONS, [FEED], dry=True, terms=terms)] == [
        "bring the core's objects to head (Alembic)",
        'create or compare table tickets."inc"',
        "set when feed inc is stale",
        "set the SLA targets of feed inc, in minutes: default 2880",
        *(f"create role {name}" for name in GROUPS if name not in there),
        f"grant {', '.join(GROUPS)}, pg_monitor what docs/database.md says",
    ]


_READS = (
    "SELECT reporting.fn_inc_dashboard()",
    "SELECT reporting.fn_tickets_for_map()",
    "SELECT count(*) FROM tickets.inc_open_sla",
)


def _read_on(url: str, sql: str, done: Event) -> int:
    """Read as fleetfeed_reader in a loop; return how often."""
    with connect(url, "reader") as reader:
        reader.execute("SET ROLE fleetfeed_reader")
        count = 0
        while not done.is_set():
            reader.all(sql)
            count += 1
        return count


@contextmanager
def _readers(url: str) -> Iterator[None]:
    """Let others read all the time; an error of theirs is raised at the end."""
    done = Event()
    with ThreadPoolExecutor(len(_READS)) as pool:
        reads = [pool.submit(_read_on, url, sql, done) for sql in _READS]
        try:
            yield
        finally:
            done.set()
    assert all(read.result() for read in reads)


@pytest.mark.parametrize("feed", [NEXT, OTHERWISE], ids=["a column less", "a column more"])
def test_who_reads_in_a_loop_meets_no_error_while_columns_change(read: Bench, url: str, feed: Feed) -> None:
    with _readers(url):
        _migrate(url, feed)
        _migrate(url, FEED)
    assert read.db.one("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'inc_open_sla'") == OWNER


@pytest.mark.parametrize("tag", ["DROP VIEW", "CREATE FUNCTION", "REVOKE", "ALTER VIEW", "ALTER TABLE", "GRANT"])
def test_killed_anywhere_in_between_readers_read_on(read: Bench, url: str, tag: str) -> None:
    read.db.execute(_BEFORE.format("PERFORM pg_terminate_backend(pg_backend_pid());", tag))
    with _readers(url), pytest.raises(DatabaseError, match="terminating connection"):
        _migrate(url)
    assert "owner" in read.one("T1")


def test_a_reader_who_came_before_the_change_gets_an_answer_after_it(read: Bench, url: str) -> None:
    read.db.execute(_BEFORE.format("PERFORM pg_advisory_xact_lock(7);", "CREATE VIEW"))
    waiting = "SELECT count(*) = {} FROM pg_stat_activity WHERE datname = current_database() AND wait_event = '{}'"
    with connect(url, "holder") as holder, ThreadPoolExecutor(4) as pool:
        with holder.transaction():
            holder.execute("SELECT pg_advisory_xact_lock(7)")
            migration = pool.submit(_migrate, url)
            wait_until(lambda: bool(read.db.one(waiting.format(1, "advisory"))))
            answers = [pool.submit(_read_once, url, sql) for sql in _READS]
            wait_until(lambda: bool(read.db.one(waiting.format(len(_READS), "relation"))))
        migration.result(60)
        assert all(answer.result(60) for answer in answers)


def _read_once(url: str, sql: str) -> bool:
    with connect(url, "reader") as reader:
        reader.execute("SET ROLE fleetfeed_reader")
        return bool(reader.all(sql))
