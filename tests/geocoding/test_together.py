"""Geocoding beside loads, beside itself, and interrupted."""

from __future__ import annotations

import threading

import pytest

from fleetfeed import GeocodeQuery, GeocodeResult
from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from fleetfeed.states import PlaceKind
from tests.geocoding.kit import FOUND, Scene, Told, streets


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
    assert (report.kinds[PlaceKind.LOCATIONS].results, most) == ({"ok": 12}, 4)


def test_a_run_waits_a_moment_for_places_and_then_goes_first(scene: Scene) -> None:
    asks = "application_name LIKE '%%run inc%%' AND wait_event = 'advisory'"
    waits = f"SELECT count(*) FROM pg_stat_activity WHERE {asks}"
    released, reported = threading.Event(), list[str | None]()

    def run() -> None:
        with connect(scene.url, "run inc") as db, feed_lock(db, "inc", 20) as holder:
            reported.append(holder)
            assert released.wait(20)

    thread = threading.Thread(target=run)
    with feed_lock(scene.db, "inc") as first:
        thread.start()
        while not scene.db.one(waits, []):
            assert thread.is_alive()
    with feed_lock(scene.db, "inc") as then:
        assert first is None
        assert (then or "").startswith("fleetfeed run inc ")
    released.set()
    thread.join(20)
    assert reported == [None]


def test_a_run_does_not_wait_long_for_another_one(scene: Scene) -> None:
    with connect(scene.url, "load") as load, feed_lock(load, "inc"), feed_lock(scene.db, "inc", 0.05) as holder:
        assert (holder or "").startswith("fleetfeed load ")
        assert scene.db.one("SHOW lock_timeout") == "10s"
