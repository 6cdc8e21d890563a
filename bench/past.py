"""What the past costs: the map as it was, against the map of today; and the proof of a rebuild, against reading it all.

21,312 tickets. Of the past: 30 days of hourly loads, each of which changed 30 of the 4,250 tickets that are open or
newest, are taken back. Of the proof: a first load and two more that each changed 1 %, replayed.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path

from bench import exports
from bench.children import PROJECT
from bench.dashboard import fill
from bench.imports import show
from bench.web import seconds
from bench.workloads import EXPORTS, SMALL
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import EmbeddedServer, throwaway_server
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.pipeline import run
from fleetfeed.project import Project
from fleetfeed.rebuild.work import Rebuild

ROUNDS = 9
THEN, NOW = "the map of 30 days ago", "the map of today"
PROOF, READ = f"the proof of {SMALL:,} tickets", "one read of both tables and logs"
TARGETS = {THEN: (NOW, 2.0), PROOF: (READ, 2.5)}
_LOADS = """
WITH loads AS (
    INSERT INTO tickets.import_runs (feed, outcome, started_at, finished_at, host, version, counts)
    SELECT 'inc', 'loaded', at, at, 'bench', '0', '{}'
    FROM generate_series(now() - interval '30 days', now(), interval '1 hour') AS at ORDER BY at
    RETURNING run_id, finished_at
), ids AS MATERIALIZED (
    SELECT array_agg(ticket_id ORDER BY normalized_status DESC, created_at_service DESC) AS ids FROM tickets.inc
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY run_id) AS n FROM loads
)
INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed)
SELECT 'inc', ids[1 + (n * 7919 + k * 104729) % 4250], run_id, finished_at, 'updated', jsonb_build_object(
    'assigned_team', jsonb_build_array('Team ' || n % 20, 'Team ' || (n + 1) % 20),
    'owner', jsonb_build_array('Owner ' || n % 200, 'Owner ' || (n + 1) % 200))
FROM numbered, ids, generate_series(1, 30) AS k ORDER BY run_id
"""
_FIRST = "SELECT min(run_id) FROM tickets.import_runs"
_READ = "SELECT " + " + ".join(
    f"(SELECT sum(hashtext(t::text)) FROM tickets.{name} AS t)" for name in ("inc", "inc__rebuild", "ticket_changes")
)


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times in turns, of each kind on a database of its own."""
    with throwaway_server() as server:
        return _maps(server.create_database("maps"), rounds) | _proofs(server, rounds)


def _maps(url: str, rounds: int) -> dict[str, list[float]]:
    fill(url, SMALL)
    with connect(url, "bench") as db:
        db.execute(_LOADS)
        db.execute("VACUUM ANALYZE")
        then = f"SELECT reporting.fn_tickets_for_map_at(NULL, p_run => {db.one(_FIRST)})::text"
        return _in_turns(db, rounds, {THEN: then, NOW: "SELECT reporting.fn_tickets_for_map()::text"})


def _in_turns(db: Database, rounds: int, asked: dict[str, str]) -> dict[str, list[float]]:
    """Ask in turns, after one round that fills the caches."""
    took = [{name: seconds(partial(db.one, sql)) for name, sql in asked.items()} for _ in range(rounds + 1)]
    return {name: [each[name] for each in took[1:]] for name in asked}


def _proofs(server: EmbeddedServer, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {PROOF: [], READ: []}
    with tempfile.TemporaryDirectory(prefix="fleetfeed-bench-") as name:
        inbox = Path(name) / "inbox"
        inbox.mkdir()
        (Path(name) / "fleetfeed.toml").write_text(PROJECT.format(inbox=inbox))
        project = Project.load(name, {"database.url": server.create_database("proofs")})
        feed = project.plugins.feed("inc")
        job = project.job(feed, apply=True, allow_older=True)
        with project.database("bench") as db:
            migrate(db, project.migrations, [feed])
            for number, export in enumerate(("base", "changed", "base")):
                path = inbox / f"{number}.csv"
                exports.write(path, EXPORTS[export](SMALL))
                os.utime(path, (path.stat().st_mtime + number - 10,) * 2)  # in their order
                if error := run.run(job, db).error:
                    raise error
            rebuild = Rebuild(job, db)
            rebuild.replay()
            db.execute("VACUUM ANALYZE")
            for _ in range(rounds):
                taken[PROOF].append(seconds(partial(_prove, rebuild)))
                taken[READ].append(seconds(partial(db.one, _READ)))
    return taken


def _prove(rebuild: Rebuild) -> None:
    if found := rebuild.prove()[1].differences:
        raise RuntimeError(f"the rebuild is not equal: {found}")


if __name__ == "__main__":
    show(measure(), TARGETS)
