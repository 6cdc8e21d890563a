"""Takes one measurement: a copy of the database it begins with, the work, and a look at what it left behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from bench import floor
from bench.before import TAKER
from bench.children import ROOT, dlt_merge, fleetfeed
from bench.cpu import used
from bench.prepared import Prepared
from bench.results import Taken
from bench.server import State
from bench.workloads import Workload

FEED_TABLE, CHANGE_LOG = "tickets.inc", "tickets.ticket_changes"


def measure(prepared: Prepared, workload: Workload, taker: str) -> Taken:
    """Measure one taker once. Raises ValueError where it did not do the work."""
    if taker in floor.SETTINGS:
        return _floor(prepared, workload, taker)
    if taker.startswith("dlt "):
        return _dlt(prepared, workload, taker)
    if taker == TAKER:
        return _fleetfeed(prepared, workload, taker, prepared.earlier_state(), prepared.earlier)
    return _fleetfeed(prepared, workload, taker, prepared.state(workload.state), ROOT)


def _fleetfeed(prepared: Prepared, workload: Workload, taker: str, state: str, root: Path) -> Taken:
    export, project = prepared.export(workload.export), prepared.folder / "project"
    site = prepared.site
    with site.copy(state) as database:
        before = site.look(database)
        with used(site) as cpu:
            result = fleetfeed(site.server.url(database), export, project, apply=workload.apply, root=root)
            after = site.look(database)
    wanted = workload.inserted(prepared.size), workload.updated(prepared.size)
    if result["outcome"] != "loaded" or (result["inserted"], result["updated"]) != wanted:
        raise ValueError(f"{wanted} tickets were to be inserted and updated, but the run says: {result}")
    return _taken(prepared, workload, taker, result | {"cpu": cpu.seconds}, before, after)


def _floor(prepared: Prepared, workload: Workload, taker: str) -> Taken:
    rows = prepared.rows(workload.export)
    site = prepared.site
    with site.copy(prepared.state(workload.state)) as database:
        before = site.look(database)
        start = perf_counter()
        work = floor.first_load if workload.state == "empty" else floor.update_all
        with used(site) as cpu:
            stages = work(site, site.server.url(database), rows, taker)
            process = perf_counter() - start
            after = site.look(database)
    inserted, updated, *_ = after.written(before, FEED_TABLE)
    if (inserted, updated) != (workload.inserted(prepared.size), workload.updated(prepared.size)):
        raise ValueError(f"psql inserted {inserted:,} tickets and updated {updated:,}")
    if "update" in stages:  # a plain UPDATE is given its rows: copying them is not part of it
        stages = {name: stages[name] for name in ("update", "commit")}
    result = {"seconds": sum(stages.values()), "process": process, "stages": stages}
    return _taken(prepared, workload, taker, result | {"cpu": cpu.seconds}, before, after)


def _dlt(prepared: Prepared, workload: Workload, taker: str) -> Taken:
    way, export = taker.removeprefix("dlt "), prepared.export(workload.export)
    state = prepared.folder / "dlt-measured"
    shutil.rmtree(state, ignore_errors=True)
    template = None
    if workload.state != "empty":
        template, merged = prepared.merged(way)
        shutil.copytree(merged, state)
    site = prepared.site
    with site.copy(template) as database:
        url = site.server.url(database)
        before = site.look(database)
        with used(site) as cpu:
            result = dlt_merge(url, export, state, way)
            after = site.look(database)
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT count(*) FROM dlt_inc.inc WHERE owner = 'N. Wafula'").fetchone()
            total = connection.execute("SELECT count(*) FROM dlt_inc.inc").fetchone()
    if found != (workload.updated(prepared.size),) or total != (prepared.size,):
        raise ValueError(f"dlt's table holds {total} tickets, of which {found} are changed")
    return _taken(prepared, workload, taker, result | {"cpu": cpu.seconds}, before, after)


def _taken(
    prepared: Prepared, workload: Workload, taker: str, result: dict[str, Any], before: State, after: State
) -> Taken:
    feed, log = after.written(before, FEED_TABLE), after.written(before, CHANGE_LOG)
    return Taken(
        size=prepared.size,
        workload=workload.name,
        taker=taker,
        seconds=result["seconds"],
        process=result["process"],
        stages=result["stages"],
        cpu=result["cpu"],
        peak_mb=result.get("peak_mb"),
        wal_mb=round((after.wal - before.wal) / 1e6, 3),
        written=sum(feed[:3]) + sum(log[:3]),
        updated=feed[1],
        hot=feed[3],
        dead=after.dead - before.dead,
        grown=after.size - before.size,
    )
