"""Runs, dry runs, migrations and readers at once: one loads, nobody fails, nobody waits for long."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.crash.content import tickets
from tests.crash.faults import PATIENCE, Talk, wait_until
from tests.crash.processes import Ended, start
from tests.crash.scene import RUN, Scene
from tests.crash.stage import Stage, is_soak
from tests.kit import ROOT, export

RUNS = 20
DRY = ("run", "inc")
MIGRATE = ("migrate",)
PATIENT = 5.0  # seconds that `migrate` waits for a lock, and so those behind it
BLOCKED = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name LIKE 'fleetfeed migrate%' AND wait_event_type = 'Lock'"
)
LOADING = "SELECT 1 FROM pg_locks WHERE relation = 'tickets.inc'::regclass AND mode = 'RowExclusiveLock'"
OWNERS = "SELECT array_agg(DISTINCT raw ->> 'owner') FROM tickets.inc WHERE ticket_id LIKE 'INC%'"


def test_of_twenty_runs_that_ask_for_the_lock_at_once_one_loads(stage: Stage) -> None:
    together = threading.Barrier(RUNS)

    def hold(said: str) -> None:
        if "pg_try_advisory_lock" in said:
            together.wait(PATIENCE)

    with stage.scene() as scene, scene.reached(database=Talk(heard=hold)) as access:
        ended = [running.ended() for running in [start(scene.folder, access, *RUN) for _ in range(RUNS)]]
        assert [(run.code, run.error_lines) for run in ended] == [(0, [])] * RUNS
        outcomes = [outcome(run) for run in ended]
        assert outcomes.count("loaded") == 1
        assert set(outcomes) <= {"loaded", "busy", "unchanged", "empty"}
        assert scene.state() == stage.after
        entered = scene.rows("SELECT outcome FROM tickets.import_runs WHERE run_id > 2 ORDER BY 1")
        assert [name for (name,) in entered] == sorted(outcomes)


def test_runs_dry_runs_migrations_and_readers_at_once_and_nobody_fails(stage: Stage) -> None:
    rounds = 100 if is_soak() else 2
    with stage.scene() as scene, scene.reached() as access, reading(scene) as reader:
        for number in range(rounds):
            put_round(scene, number)
            running = [start(scene.folder, access, *args) for args in (RUN, DRY, MIGRATE) * 2]
            ended = [process.ended() for process in running]
            assert [(each.code, each.error_lines) for each in ended] == [(0, [])] * len(ended), [
                each.err for each in ended
            ]
            outcomes = sorted(outcome(run) for run in (ended[0], ended[3]))
            assert outcomes in (["busy", "loaded"], ["empty", "loaded"], ["loaded", "unchanged"])
            assert scene.rows(OWNERS) == [([f"round {number}"],)]
        logged = scene.rows("SELECT count(*) FROM tickets.ticket_changes WHERE run_id > 2 AND kind = 'updated'")
    assert logged == [(rounds * 200,)]
    assert reader.seen == [None, *(f"round {number}" for number in range(rounds))]


def test_a_migration_that_rewrites_the_table_blocks_no_reader_for_long(stage: Stage, tmp_path: Path) -> None:
    given_up = threading.Event()

    def hold(said: str) -> None:
        assert said != "COMMIT" or given_up.wait(PATIENCE)

    with stage.scene() as scene, scene.reached(database=Talk(heard=hold)) as access, scene.reached() as direct:
        runs = [start(scene.folder, access, *args) for args in (RUN, DRY)]
        with reading(scene) as reader:
            wait_until(lambda: bool(scene.rows(LOADING)))
            migrate = start(next_version(scene, tmp_path), direct, *MIGRATE)
            wait_until(lambda: bool(scene.rows(BLOCKED)))
            wait_until(lambda: not scene.rows(BLOCKED))
            given_up.set()
            ended = [process.ended() for process in (*runs, migrate)]
        assert [(each.code, each.error_lines) for each in ended] == [(0, [])] * 3, [each.err for each in ended]
        assert outcome(ended[0]) == "loaded"
        assert reader.longest > PATIENT / 2, "no reader had to wait behind the migration"
        after = scene.state()
        for (ticket,) in after["inc"]:
            del ticket["service_type"]
        assert after == stage.after


def next_version(scene: Scene, folder: Path) -> Path:
    """Make the project of the next version, which gives a column a type: that rewrites the table."""
    project, inc = folder / "next", (ROOT / "feeds" / "inc" / "__init__.py").read_text()
    (project / "feeds" / "inc").mkdir(parents=True)
    shutil.copy(ROOT / "feeds" / "_network.py", project / "feeds")
    (project / "feeds" / "inc" / "__init__.py").write_text(
        inc.replace('Untyped("service_type")', 'Text("service_type")')
    )
    shutil.copy(scene.folder / "fleetfeed.toml", project)
    return project


def put_round(scene: Scene, number: int) -> None:
    rows = tickets(
        "INC",
        range(200),
        source_updated_at=f"2026-11-21 {number // 60:02}:{number % 60:02}:00",
        owner=f"round {number}",
    )
    scene.put(f"{number + 5}.csv", export(rows))


def outcome(run: Ended) -> str:
    return run.out.split()[1]


@dataclass
class Reader:
    """Read in a loop: a wait for longer than all are ready to wait for a lock is an error."""

    url: str
    over: threading.Event = field(default_factory=threading.Event)
    seen: list[str | None] = field(default_factory=list)  # the owner that all tickets had, each time it was another one
    longest: float = 0  # wait, in seconds

    def read(self) -> None:
        """Read until it is over."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"SET statement_timeout = '{PATIENT + 3:.0f}s'".encode())
            while not self.over.is_set():
                start = time.monotonic()
                (owners,) = connection.execute(OWNERS.encode()).fetchall()[0]
                self.longest = max(self.longest, time.monotonic() - start)
                if owners != self.seen[-1:]:
                    self.seen += owners  # of half a load there are two


@contextmanager
def reading(scene: Scene) -> Iterator[Reader]:
    """Read beside all that happens in the block."""
    reader = Reader(scene.url)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(reader.read)
        try:
            yield reader
        finally:
            reader.over.set()
        done.result()
