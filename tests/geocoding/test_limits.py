"""Limits and budgets over many places: how long they take, and what is left for the next run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleetfeed.states import PlaceKind
from tests.geocoding.kit import FOUND, NOON, Scene, Told, streets
from tests.kit import ticket


def test_many_places_take_as_long_as_the_limit_says(scene: Scene) -> None:
    streets(scene, 200)
    report = scene.geocode(Told(FOUND, per_second=20), locations=True)
    assert report.kinds[PlaceKind.LOCATIONS].results == {"ok": 200}
    assert scene.clock.slept == pytest.approx(199 / 20)


def test_the_limits_of_a_free_plan_hold_all_at_once(scene: Scene) -> None:
    streets(scene, 150)
    report = scene.geocode(Told(FOUND, per_second=2, per_minute=60, per_day=100), locations=True)
    assert report.calls == {"reported": 100}
    assert report.pending == 50
    assert report.stopped == {"reported": "the 100 calls of this day are made"}
    assert not report.failed
    assert scene.clock.slept == pytest.approx(60 + 39 / 2)  # 60 in 30 s, a pause until the minute is over, 40 more

    again = scene.geocode(Told(FOUND, per_day=100), locations=True)
    assert (again.calls, again.pending) == ({}, 50)
    scene.clock.pass_(hours=12)
    tomorrow = scene.geocode(Told(FOUND, per_day=100), locations=True)
    assert (tomorrow.calls, tomorrow.pending) == ({"reported": 50}, 0)


def test_one_run_may_have_a_budget_of_its_own(scene: Scene) -> None:
    streets(scene, 5)
    first = scene.geocode(Told(FOUND, per_run=2), locations=True)
    second = scene.geocode(Told(FOUND, per_run=2), locations=True)
    assert (first.calls, first.pending, first.stopped) == (
        {"reported": 2},
        3,
        {"reported": "the 2 calls of one run are made"},
    )
    assert (second.calls, second.pending) == ({"reported": 2}, 1)


def test_a_limit_of_places_holds_for_clusters_and_locations_together(scene: Scene) -> None:
    scene.load(ticket("T1"), ticket("T2", cluster="QOA"))
    provider = Told(FOUND)
    reports = [scene.geocode(provider, limit=3), scene.geocode(provider, limit=3)]
    assert [report.calls["reported"] for report in reports] == [3, 1]
    assert [report.pending for report in reports] == [1, 0]


def test_when_the_time_is_over_no_call_begins(scene: Scene) -> None:
    streets(scene, 100)
    report = scene.geocode(Told(FOUND, per_second=1), locations=True, until=NOON + timedelta(seconds=10))
    assert report.calls == {"reported": 11}
    assert (report.pending, report.stopped) == (89, {"reported": "the time of this run is over"})
    assert scene.clock.slept == 10


def test_a_limit_is_not_waited_for_beyond_the_time_of_the_run(scene: Scene) -> None:
    streets(scene, 5)
    report = scene.geocode(Told(FOUND, per_minute=2), locations=True, until=NOON + timedelta(seconds=30))
    assert (report.calls, report.pending, scene.clock.slept) == ({"reported": 2}, 3, 0)
    late = scene.geocode(Told(FOUND), locations=True, until=NOON - timedelta(seconds=1))
    assert (late.calls, late.pending) == ({}, 3)


@pytest.mark.parametrize(
    ("limits", "seconds", "why"),
    [
        ({"per_day": 1}, 30, "the 1 calls of this day are made"),
        ({"per_minute": 1}, 30, "the time of this run is over"),
        ({"per_minute": 1}, 90, ""),
    ],
)
def test_what_stops_a_provider_is_reported_as_it_is(
    scene: Scene, limits: dict[str, Any], seconds: int, why: str
) -> None:
    streets(scene, 2)
    report = scene.geocode(Told(FOUND, **limits), locations=True, until=NOON + timedelta(seconds=seconds))
    assert report.stopped == ({"reported": why} if why else {})
