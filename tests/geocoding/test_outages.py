"""Limits, budgets and outages over many places: who is left alone, what is pending, and when it goes on."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from fleetfeed import GeocodeQuery, GeocodeResult, GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from tests.geocoding.kit import KILIMANI, NOON, Scene, Told, at, near
from tests.kit import ticket

FOUND = at(KILIMANI, "street")


def streets(scene: Scene, count: int) -> None:
    """Load tickets, each in a street of its own, in a cluster that is on the map."""
    scene.place()
    scene.load(*(ticket(f"T{number}", location_name=f"Street {number}") for number in range(count)))


def test_many_places_take_as_long_as_the_limit_says(scene: Scene) -> None:
    streets(scene, 200)
    report = scene.geocode(Told(FOUND, per_second=20), locations=True)
    assert report.kinds["locations"].results == {"ok": 200}
    assert scene.clock.slept == pytest.approx(199 / 20)


def test_the_limits_of_a_free_plan_hold_all_at_once(scene: Scene) -> None:
    streets(scene, 150)
    report = scene.geocode(Told(FOUND, per_second=2, per_minute=60, per_day=100), locations=True)
    assert report.calls == {"told": 100}
    assert report.pending == 50
    assert report.stopped == {"told": "the 100 calls of this day are made"}
    assert not report.failed
    assert scene.clock.slept == pytest.approx(60 + 39 / 2)  # 60 in 30 s, a pause until the minute is over, 40 more

    again = scene.geocode(Told(FOUND, per_day=100), locations=True)
    assert (again.calls, again.pending) == ({}, 50)
    scene.clock.pass_(hours=12)
    tomorrow = scene.geocode(Told(FOUND, per_day=100), locations=True)
    assert (tomorrow.calls, tomorrow.pending) == ({"told": 50}, 0)


def test_one_run_may_have_a_budget_of_its_own(scene: Scene) -> None:
    streets(scene, 5)
    first = scene.geocode(Told(FOUND, per_run=2), locations=True)
    second = scene.geocode(Told(FOUND, per_run=2), locations=True)
    assert (first.calls, first.pending, first.stopped) == ({"told": 2}, 3, {"told": "the 2 calls of one run are made"})
    assert (second.calls, second.pending) == ({"told": 2}, 1)


def test_a_limit_of_places_holds_for_clusters_and_locations_together(scene: Scene) -> None:
    scene.load(ticket("T1"), ticket("T2", cluster="QOA"))
    provider = Told(FOUND)
    reports = [scene.geocode(provider, limit=3), scene.geocode(provider, limit=3)]
    assert [report.calls["told"] for report in reports] == [3, 1]
    assert [report.pending for report in reports] == [1, 0]


@pytest.mark.parametrize(
    ("fault", "calls"),
    [(GeocoderUnavailable("told is down."), 6), (NotUnderstood("told answered nonsense."), 3), (KeyError("lat"), 1)],
)
def test_a_provider_that_is_down_is_left_alone_after_a_few_places(scene: Scene, fault: Exception, calls: int) -> None:
    streets(scene, 20)
    report = scene.geocode(Told(fault, per_second=1), locations=True)
    # As many as were on their way when it became clear are counted, too.
    assert calls <= report.calls["told"] <= calls + 3
    assert report.pending == 20
    assert report.failed == {"told"}
    assert scene.locations() == {}
    assert set(scene.sources().values()) == {("cluster", "cluster")}


def test_one_place_that_a_provider_chokes_on_does_not_stop_the_others(scene: Scene) -> None:
    streets(scene, 20)

    def choke(query: GeocodeQuery) -> GeocodeResult:
        if query.text in ("Street 3", "Street 11"):
            raise NotUnderstood("told answered nonsense.")
        return FOUND

    report = scene.geocode(Told(choke), locations=True)
    assert (report.kinds["locations"].results, report.pending, report.stopped) == ({"ok": 18}, 2, {})


def test_a_provider_that_will_not_serve_us_is_asked_once_and_the_next_stands_in_for_a_day(scene: Scene) -> None:
    streets(scene, 5)
    refusing = Told(NotAuthorised("refusing answered 401: Invalid key."), "refusing", per_second=1)
    standing_in = Told(FOUND, "standing in")
    report = scene.geocode(refusing, standing_in, locations=True)

    assert report.calls["refusing"] <= 4  # the first few were asked side by side
    assert (report.pending, report.failed) == (0, {"refusing"})
    assert set(scene.locations("status, provider, expires_at - fetched_at").values()) == {
        ("ok", "standing in", timedelta(days=1))
    }

    scene.clock.pass_(days=1, minutes=1)
    back = Told(at(near(), "venue"), "refusing")
    scene.geocode(back, standing_in, locations=True)
    assert set(scene.locations("status, provider, expires_at").values()) == {("ok", "refusing", None)}


def test_who_has_no_key_is_not_asked_at_all_and_its_places_are_looked_up_again_in_a_day(scene: Scene) -> None:
    streets(scene, 3)
    keyless, silent = Told(FOUND, "keyless", needs=("api_key",)), Told(None, "silent")
    report = scene.geocode(keyless, silent, locations=True)
    again = scene.geocode(keyless, silent, locations=True)

    assert keyless.asked == []
    assert report.stopped == {"keyless": "it has no api_key: set FLEETFEED_GEOCODERS__KEYLESS__API_KEY"}
    assert (report.calls, again.calls) == ({"silent": 3}, {})
    scene.clock.pass_(days=1)
    scene.clock.pass_(days=1)
    scene.geocode(Told(None, "keyless"), silent, locations=True)
    assert set(scene.locations("attempts, next_try_at").values()) == {(2, scene.clock.now() + timedelta(days=3))}


@pytest.mark.parametrize("fault", [GeocoderUnavailable("down."), RateLimited("too much.", "day"), NotUnderstood("?")])
def test_silence_of_the_second_proves_nothing_while_the_first_is_down(scene: Scene, fault: Exception) -> None:
    streets(scene, 1)
    report = scene.geocode(Told(fault, "first"), Told(None, "second"), locations=True)
    assert (scene.locations(), report.pending) == ({}, 1)


def test_a_day_that_a_provider_calls_full_is_over_for_everybody_until_midnight(scene: Scene) -> None:
    streets(scene, 2)
    full = Told(RateLimited("told answered 429: Rate Limited Day.", "day"))
    scene.geocode(full, locations=True)
    scene.clock.pass_(hours=11)
    held = scene.geocode(full, locations=True)
    scene.clock.pass_(hours=1)
    free = scene.geocode(Told(FOUND), locations=True)

    assert (held.calls, held.stopped) == ({}, {"told": "told answered 429: Rate Limited Day."})
    assert held.standing["budgets"]["told"]["held_until"] == "2026-11-25T00:00:00+00:00"
    assert (free.calls, free.pending) == ({"told": 2}, 0)


def test_when_the_time_is_over_no_call_begins(scene: Scene) -> None:
    streets(scene, 100)
    report = scene.geocode(Told(FOUND, per_second=1), locations=True, until=NOON + timedelta(seconds=10))
    assert report.calls == {"told": 11}
    assert (report.pending, report.stopped) == (89, {"told": "the time of this run is over"})
    assert scene.clock.slept == 10


def test_a_limit_is_not_waited_for_beyond_the_time_of_the_run(scene: Scene) -> None:
    streets(scene, 5)
    report = scene.geocode(Told(FOUND, per_minute=2), locations=True, until=NOON + timedelta(seconds=30))
    assert (report.calls, report.pending, scene.clock.slept) == ({"told": 2}, 3, 0)
    late = scene.geocode(Told(FOUND), locations=True, until=NOON - timedelta(seconds=1))
    assert (late.calls, late.pending) == ({}, 3)


def test_without_a_geocoder_everything_is_pending(scene: Scene) -> None:
    scene.load(ticket("T1"))
    assert scene.geocode().pending == 1


def test_two_geocodings_of_a_feed_do_not_ask_twice(scene: Scene) -> None:
    streets(scene, 1)
    with connect(scene.url, "the other") as other, feed_lock(other, "inc:geocode"):
        provider = Told(FOUND)
        report = scene.geocode(provider)
    assert provider.asked == []
    assert report.holder.startswith("fleetfeed the other ")


def test_a_load_goes_on_while_a_provider_is_asked(scene: Scene) -> None:
    streets(scene, 1)
    seen: list[str] = []

    def load_meanwhile(query: GeocodeQuery) -> GeocodeResult:
        with connect(scene.url, "load") as db, feed_lock(db, "inc") as holder:
            seen.append(holder or "free")
            db.execute("UPDATE tickets.inc SET ingested_at = now()")
        return FOUND

    scene.geocode(Told(load_meanwhile), locations=True)
    assert seen == ["free"]


def test_while_a_load_is_at_work_its_tickets_are_left_to_it(scene: Scene) -> None:
    streets(scene, 1)
    with connect(scene.url, "load") as db, feed_lock(db, "inc"):
        report = scene.geocode(Told(FOUND), locations=True)
    assert report.warnings == ["a load is at work; its tickets get their new places with the next geocoding"]
    assert scene.sources() == {"T0": ("cluster", "cluster")}
    assert scene.clock.slept == 60

    assert scene.geocode(Told(None), locations=True).tickets == 1
    assert scene.sources() == {"T0": ("location", "street")}


def test_an_interruption_loses_no_answer_that_had_come(scene: Scene) -> None:
    streets(scene, 30)
    hold = threading.Event()
    answered = 0

    def interrupted(query: GeocodeQuery) -> GeocodeResult:
        nonlocal answered
        answered += 1
        if answered > 10:
            hold.wait(20)
        return FOUND

    class Impatient:
        """Ctrl-C at the 10th answer."""

        def __call__(self, what: str, done: int, total: int) -> None:
            if done == 10:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.geocode(Told(interrupted), locations=True, progress=Impatient())
    hold.set()
    assert len(scene.locations()) == 9

    provider = Told(FOUND)
    report = scene.geocode(provider, locations=True)
    assert len(provider.asked) == 21
    assert report.tickets == 30


def test_four_calls_are_on_their_way_at_once_and_no_more(scene: Scene) -> None:
    streets(scene, 12)
    all_four, lock, now, most = threading.Barrier(4), threading.Lock(), 0, 0

    def together(query: GeocodeQuery) -> GeocodeResult:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        all_four.wait(20)
        with lock:
            now -= 1
        return FOUND

    report = scene.geocode(Told(together), locations=True)
    assert (report.kinds["locations"].results, most) == ({"ok": 12}, 4)
