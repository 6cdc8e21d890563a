"""How it grows: `python -m bench.large tickets 10000000`, or `feeds 1000`, or `changes 50000000`.

Not part of `make bench`, as each takes from ten minutes to an hour, and up to 40 GB of disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

from bench import exports
from bench.children import ROOT, fleetfeed
from bench.exports import FEED
from bench.web import seconds
from bench.workloads import USUAL
from fleetfeed.database import connect
from fleetfeed.database.embedded.files import TEMPORARY
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.migrate import migrate

_TOML = '[project]\ntimezone = "Africa/Nairobi"\n\n'
_FEED = '[feeds.{name}]\nsource = "file://{folder}/"\n\n'
_A_RUN = 10_000  # changes
_CHANGES = """
WITH runs AS (
    INSERT INTO tickets.import_runs
        (feed, outcome, started_at, finished_at, source_last_modified, host, version, counts)
    SELECT 'inc', 'loaded', at, at, at, 'bench', '0', '{}'
    FROM generate_series(1, %s) AS n, LATERAL (SELECT now() - interval '2 years' + n * interval '1 hour' AS at) AS t
    ORDER BY at RETURNING run_id, finished_at
), captured AS (
    INSERT INTO tickets.captured_runs (run_id, feed) SELECT run_id, 'inc' FROM runs
)
INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed)
SELECT 'inc', 'INC' || lpad(((run_id * 7919 + k * 104729) %% 200000)::text, 8, '0'), run_id, finished_at, 'updated',
    jsonb_build_object('owner', jsonb_build_array('Owner ' || k %% 200, 'Owner ' || (k + 1) %% 200))
FROM runs, generate_series(1, 10000) AS k ORDER BY run_id
"""
_ASKED = {
    "the dashboard": "SELECT reporting.fn_inc_dashboard()::text",
    "the life of a ticket": "SELECT reporting.fn_inc_ticket('INC00000100')::text",
    "the map before the last load": "SELECT reporting.fn_tickets_for_map_at(NULL, p_run => (SELECT run_id "
    "FROM tickets.import_runs WHERE outcome = 'loaded' ORDER BY run_id DESC OFFSET 1 LIMIT 1))::text",
}


def tickets(count: int, url: str, folder: Path) -> None:
    """Load so many tickets, then the same with 1 % changed."""
    with connect(url, "bench") as db:
        migrate(db, ROOT / "migrations", [FEED])
        for number in range(2):
            _load(url, folder, _export(count, number))
            print(f"  {db.one('SELECT pg_database_size(current_database())') / 1e9:.1f} GB of database")


def changes(count: int, url: str, folder: Path) -> None:
    """Load 200,000 tickets, add so many changes of the past, and load on."""
    with connect(url, "bench") as db:
        migrate(db, ROOT / "migrations", [FEED])
        _load(url, folder, _export(USUAL, 0))
        for left in range(count // _A_RUN, 0, -500):
            db.execute(_CHANGES, [min(left, 500)])
        db.execute("VACUUM ANALYZE")
        for number in (1, 2):
            _load(url, folder, _export(USUAL, number))
        for what, sql in _ASKED.items():
            print(f"{what}: {min(seconds(partial(db.one, sql)) for _ in range(3)):.3f} s")


def feeds(count: int, url: str, folder: Path) -> None:
    """Migrate so many feeds, load an export of each, and find nothing new."""
    names = [f"crq{number:04}" for number in range(count)]
    text = (ROOT / "feeds" / "crq" / "__init__.py").read_text()
    (folder / "feeds").mkdir()
    shutil.copy(ROOT / "feeds" / "_network.py", folder / "feeds")
    for name in names:
        for made in (folder / "feeds" / name, folder / "inbox" / name):
            made.mkdir(parents=True)
        (folder / "feeds" / name / "__init__.py").write_text(text.replace('"crq"', f'"{name}"'))
        shutil.copy(ROOT / "feeds" / "crq" / "sample.csv", folder / "inbox" / name / "export.csv")
    sections = (_FEED.format(name=name, folder=folder / "inbox" / name) for name in names)
    (folder / "fleetfeed.toml").write_text(_TOML + "".join(sections))
    for command in ("migrate", "run --all --apply", "run --all --apply", "status"):
        start, before = perf_counter(), os.times()
        call = [sys.executable, "-m", "fleetfeed", *command.split()]
        subprocess.run(call, cwd=folder, env=os.environ | {"DATABASE_URL": url}, check=True, capture_output=True)  # noqa: S603
        now = os.times()
        cpu = now.children_user + now.children_system - before.children_user - before.children_system
        print(f"{command}: {perf_counter() - start:.0f} s, processor time per feed {cpu / count:.3f} s")


def _export(count: int, number: int) -> Iterator[exports.Row]:
    """Yield the tickets; with a number above 0, 1 % of them differ from those of the number before."""
    for place, row in enumerate(exports.tickets(count)):
        changed = number and not place % 100
        later = {"owner": f"N. Wafula {number}", "source_updated_at": f"2026-11-20 09:{20 + number}:00"}
        yield exports.with_cells(row, **later) if changed else row


def _load(url: str, folder: Path, rows: Iterator[exports.Row]) -> None:
    path = folder / "export.csv"
    exports.write(path, rows)
    result = fleetfeed(url, path, folder / "project")
    stages = ", ".join(f"{name} {took:.2f}" for name, took in result["stages"].items())
    written = result["inserted"] or result["updated"]
    print(f"{written:,} written: {result['seconds']:.1f} s ({stages}), {result['peak_mb']:.0f} MB")


WAYS: dict[str, Callable[[int, str, Path], None]] = {"tickets": tickets, "feeds": feeds, "changes": changes}


def main(way: str, count: str) -> None:
    """Measure one way to grow."""
    scratch = tempfile.TemporaryDirectory(prefix="fleetfeed-bench-", dir=TEMPORARY)
    with scratch as folder, throwaway_server(fsync=True) as server:
        WAYS[way](int(count), server.create_database("large"), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
