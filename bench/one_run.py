"""One run of fleetfeed in a process of its own, so that its time and its memory are its own.

Called by the bench as `python -m bench.one_run PROJECT [--apply]`; prints one JSON document.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from bench.memory import peak_megabytes
from fleetfeed.config.loader import load_settings
from fleetfeed.database.schema.current import check
from fleetfeed.pipeline import run
from fleetfeed.project import Project


def main(folder: str, *flags: str) -> None:
    """Run INC of a project as `fleetfeed run` does, from connecting to the database to the last commit."""
    project = Project(load_settings(Path(folder)))
    feed = project.plugins.feed("inc")
    start = perf_counter()
    with project.database("bench") as db:
        check(db, project.migrations, feed)
        report = run.run(project.job(feed, apply="--apply" in flags), db)
    seconds = perf_counter() - start
    if report.error:
        raise report.error
    rows = report.rows
    result = {
        "seconds": seconds,
        "stages": report.timings,
        "peak_mb": peak_megabytes(),
        "outcome": report.outcome,
        "inserted": rows.inserted,
        "updated": rows.updated,
        "unchanged": rows.unchanged,
        "dropped": rows.dropped.total(),
        "warnings": report.warnings,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
