"""Limits of providers: per second, minute and day, kept across runs and processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed import Geocoder
from fleetfeed.database import connect
from fleetfeed.geocoding.budget import Budget, Usage, add_call, next_call
from tests.geocoding.kit import NOON, FakeClock, Scene

LIMITS = st.builds(
    Geocoder,
    per_second=st.one_of(st.none(), st.floats(0.1, 50)),
    per_minute=st.one_of(st.none(), st.integers(1, 20)),
    per_day=st.one_of(st.none(), st.integers(1, 30)),
)
PAUSES = st.lists(st.one_of(st.just(0.0), st.floats(0, 90), st.floats(0, 50_000)), min_size=1, max_size=60)


@given(LIMITS, PAUSES)
def test_no_window_ever_holds_more_calls_than_are_allowed(limits: Geocoder, pauses: list[float]) -> None:
    now, usage, calls = NOON, Usage(NOON.date()), []
    for pause in pauses:
        now += timedelta(seconds=pause)
        moment, _ = next_call(limits, usage, now)
        usage = add_call(limits, usage, moment)
        calls.append(moment)
        now = max(now, moment)

    assert all(before <= after for before, after in pairwise(calls))
    for number, call in enumerate(calls):
        if limits.per_second and number:
            assert (call - calls[number - 1]).total_seconds() >= 1 / limits.per_second - 1e-5
        if limits.per_minute:
            assert sum(call <= other < call + timedelta(minutes=1) for other in calls) <= limits.per_minute
        if limits.per_day:
            assert sum(other.date() == call.date() for other in calls) <= limits.per_day


@given(LIMITS, st.integers(1, 40))
def test_nobody_waits_longer_than_the_limits_say(limits: Geocoder, count: int) -> None:
    now, usage = datetime(2026, 11, 24, tzinfo=UTC), Usage(NOON.date())
    for _ in range(count):
        moment, _ = next_call(limits, usage, now)
        usage = add_call(limits, usage, moment)
    seconds = (count - 1) / (limits.per_second or 1e9) + 60 * ((count - 1) // (limits.per_minute or count))
    days = (count - 1) // (limits.per_day or count)
    assert (moment - now).total_seconds() <= seconds + 86400 * days + 61


@pytest.mark.parametrize(
    ("limits", "usage", "wait", "why"),
    [
        (Geocoder(), Usage(NOON.date(), 10**6, (NOON,)), 0, ""),
        (Geocoder(per_second=20), Usage(NOON.date(), 1, (NOON,)), 0.05, "20 calls a second are allowed"),
        (Geocoder(per_minute=1), Usage(NOON.date(), 1, (NOON,)), 60, "1 calls a minute are allowed"),
        (Geocoder(per_day=9), Usage(NOON.date(), 8), 0, ""),
        (Geocoder(per_day=9), Usage(NOON.date(), 9), 12 * 3600, "the 9 calls of this day are made"),
        (Geocoder(per_day=9), Usage(NOON.date() - timedelta(days=1), 9), 0, ""),
        (Geocoder(), Usage(NOON.date(), 0, (), NOON + timedelta(seconds=7), "said so"), 7, "said so"),
        # A call that was reserved while a clock was an hour fast must not stop everything for an hour.
        (Geocoder(per_second=1), Usage(NOON.date(), 1, (NOON + timedelta(hours=1),)), 0, ""),
    ],
)
def test_the_next_call_waits_as_long_as_it_must_and_says_why(
    limits: Geocoder, usage: Usage, wait: float, why: str
) -> None:
    moment, said = next_call(limits, usage, NOON)
    assert ((moment - NOON).total_seconds(), said) == (wait, why)


def test_two_processes_share_one_budget(scene: Scene) -> None:
    limits, until = Geocoder(per_second=2, per_day=5), NOON + timedelta(hours=1)
    with connect(scene.url, "other") as other:
        one, two = Budget(scene.db, FakeClock()), Budget(other, FakeClock())
        moments = [(one, two)[number % 2].reserve("p", limits, until)[0] for number in range(5)]
        tomorrow, why = two.reserve("p", limits, until)

    assert moments == [NOON + timedelta(seconds=number / 2) for number in range(5)]
    assert (tomorrow, why) == (NOON + timedelta(hours=12), "the 5 calls of this day are made")
    assert one.usage("p").calls == 5
    assert Budget(scene.db, FakeClock(NOON + timedelta(days=1))).reserve("p", limits, until + timedelta(days=1))[0]


def test_of_two_processes_at_the_same_moment_one_waits_for_the_other(scene: Scene) -> None:
    limits, until = Geocoder(per_second=2), NOON + timedelta(hours=1)
    Budget(scene.db, FakeClock()).reserve("p", limits, until)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE '%% two %%'"
    with connect(scene.url, "one") as one, connect(scene.url, "two") as two, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            first, _ = Budget(one, FakeClock()).reserve("p", limits, until)
            waiting = pool.submit(Budget(two, FakeClock()).reserve, "p", limits, until)
            while not scene.db.one(waits, []):
                assert not waiting.done()
        second, _ = waiting.result(20)
    assert (first, second) == (NOON + timedelta(seconds=0.5), NOON + timedelta(seconds=1))


def test_what_a_provider_forbids_holds_for_everybody(scene: Scene) -> None:
    clock = FakeClock()
    one = Budget(scene.db, clock)
    one.reserve("p", Geocoder(), NOON)
    one.hold("p", NOON + timedelta(minutes=1), "p answered 429")

    soon, late = NOON + timedelta(seconds=59), NOON + timedelta(seconds=61)
    allowed = (NOON + timedelta(minutes=1), "p answered 429")
    assert Budget(scene.db, clock).reserve("p", Geocoder(), soon) == allowed
    assert one.usage("p").calls == 1
    assert Budget(scene.db, clock).reserve("p", Geocoder(), late) == allowed
    assert one.usage("p").calls == 2
    assert Budget(scene.db, clock).reserve("q", Geocoder(), soon) == (NOON, "")


def test_of_two_holds_the_longer_one_holds_with_its_reason(scene: Scene) -> None:
    budget = Budget(scene.db, FakeClock())
    budget.reserve("p", Geocoder(), NOON)
    for seconds, why in ((1, "a second"), (3600, "a day"), (60, "a minute")):
        budget.hold("p", NOON + timedelta(seconds=seconds), why)
    assert (budget.usage("p").held_until, budget.usage("p").note) == (NOON + timedelta(hours=1), "a day")


def test_a_call_reserved_for_tomorrow_keeps_the_count_of_today() -> None:
    late, limits = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), Geocoder(per_day=8)
    tomorrow = late.date() + timedelta(days=1)
    usage = add_call(limits, Usage(tomorrow, 7), late)
    assert (usage.day, usage.calls) == (tomorrow, 8)
    moment, why = next_call(limits, usage, late)
    assert (moment.date(), why) == (tomorrow + timedelta(days=1), "the 8 calls of this day are made")
    # A day that a wrong clock has begun counts for nobody.
    far = Usage(late.date() + timedelta(days=300), 8)
    assert next_call(limits, far, late) == (late, "")
    assert add_call(limits, far, late).calls == 1


def test_provider_texts_are_stored_without_secrets_and_nul(scene: Scene, key: str) -> None:
    budget = Budget(scene.db, FakeClock())
    budget.reserve("p", Geocoder(), NOON)
    budget.hold("p", NOON + timedelta(hours=1), f"reported\0 of {key[:5]}\0{key[5:]} \ud800")
    assert budget.usage("p").note == "reported of *** ?"
