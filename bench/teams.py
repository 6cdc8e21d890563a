"""What attributing closures to teams adds to a capture: the same captures with and without it.

21,312 tickets, of which the last load changed 1 % or 10 %. A ticket is inserted, gets another team twice, and is
closed, so one change in four is a closure. And the first capture, of all closures so far. All are measured in turns,
on the same rows, in processor time of the server. The third way is the capture of the commit before attribution.
"""

from __future__ import annotations

import psutil

from bench.before import file_of
from bench.dashboard import fill
from bench.exports import FEED
from bench.imports import show
from bench.workloads import SMALL
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.derived.fragments import filled, fragments, render

ROUNDS = 100
CAPTURE, LARGE = "a capture of 213 changes, 54 closures", "a capture of 2,100 changes, 525 closures"
FIRST, WITHOUT = "a first capture of 18,812 closures", ", without attribution"
EARLIER, COMMIT = ", before there was attribution", "7226f3e"
_FOLDER = "core/fleetfeed/database/schema/derived"
SIZES = {CAPTURE: 213, LARGE: 2100}
TARGETS = {title: (title + EARLIER, 1.1) for title in SIZES}
_RUN = (
    "INSERT INTO tickets.import_runs (feed, outcome, started_at, host, version) "
    "VALUES ('inc', 'loaded', now(), 'bench', '0') RETURNING run_id"
)
_INSERTED = """
INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind)
SELECT 'inc', ticket_id, %s, now() - interval '3 hours', 'inserted' FROM tickets.inc
"""
_CHOSEN = """
SELECT ticket_id, row_number() OVER (ORDER BY ticket_id) AS n FROM tickets.inc
WHERE normalized_status = 'open' ORDER BY ticket_id LIMIT %s
"""
_UPDATED = f"""
WITH chosen AS MATERIALIZED ({_CHOSEN}), new AS (
    SELECT c.ticket_id, t.raw, %s::jsonb || CASE WHEN %s AND c.n %% 4 = 1 THEN jsonb_build_object('normalized_status',
        'closed', 'closed_at', to_char(now(), 'YYYY-MM-DD HH24:MI:SS')) ELSE '{{}}' END AS cells
    FROM chosen AS c JOIN tickets.inc AS t USING (ticket_id)
), logged AS (
    INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed)
    SELECT 'inc', ticket_id, %s, now() - %s * interval '1 hour', 'updated', (
        SELECT jsonb_object_agg(key, jsonb_build_array(raw -> key, value)) FROM jsonb_each(cells)) FROM new
)
UPDATE tickets.inc AS t SET raw = t.raw || n.cells, run_id = %s FROM new AS n WHERE n.ticket_id = t.ticket_id
"""


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take the times of all captures, in turns."""
    taken: dict[str, list[float]] = {}
    with throwaway_server(fsync=True) as server:
        url = server.create_database("teams")
        fill(url, SMALL)
        with connect(url, "bench") as db:
            ways = _ways(db)
            for name in ("closure_teams", "closure_events", "captures"):
                db.execute(f"DELETE FROM tickets.{name}")
            db.execute(_INSERTED, [_run(db)])
            _in_turns(db, FIRST, ways, taken, rounds // 10)
            _capture(db)
            for title, size in SIZES.items():
                for number, team in enumerate(("Team 98", "Team 99")):
                    _update(db, size, f'{{"assigned_team": "{team}"}}', 2 - number)
                    _capture(db)
                _update(db, size, '{"owner": "N. Wafula"}', 0, closes=True)
                db.execute("VACUUM ANALYZE")
                _in_turns(db, title, ways, taken, rounds * SIZES[CAPTURE] // size)
                _capture(db)
    return taken


def _update(db: Database, size: int, cells: str, hours: int, *, closes: bool = False) -> None:
    """Load so many changes, observed some hours ago; one in four closes its ticket."""
    run = _run(db)
    db.execute(_UPDATED, [size, cells, closes, run, hours, run])


def _ways(db: Database) -> dict[str, str]:
    """Return the SQL of the functions that capture, by what is added to the title."""
    known = fragments(FEED, db.postgis)
    past, observe, capture, attribute = (
        render(f"{name}.sql", known).rstrip().rstrip(";")
        for name in ("attribute_past", "observe", "capture_history", "attribute")
    )
    bare = observe.replace(f"{attribute};", "")
    first = capture.replace(f"PERFORM tickets.{FEED.name}_attribute_past(true);", "")
    if bare == observe or first == capture:
        raise RuntimeError("attribution is not where it was")
    earlier = filled(file_of(COMMIT, f"{_FOLDER}/capture_history.sql"), known)
    return {"": "; ".join((past, observe, capture)), WITHOUT: "; ".join((past, bare, first)), EARLIER: earlier}


def _in_turns(db: Database, title: str, ways: dict[str, str], taken: dict[str, list[float]], rounds: int) -> None:
    """Take the server's processor time of captures, each on the same rows; after one of each that fills the caches."""
    server = psutil.Process(int(db.one("SELECT pg_backend_pid()")))
    used = dict.fromkeys(ways, 0.0)
    for number in range(rounds + 1):
        for way, sql in ways.items():
            with db.transaction(keep=False):
                db.execute(sql)
                before = sum(server.cpu_times()[:2])
                _capture(db)
                used[way] += (sum(server.cpu_times()[:2]) - before) * (number > 0)
            db.execute("VACUUM")  # else each look-up passes the rows that were rolled back
    for way, seconds in used.items():  # the mean: the clock of a process ticks a hundred times a second
        taken[title + way] = [seconds / rounds]


def _run(db: Database) -> int:
    return int(db.one(_RUN))


def _capture(db: Database) -> None:
    db.execute("SELECT tickets.capture_history('inc')")


if __name__ == "__main__":
    show(measure(), TARGETS)
