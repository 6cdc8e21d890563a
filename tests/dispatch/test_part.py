"""A part of a plan: what is of some units, or of one cluster."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.dispatch.document import document
from fleetfeed.dispatch.objects import Hold, TicketNow, UnitNow
from fleetfeed.dispatch.part import part
from fleetfeed.errors import UsageError
from tests.dispatch import towns
from tests.dispatch.towns import RULES, plan, ticket, unit

CLUSTERS = [None, "Embakasi", "Westlands"]


def _whole(units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], stops: int = 1) -> dict[str, Any]:
    placed = [
        each._replace(properties={"cluster": CLUSTERS[place % len(CLUSTERS)]}) for place, each in enumerate(tickets)
    ]
    rules = RULES.model_copy(update={"per_unit": stops})
    return document(plan(units, placed, holds=holds, rules=rules), rules)


@given(towns.units(), towns.tickets(), towns.holds(), st.integers(1, 3))
def test_the_parts_of_all_units_add_up_to_the_plan(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], stops: int
) -> None:
    whole = _whole(units, tickets, holds, stops)
    parts = [part(whole, [each.unit]) for each in units]
    assert [one for each in parts for one in each["assignments"]] == whole["assignments"]
    assert sorted(one["unit"] for each in parts for one in each["idle"]) == sorted(one["unit"] for one in whole["idle"])
    for name in ("assigned", "units", "going", "idle", "travel_minutes"):
        assert sum(each["totals"][name] for each in parts) == pytest.approx(whole["totals"][name])


@given(towns.units(), towns.tickets(), towns.holds())
def test_the_parts_of_all_clusters_add_up_to_the_plan(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold]
) -> None:
    whole = _whole(units, tickets, holds)
    names = ["(none)", "Embakasi", "Westlands"][: len(tickets)]
    parts = [part(whole, cluster=name) for name in names]
    for name in ("open", "assigned", "refused"):
        assert sum(each["totals"][name] for each in parts) == whole["totals"][name]


def test_without_a_unit_or_a_cluster_it_is_the_plan() -> None:
    whole = _whole([unit("U0")], [ticket("T0")], [])
    assert part(whole) == {**whole, "part_of": None}


@pytest.mark.parametrize(
    ("units", "cluster", "cause"),
    [
        (["U"], None, "There is no unit 'U'; did you mean `U0`?"),
        ([], "Embakasy", "No open ticket is in a cluster 'Embakasy'; did you mean `Embakasi`?"),
    ],
)
def test_a_typo_is_named(units: list[str], cluster: str | None, cause: str) -> None:
    whole = _whole([unit("U0")], [ticket("T0"), ticket("T1")], [])
    with pytest.raises(UsageError) as caught:
        part(whole, units, cluster)
    assert caught.value.cause == cause
