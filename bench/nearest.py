"""How long it takes to find the ten open tickets that are nearest, against reading one ticket by its primary key.

2,500 open tickets of 21,312, asked in turns on one connection; each time includes the way to the server and back.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from bench.dashboard import fill
from bench.imports import show
from bench.workloads import SMALL
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server

ROUNDS = 300
NEAREST, BY_KEY = "the nearest 10 of 2,500 open tickets", "a ticket by its primary key"
TARGETS = {NEAREST: (BY_KEY, 5.0)}
_NEAREST = "SELECT reporting.fn_inc_nearest(%s, %s, 10)::text"
_BY_KEY = "SELECT * FROM tickets.inc WHERE ticket_id = %s"


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take both times in turns, each time about another place and another ticket."""
    draw = random.Random(1)  # noqa: S311 (places, not secrets)
    taken: dict[str, list[float]] = {NEAREST: [], BY_KEY: []}
    with throwaway_server() as server:
        url = server.create_database("nearest")
        fill(url, SMALL)
        with connect(url, "bench") as db:
            db.execute("ANALYZE tickets.inc")
            for number in range(-10, rounds):  # the first ones fill caches and plans
                times = {
                    NEAREST: _seconds(db, _NEAREST, [draw.uniform(-1.3, -1.2), draw.uniform(36.7, 36.9)]),
                    BY_KEY: _seconds(db, _BY_KEY, [f"INC{draw.randint(1, SMALL)}"]),
                }
                for name, seconds in times.items() if number >= 0 else ():
                    taken[name].append(seconds)
    return taken


def _seconds(db: Database, sql: str, values: list[Any]) -> float:
    start = perf_counter()
    db.all(sql, values)
    return perf_counter() - start


if __name__ == "__main__":
    show(measure(), TARGETS)
