"""The floor: what psql needs to bring rows that somebody else has read and cleaned into the very same table."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg

from bench.server import Site

_CLEANED = "CREATE TEMP TABLE cleaned (ticket_id text, raw jsonb, source_digest uuid, location_key text) ON COMMIT DROP"
# One transaction: rows straight into the table, whose trigger is off, then the change log, then the indexes.
_FIRST_LOAD = """
BEGIN;
SELECT tickets.begin_bulk_load('inc');
\\copy tickets.inc (ticket_id, raw, source_digest, location_key) FROM '{rows}'
INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind)
    SELECT 'inc', ticket_id, 0, now(), 'inserted' FROM tickets.inc;
SELECT tickets.end_bulk_load('inc');
COMMIT;
"""
_UPDATE_ALL = f"""
BEGIN;
{{setting}}
{_CLEANED};
\\copy cleaned FROM '{{rows}}'
UPDATE tickets.inc AS t SET raw = c.raw, source_digest = c.source_digest, run_id = 0, ingested_at = now()
    FROM cleaned AS c WHERE t.ticket_id = c.ticket_id;
COMMIT;
"""
# The trigger resolves each row's place. A load by fleetfeed resolves them per block, with the trigger off.
SETTINGS = {"floor": "", "floor, no places": "SET LOCAL fleetfeed.placed = 'yes';"}
_TOLD = re.compile(
    r"^(?:(BEGIN|CREATE TABLE|COPY|INSERT|UPDATE|COMMIT)[\d ]*|\(1 row\)\n)\nTime: ([\d.]+) ms", re.MULTILINE
)


def write_rows(url: str, path: Path) -> None:
    """Write down the rows of a database that fleetfeed has loaded: what the floor is given for nothing."""
    statement = "COPY (SELECT ticket_id, raw, source_digest, location_key FROM tickets.inc) TO STDOUT"
    with psycopg.connect(url) as connection, path.open("wb") as file, connection.cursor().copy(statement) as copy:
        for block in copy:
            file.write(block)


def first_load(site: Site, url: str, rows: Path, _: str) -> dict[str, float]:
    """Load cleaned rows into an empty table; give the seconds of each statement."""
    return _psql(site, url, _FIRST_LOAD.format(rows=rows))


def update_all(site: Site, url: str, rows: Path, which: str) -> dict[str, float]:
    """Update every row from cleaned ones; give the seconds of each statement, of which COPY is not the UPDATE's."""
    return _psql(site, url, _UPDATE_ALL.format(rows=rows, setting=SETTINGS[which]))


def _psql(site: Site, url: str, script: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 (the server's own psql)
        [site.psql, "-X", "-v", "ON_ERROR_STOP=1", "-d", url],
        input="\\timing on\n" + script,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"psql: {done.stderr.strip()}")
    seconds: dict[str, float] = {}
    for statement, milliseconds in _TOLD.findall(done.stdout):
        name = statement.split()[0].lower() if statement else "indexes"
        seconds[name] = round(seconds.get(name, 0.0) + float(milliseconds) / 1000, 3)
    return seconds
