"""A part of a plan: what is of some units, or of one cluster. The plan itself is always made of everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fleetfeed.errors import UsageError
from fleetfeed.text.suggest import did_you_mean

_NO_CLUSTER = "(none)"
_SHOWN = 20  # clusters in a message


def part(document: Mapping[str, Any], units: Collection[str] = (), cluster: str | None = None) -> dict[str, Any]:
    """Return what of a plan is of these units and of the tickets of this cluster, if any are named.

    Tickets that are left over are of no unit, and idle units of no cluster. `part_of` has the totals of the whole plan.
    Raises UsageError for a unit or a cluster that is not in the plan.
    """
    _check(document, units, cluster)
    if not units and cluster is None:
        return {**document, "part_of": None}
    assignments = [
        each
        for each in document["assignments"]
        if (not units or each["unit"] in units) and cluster in (None, _cluster(each["ticket"]["cluster"]))
    ]
    idle = [] if cluster is not None else [each for each in document["idle"] if each["unit"] in units]
    refused = [] if units else [found for group in document["refused"] if (found := _of_cluster(group, cluster))]
    return {
        **document,
        "assignments": assignments,
        "idle": idle,
        "refused": refused,
        "totals": totals(assignments, idle, refused),
        "part_of": document["totals"],
    }


def totals(
    assignments: Sequence[Mapping[str, Any]], idle: Sequence[Mapping[str, Any]], refused: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the counts: open = assigned + refused, units = going + idle."""
    going = {each["unit"] for each in assignments}
    left = sum(group["n"] for group in refused)
    return {
        "open": len(assignments) + left,
        "assigned": len(assignments),
        "refused": left,
        "units": len(going) + len(idle),
        "going": len(going),
        "idle": len(idle),
        "travel_minutes": round(sum(each["travel_minutes"] for each in assignments), 1),
    }


def _of_cluster(group: Mapping[str, Any], cluster: str | None) -> dict[str, Any] | None:
    tickets = [ticket for ticket in group["tickets"] if _cluster(ticket["cluster"]) == cluster]
    return {"reason": group["reason"], "n": len(tickets), "tickets": tickets} if tickets else None


def _check(document: Mapping[str, Any], units: Collection[str], cluster: str | None) -> None:
    going = {each["unit"] for each in document["assignments"]}
    known = sorted(going | {each["unit"] for each in document["idle"]})
    for name in units:
        if name not in known:
            raise UsageError(
                f"There is no unit {name!r}{did_you_mean(name, known) or '.'}",
                effect="No plan is shown.",
                next_step="`fleetfeed units list` shows all.",
            )
    if cluster is None:
        return
    tickets = [each["ticket"] for each in document["assignments"]]
    tickets += [ticket for group in document["refused"] for ticket in group["tickets"]]
    clusters = sorted({_cluster(ticket["cluster"]) for ticket in tickets})
    if cluster not in clusters:
        raise UsageError(
            f"No open ticket is in a cluster {cluster!r}{did_you_mean(cluster, clusters) or '.'}",
            effect="No plan is shown.",
            next_step=f"Name one of: {', '.join(clusters[:_SHOWN])}{', …' * (len(clusters) > _SHOWN)}.",
        )


def _cluster(name: str | None) -> str:
    return name or _NO_CLUSTER
