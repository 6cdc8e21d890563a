"""What a plan of dispatch costs, against the SQL that only finds candidates; and how far its units drive.

60 units and 2,500 open tickets. The driving is compared with what is done by eye: each of the most urgent tickets, in
turn, gets the nearest free unit. Both serve as many tickets that are overdue.
"""

from __future__ import annotations

import math
import random
from functools import partial

from bench.dashboard import fill
from bench.exports import FEED
from bench.imports import show
from bench.web import seconds
from bench.workloads import SMALL
from fleetfeed.config.dispatch import BurstSettings, DispatchSettings
from fleetfeed.config.tables import UnitsSettings
from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.tables import is_open
from fleetfeed.dispatch import inputs
from fleetfeed.dispatch.costs import metres, minutes
from fleetfeed.dispatch.eligibility import ticket_refusal, unit_refusal, worth
from fleetfeed.dispatch.objects import Inputs, Plan, TicketNow
from fleetfeed.dispatch.plan import make_plan
from fleetfeed.dispatch.suggest import suggest

ROUNDS, UNITS = 9, 60
PLAN, CANDIDATES = "a plan of 60 units × 2,500 tickets, end to end", "the SQL that finds its candidates both ways"
DRIVEN, BY_EYE = "what the units of a plan drive", "what they drive by urgency, to the nearest free unit"
TARGETS = {PLAN: (CANDIDATES, 3.0), DRIVEN: (BY_EYE, 0.6)}
_RULES, _MAX_AGE = DispatchSettings(), UnitsSettings().position_max_age
_JOIN = """
INSERT INTO tickets.units (unit, home_latitude, home_longitude)
SELECT 'unit-' || n, %s[n], %s[n] FROM generate_series(1, cardinality(%s::float8[])) AS n
"""
# Of each unit the nearest tickets, and for the most urgent tickets the nearest units: else those at the edge of town
# would get no unit.
_CANDIDATES = """
WITH urgent AS MATERIALIZED (
    SELECT ticket_id, geom::public.geography AS geog FROM tickets.inc_open_sla
    WHERE geom IS NOT NULL ORDER BY elapsed_pct DESC NULLS LAST LIMIT 120
)
SELECT count(*) FROM (
    SELECT u.unit, near.ticket_id, near.apart FROM tickets.unit_places AS u CROSS JOIN LATERAL (
        SELECT t.ticket_id, public.st_distance(t.geog, u.geog, false) AS apart FROM tickets.inc AS t
        WHERE {open} AND t.geog IS NOT NULL ORDER BY t.geog OPERATOR(public.<->) u.geog LIMIT 30
    ) AS near
    UNION
    SELECT near.unit, t.ticket_id, near.apart FROM urgent AS t CROSS JOIN LATERAL (
        SELECT u.unit, public.st_distance(t.geog, u.geog, false) AS apart FROM tickets.unit_places AS u
        ORDER BY u.geog OPERATOR(public.<->) t.geog LIMIT 3
    ) AS near
) AS pairs
"""


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times in turns."""
    taken: dict[str, list[float]] = {name: [] for name in (PLAN, CANDIDATES, DRIVEN, BY_EYE)}
    with throwaway_server() as server:
        url = server.create_database("dispatch")
        fill(url, SMALL)
        with connect(url, "bench") as db:
            _join(db)
            candidates = _CANDIDATES.format(open=is_open(FEED).replace("absent_since", "t.absent_since"))
            for _ in range(rounds):
                taken[PLAN].append(seconds(partial(_plan, db)))
                taken[CANDIDATES].append(seconds(partial(db.one, candidates)))
            found = inputs.read("inc", db.one(*inputs.question("inc", BurstSettings())))
            plan = make_plan(found, _RULES, _MAX_AGE)
            taken[DRIVEN].append(60 * sum(each.drive.minutes for each in plan.assignments))
            taken[BY_EYE].append(60 * by_eye(found, plan)[0])
    return taken


def by_eye(found: Inputs, plan: Plan) -> tuple[float, list[TicketNow]]:
    """Return the minutes and the tickets if the most urgent ones, in turn, get the nearest free unit.

    They are as many as the plan has; skills and reach do not matter.
    """
    eligible = [ticket for ticket in found.tickets if ticket_refusal(ticket, _RULES, {}) is None]
    urgent = sorted(eligible, key=lambda ticket: (-worth(ticket, _RULES), ticket.ticket_id))[: len(plan.assignments)]
    free = [unit for unit in found.units if unit_refusal(unit, _RULES, _MAX_AGE, {}) is None]
    ways = metres([unit.point for unit in free if unit.point], [ticket.point for ticket in urgent if ticket.point])
    drives = minutes(ways, urgent, _RULES)
    driven = 0.0
    for column in range(len(urgent)):
        row = int(ways[:, column].argmin())
        driven += float(drives[row, column])
        ways[row] = math.inf
    return driven, urgent


def _plan(db: Database) -> None:
    suggest("inc", db.one(*inputs.question("inc", BurstSettings())), _RULES, _MAX_AGE)


def _join(db: Database) -> None:
    chance = random.Random(1)  # noqa: S311 (the same each time)
    north, east = ([chance.uniform(*bounds) for _ in range(UNITS)] for bounds in ((-1.3, -1.2), (36.7, 36.9)))
    db.execute(_JOIN, [north, east, north])


if __name__ == "__main__":
    show(measure(), TARGETS)
