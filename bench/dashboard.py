"""How long the dashboard takes, against a SELECT by hand that gives the same tickets as GeoJSON and counts nothing.

Both are asked in turns, of the same database: what a day's map has (21,312 tickets), and a year of a million.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import partial
from time import perf_counter

from bench.exports import FEED
from bench.imports import show
from bench.server import Site
from bench.workloads import LARGE, SMALL
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import FeedTerms, Terms
from fleetfeed.plugins.registry import BUNDLED

ROUNDS = 9
OPEN = {SMALL: 2_500, LARGE: 5_000}  # of so many tickets
KILOBYTE = 1_000
WHOLE, ZIPPED = "the dashboard of 2,500 open tickets, in bytes", "the same, gzipped, in bytes"
BYTES = {WHOLE: 1_600 * KILOBYTE, ZIPPED: 150 * KILOBYTE}  # at most


def names(tickets: int) -> tuple[str, str]:
    """Name what is measured at a size, and what against."""
    return f"the dashboard of {tickets:,} tickets", f"a SELECT by hand of its tickets ({tickets:,})"


TARGETS = {what: (against, 2.0) for what, against in map(names, OPEN)}

_TICKETS = """
INSERT INTO tickets.inc (ticket_id, raw, geom, geo_source, geo_precision)
SELECT 'INC' || n, jsonb_strip_nulls(jsonb_build_object('ticket_id', 'INC' || n, 'bucket', 'no light',
    'raw_status', CASE WHEN closed IS NULL THEN 'OPEN' ELSE 'CLOSED' END,
    'normalized_status', CASE WHEN closed IS NULL THEN 'open' ELSE 'closed' END,
    'is_actionable', (n %% 3 > 0)::text, 'cluster', 'Cluster ' || n %% 97, 'region', 'nairobi west',
    'location_name', 'Moi Avenue, Kilimani [OLT-07/GPON 3], hse ' || n %% 5000, 'assigned_team', 'Team ' || n %% 20,
    'owner', 'Owner ' || n %% 200, 'mttr', CASE WHEN closed IS NOT NULL THEN (n * 37 %% 3000)::text END,
    'created_at_service', to_char(created, 'YYYY-MM-DD HH24:MI:SS'),
    'closed_at', to_char(closed, 'YYYY-MM-DD HH24:MI:SS'),
    'source_updated_at', to_char(coalesce(closed, created), 'YYYY-MM-DD HH24:MI:SS'))),
    public.st_setsrid(public.st_makepoint(36.7 + n %% 97 / 500.0, -1.3 + n %% 89 / 900.0), 4326), 'cluster', 'cluster'
FROM (
    SELECT n, created,
        CASE WHEN n::bigint * %s %% %s >= %s THEN created + n * 37 %% 3000 * interval '1 minute' END AS closed
    FROM (
        SELECT n, timezone('Africa/Nairobi', now()) - interval '51 hours' - n * interval '363 days' / %s AS created
        FROM generate_series(1, %s) AS n
    ) AS made
) AS ended
"""
_PROPERTIES = """json_build_object('ticket_id', ticket_id, 'status', normalized_status, 'raw_status', raw_status,
    'bucket', bucket, 'cluster', cluster, 'region', region, 'location_name', location_name,
    'assigned_team', assigned_team, 'owner', owner, 'is_actionable', is_actionable, 'created_at', created_at_service,
    'age_minutes', {age}, 'sla_state', {state}, 'closed_at', closed_at, 'mttr_minutes', mttr, 'geo_source', geo_source,
    'geo_precision', geo_precision)"""
_FEATURES = f"""
SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object('type', 'Feature',
    'geometry', public.st_asgeojson(geom, 6)::json, 'properties', {_PROPERTIES})))
FROM ({{tickets}}) AS t
"""
# In the words of the indexes, so that it has the best plan that there is.
_BY_HAND = "SELECT json_build_object('open', ({open}), 'closed', ({closed}))".format(
    open=_FEATURES.format(
        age="age",
        state="CASE WHEN age <= 1440 THEN 'ok' WHEN age <= 2160 THEN 'warn' WHEN age <= 2880 THEN 'urgent' "
        "ELSE 'overdue' END",
        tickets="SELECT *, floor(date_part('epoch', now() - created_at_service) / 60)::integer AS age FROM tickets.inc "
        f"WHERE {tables.is_open(FEED)} ORDER BY created_at_service DESC, ticket_id LIMIT 5000",
    ),
    closed=_FEATURES.format(
        age="NULL::integer",
        state="NULL::text",
        tickets="SELECT * FROM tickets.inc WHERE closed_at >= now() - interval '7 days' AND closed_at < now() "
        f"AND {tables.closed(FEED)} AND {tables.fits(FEED)} ORDER BY closed_at DESC, ticket_id LIMIT 2000",
    ),
)
_DASHBOARD = "SELECT reporting.fn_inc_dashboard()"


def measure(sizes: Sequence[int] = tuple(OPEN), rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times, and the bytes of the smaller one's document."""
    taken: dict[str, list[float]] = {}
    with throwaway_server(fsync=True) as server, Site(server) as site:
        for tickets in sizes:
            database = site.template(f"year_{tickets}", None, partial(fill, tickets=tickets))
            with connect(server.url(database), "bench") as db:
                taken |= dict(zip(names(tickets), _turns(db, tickets, rounds), strict=True))
                if tickets == SMALL:
                    document = str(db.one(f"{_DASHBOARD}::text")).encode()
                    taken |= {WHOLE: [float(len(document))], ZIPPED: [float(len(gzip.compress(document)))]}
    return taken


def fill(url: str, tickets: int) -> None:
    """Make a database with so many tickets."""
    terms = Terms({FEED.name: FeedTerms({"default": 2880}, timezone="Africa/Nairobi")})
    with connect(url, "bench") as db:
        migrate(db, BUNDLED / "migrations", [FEED], terms=terms)
        with db.transaction():
            db.execute("SELECT set_config('fleetfeed.placed', 'yes', true)")
            db.execute(_TICKETS, [OPEN[tickets], tickets, OPEN[tickets], tickets, tickets])
        db.execute("SELECT tickets.capture_history()")


def _turns(db: Database, tickets: int, rounds: int) -> tuple[list[float], list[float]]:
    """Ask for both in turns, after one round that fills the caches; they have to give the same tickets."""
    db.execute("SET TimeZone = 'Africa/Nairobi'")  # as the dashboard does
    asked = (_DASHBOARD, _BY_HAND)
    with db.transaction(keep=False):  # so that both see the same moment
        whole, by_hand = (db.one(sql) for sql in asked)
    if any(whole[name] != by_hand[name] for name in ("open", "closed")):
        raise RuntimeError("the dashboard and the SELECT by hand give different tickets")
    if len(whole["open"]["features"]) != OPEN[tickets]:
        raise RuntimeError(f"{len(whole['open']['features'])} tickets are open")
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for sql, seconds in zip(asked, taken, strict=True):
            start = perf_counter()
            db.one(f"{sql}::text")
            seconds.append(perf_counter() - start)
    return taken


if __name__ == "__main__":
    found = measure()
    print(", ".join(f"{what}: {found.pop(what)[0]:,.0f}" for what in BYTES))
    show(found, TARGETS)
