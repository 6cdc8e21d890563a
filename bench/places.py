"""How long it takes to bring places to tickets, against a plain UPDATE, and to ask for new ones, against the limit.

The UPDATE writes the same rows of the same table, with a place that it is given; resolving has to find out which rows,
and which place. The provider answers in 50 ms and may be asked 20 times a second.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from time import perf_counter

from bench.exports import FEED
from bench.imports import show
from bench.server import Site
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.geo import Geocoder
from fleetfeed.geocoding.apply import update_tickets
from fleetfeed.geocoding.geocode import GeocodeJob, geocode
from fleetfeed.geocoding.providers import providers
from fleetfeed.plugins.registry import BUNDLED, find
from fleetfeed.runtime.clock import Clock
from fleetfeed.stages import STAGES
from fleetfeed.states import PlaceKind

ROUNDS = 3
TICKETS, CLUSTERS, LOCATIONS = 200_000, 14, 5_000
PLACES, PER_SECOND, LATENCY = 1_000, 20, 0.05
RESOLVE, PLAIN = f"{TICKETS:,} tickets get their places", "one plain UPDATE of them"
ASK, LIMIT = f"{PLACES:,} new places are asked for", f"what {PER_SECOND} a second dictate"
TARGETS = {RESOLVE: (PLAIN, 1.5), ASK: (LIMIT, 1.1)}  # what → against what, and at most how many times as long

_TICKETS = """
INSERT INTO tickets.inc (ticket_id, location_key, raw)
SELECT 'INC' || n, 'Street ' || n %% %s, jsonb_build_object('ticket_id', 'INC' || n, 'raw_status', 'OPEN',
    'normalized_status', 'open', 'bucket', 'no light', 'is_actionable', 'true', 'is_alarm', 'false',
    'is_auto_created', 'false', 'is_auto_closed', 'false', 'service_type', 'FTTH',
    'cluster', 'Cluster ' || n %% %s %% %s,
    'region', 'nairobi west', 'location_name', 'Street ' || n %% %s, 'assigned_team', 'Team ' || n %% 20,
    'created_at_service', '2026-11-18 08:00:00', 'first_seen_at', '2026-11-18 08:07:00',
    'last_seen_at', '2026-11-20 08:00:00', 'source_created_at', '2026-11-18 08:07:00',
    'source_updated_at', '2026-11-19 10:00:00')
FROM generate_series(1, %s) AS n
"""
_CLUSTERS = """
INSERT INTO tickets.geo_clusters (cluster, geom, status)
SELECT 'Cluster ' || n, public.st_setsrid(public.st_makepoint(36.7 + n / 100.0, -1.3), 4326), 'ok'
FROM generate_series(0, %s - 1) AS n
"""
# Every other ticket's location is known; the others are at their cluster.
_LOCATIONS = """
INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, precision)
SELECT 'Cluster ' || 2 * n %% %s, 'Street ' || 2 * n,
    public.st_setsrid(public.st_makepoint(36.7 + n / 100000.0, -1.3), 4326), 'ok', 'street'
FROM generate_series(0, %s - 1) AS n
"""
_PLAIN = """
UPDATE tickets.inc SET geom = public.st_setsrid(public.st_makepoint(36.8, -1.3), 4326), geo_source = 'cluster',
    geo_precision = 'cluster'
"""


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times; each round of an UPDATE begins with a copy of the same database."""
    taken: dict[str, list[float]] = {RESOLVE: [], PLAIN: [], ASK: [], LIMIT: [(PLACES - 1) / PER_SECOND]}
    with throwaway_server(fsync=True) as server, Site(server) as site:
        tickets = site.template("places", None, _fill)
        for _ in range(rounds):
            for what, write in ((RESOLVE, _resolve), (PLAIN, _plain)):
                with site.copy(tickets) as name, connect(server.url(name), "bench") as db:
                    taken[what].append(write(db))
        streets = site.template("streets", None, _fill_streets)
        with site.copy(streets) as name, connect(server.url(name), "bench") as db:
            taken[ASK].append(_ask(db))
    return taken


def _fill(url: str) -> None:
    with connect(url, "bench") as db:
        migrate(db, BUNDLED / "migrations", [FEED])
        names = 2 * LOCATIONS
        db.execute(_TICKETS, [names, names, CLUSTERS, names, TICKETS])
        db.execute(_CLUSTERS, [CLUSTERS])
        db.execute(_LOCATIONS, [CLUSTERS, LOCATIONS])


def _fill_streets(url: str) -> None:
    with connect(url, "bench") as db:
        migrate(db, BUNDLED / "migrations", [FEED])
        db.execute(_TICKETS, [PLACES, PLACES, 1, PLACES, PLACES])
        db.execute(_CLUSTERS, [1])


def _resolve(db: Database) -> float:
    start = perf_counter()
    changed = update_tickets(db, FEED, Clock())
    seconds = perf_counter() - start
    if changed != TICKETS or db.one("SELECT count(*) FROM tickets.inc WHERE geo_source IS NULL"):
        raise RuntimeError(f"{changed} of {TICKETS:,} tickets have got a place")
    return seconds


def _plain(db: Database) -> float:
    start = perf_counter()
    with db.transaction():
        db.execute("SELECT set_config('fleetfeed.placed', 'yes', true)")
        db.execute(_PLAIN)
    return perf_counter() - start


def _ask(db: Database) -> float:
    with _provider() as host:

        def settings(name: str, declared: Geocoder) -> Geocoder:
            given = {"host": host, "api_key": "none", "per_second": float(PER_SECOND)}
            return replace(declared, **given, per_minute=None, per_day=None)  # type: ignore[arg-type]

        manager = find(BUNDLED, ["geocoders"]).manager(FEED, ["locationiq"], stages=STAGES)
        job = GeocodeJob(FEED, providers(manager, settings), locations=True)
        start = perf_counter()
        report = geocode(job, db)
        seconds = perf_counter() - start
    if report.kinds[PlaceKind.LOCATIONS].results != {"ok": PLACES}:
        raise RuntimeError(f"of {PLACES:,} places were found: {report.as_dict()}")
    return seconds


@contextmanager
def _provider() -> Iterator[str]:
    """Run LocationIQ in a process of its own: its work is not ours."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Street)
    pipe.send(server.server_port)
    server.serve_forever()


class _Street(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    body = b'[{"lat": "-1.3", "lon": "36.7", "display_name": "x", "matchquality": {"matchlevel": "street"}}]'

    def do_GET(self) -> None:
        """Answer in the time that a provider takes."""
        time.sleep(LATENCY)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        """Say nothing."""


if __name__ == "__main__":
    show(measure(), TARGETS)
