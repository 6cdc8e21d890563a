"""Reassign the later stops with VROOM, where pyvroom is installed: the same tickets with less driving.

The rounds choose which tickets are worth a drive; VROOM, which maximises the number of jobs whatever they cost, decides
who takes which of them, and in which order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from fleetfeed.dispatch.costs import metres, minutes
from fleetfeed.dispatch.objects import TicketNow, UnitNow
from fleetfeed.dispatch.rounds import Played, Round

Route = list[TicketNow]
_HIGHEST = 100  # priority that VROOM knows


def rerouted(played: Sequence[Played]) -> list[Played] | None:
    """Return the rounds with other later stops if those cost less; the first round stays. None: nothing is better."""
    try:
        import vroom  # noqa: F401 (only whether it is there)
    except ImportError:
        return None
    if len(played) < 2:
        return None
    first, pairs = played[0]
    begun = [(first.units[row], first.tickets[column]) for row, column in pairs]
    later = [this.tickets[column] for this, pairs in played[1:] for _, column in pairs]
    routes = _solve(first, begun, sorted(later, key=lambda ticket: ticket.ticket_id))
    found = [played[0], *_as_rounds(first, [(unit, [start, *routes[unit.unit]]) for unit, start in begun])]
    return found if _cost(found) < _cost(played) else None


def _solve(first: Round, begun: Sequence[tuple[UnitNow, TicketNow]], later: Sequence[TicketNow]) -> dict[str, Route]:
    """Return who takes which of the later tickets, in which order."""
    import vroom

    units, starts = [unit for unit, _ in begun], [start for _, start in begun]
    places = [ticket.point for ticket in (*starts, *later) if ticket.point]
    problem = vroom.Input()
    problem.set_durations_matrix("car", 60 * minutes(metres(places, places), [*starts, *later], first.rules))
    here = Round(units, places[: len(units)], later, first.rules, first.wishes)
    # A job's one skill stands for all units that may take it: for its kind, for exclusions and for pins.
    crews, crew_of = np.unique(here.may_take, axis=1, return_inverse=True)
    for row, unit in enumerate(units):
        most = min(first.rules.per_unit, unit.most_tickets or first.rules.per_unit) - 1
        skills = set(np.flatnonzero(crews[row]).tolist())
        problem.add_vehicle(vroom.Vehicle(row, start=row, max_tasks=most, skills=skills))
    priorities = np.rint(_HIGHEST * here.worths / max(here.worths.max(), 1)).astype(int).tolist()
    for column, (crew, priority) in enumerate(zip(crew_of.tolist(), priorities, strict=True)):
        problem.add_job(vroom.Job(column, len(units) + column, skills={crew}, priority=priority))
    solved = problem.solve(exploration_level=0, nb_threads=1).routes
    found: dict[str, Route] = {unit.unit: [] for unit in units}
    for row, kind, column in zip(solved["vehicle_id"], solved["type"], solved["id"], strict=True):
        if kind == "job":
            found[units[row].unit].append(later[column])
    return found


def _as_rounds(first: Round, routes: Sequence[tuple[UnitNow, Route]]) -> Iterator[Played]:
    """Yield the rounds after the first; what is not worth its drive is cut from the end of a route."""
    kept = [(unit, _worthwhile(first, unit, route)) for unit, route in routes]
    longest = max(len(route) for _, route in kept)
    for stop in range(2, longest + 1):
        going = [(unit, route[stop - 2], route[stop - 1]) for unit, route in kept if len(route) >= stop]
        yield _round(first, going, stop), [(place, place) for place in range(len(going))]


def _worthwhile(first: Round, unit: UnitNow, route: Route) -> Route:
    costs = []
    for start, ticket in pairwise(route):
        cost = _round(first, [(unit, start, ticket)]).wanted[0, 0]
        if not np.isfinite(cost):
            break
        costs.append(cost)
    while costs and costs[-1] >= 0:
        costs.pop()
    return route[: len(costs) + 1]


def _round(first: Round, going: Sequence[tuple[UnitNow, TicketNow, TicketNow]], stop: int = 2) -> Round:
    starts = [start.point for _, start, _ in going if start.point]
    units, tickets = [unit for unit, _, _ in going], [ticket for _, _, ticket in going]
    return Round(units, starts, tickets, first.rules, first.wishes, stop)


def _cost(played: Sequence[Played]) -> float:
    return sum(float(this.wanted[pair]) for this, pairs in played for pair in pairs)
