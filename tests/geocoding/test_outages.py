"""Outages over many places: who is left alone, what is pending, and when it goes on."""

from __future__ import annotations

import random
import string
import threading
from datetime import timedelta

import pytest

from fleetfeed import GeocodeQuery, GeocodeResult, GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.database import connect
from fleetfeed.errors import DatabaseError
from fleetfeed.states import PlaceKind
from tests.geocoding.kit import FOUND, NOON, Scene, Told, at, near, streets
from tests.kit import ticket

NO_KEY = (
    "it has no api_key: set FLEETFEED_GEOCODERS__KEYLESS__API_KEY, with a section [geocoders.keyless] in fleetfeed.toml"
)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (GeocoderUnavailable("reported is down."), 6),
        (NotUnderstood("reported answered nonsense."), 3),
        (KeyError("lat"), 1),
    ],
)
def test_a_provider_that_is_down_is_left_alone_after_a_few_places(scene: Scene, fault: Exception, calls: int) -> None:
    streets(scene, 20)
    report = scene.geocode(Told(fault, per_second=1), locations=True)
    # As many as were on their way when it became clear are counted, too.
    assert calls <= report.calls["reported"] <= calls + 3
    assert report.pending == 20
    assert report.failed == {"reported"}
    assert scene.locations() == {}
    assert set(scene.sources().values()) == {("cluster", "cluster")}


def test_one_place_that_a_provider_chokes_on_does_not_stop_the_others(scene: Scene) -> None:
    streets(scene, 20)

    def choke(query: GeocodeQuery) -> GeocodeResult:
        if query.text in ("Street 3", "Street 11"):
            raise NotUnderstood("reported answered nonsense.")
        return FOUND

    report = scene.geocode(Told(choke), locations=True)
    assert (report.kinds[PlaceKind.LOCATIONS].results, report.pending, report.stopped) == ({"ok": 18}, 2, {})


def test_a_refusing_provider_is_asked_once_and_replaced_for_a_day(scene: Scene) -> None:
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


def test_a_provider_without_a_key_is_not_asked_for_a_day(scene: Scene) -> None:
    streets(scene, 3)
    keyless, silent = Told(FOUND, "keyless", needs=("api_key",)), Told(None, "silent")
    report = scene.geocode(keyless, silent, locations=True)
    again = scene.geocode(keyless, silent, locations=True)

    assert keyless.asked == []
    assert report.stopped == {"keyless": NO_KEY}
    assert (report.calls, again.calls) == ({"silent": 3}, {})
    scene.clock.pass_(days=1)
    scene.clock.pass_(days=1)
    scene.geocode(Told(None, "keyless"), silent, locations=True)
    assert set(scene.locations("attempts, next_try_at").values()) == {(2, scene.clock.now() + timedelta(days=3))}


@pytest.mark.parametrize("fault", [GeocoderUnavailable("down."), RateLimited("too much.", "day"), NotUnderstood("?")])
def test_silence_of_the_second_proves_nothing_while_the_first_is_down(scene: Scene, fault: Exception) -> None:
    streets(scene, 1)
    report = scene.geocode(Told(fault, "first"), Told(None, "second"), locations=True)
    assert (report.pending, report.kinds[PlaceKind.LOCATIONS].results) == (1, {})
    assert scene.locations("status, next_try_at") == {"Street 0": ("not_found", scene.clock.now() + timedelta(hours=1))}


def test_a_full_day_of_a_provider_lasts_until_midnight_for_every_process(scene: Scene) -> None:
    streets(scene, 2)
    full = Told(RateLimited("reported answered 429: Rate Limited Day.", "day"))
    scene.geocode(full, locations=True)
    scene.clock.pass_(hours=11)
    held = scene.geocode(full, locations=True)
    scene.clock.pass_(hours=1)
    free = scene.geocode(Told(FOUND), locations=True)

    assert (held.calls, held.stopped) == ({}, {"reported": "reported answered 429: Rate Limited Day."})
    assert held.standing["budgets"]["reported"]["held_until"] == "2026-11-25T00:00:00+00:00"
    assert (free.calls, free.pending) == ({"reported": 2}, 0)


def test_without_a_geocoder_everything_is_pending(scene: Scene) -> None:
    scene.load(ticket("T1"))
    assert scene.geocode().pending == 1


@pytest.mark.parametrize("order", [("down", "silent"), ("silent", "down")])
def test_a_miss_is_not_repeated_while_another_provider_is_down(scene: Scene, order: tuple[str, str]) -> None:
    streets(scene, 1)
    reported = {"down": Told(GeocoderUnavailable("down."), "down"), "silent": Told(None, "silent")}
    asked = []
    for _ in range(45 * 3):  # runs of three days
        before = len(reported["silent"].asked)
        scene.geocode(*(reported[name] for name in order), locations=True)
        if len(reported["silent"].asked) > before:
            asked.append(round((scene.clock.now() - NOON) / timedelta(hours=1)))
        scene.clock.pass_(minutes=32)
    assert asked == [0, 1, 7, 31, 55]


def test_a_hold_for_the_day_outlives_a_later_hold_for_a_second(scene: Scene) -> None:
    streets(scene, 2)
    both = threading.Barrier(2)
    held = "SELECT count(*) FROM tickets.geo_budgets WHERE held_until IS NOT NULL"

    def limited(query: GeocodeQuery) -> GeocodeResult:
        both.wait(20)
        if query.text == "Street 0":
            raise RateLimited("the day is full.", "day")
        with connect(scene.url, "the other call") as db:
            while not db.one(held):
                pass
        raise RateLimited("this second is full.", "second")

    report = scene.geocode(Told(limited), locations=True)
    assert (report.calls, report.pending, report.stopped) == ({"reported": 2}, 2, {"reported": "the day is full."})
    assert report.standing["budgets"]["reported"]["held_until"] == "2026-11-25T00:00:00+00:00"


def test_a_refusing_provider_is_not_asked_for_queued_places(scene: Scene) -> None:
    streets(scene, 4)
    all_four, refused = threading.Barrier(4), threading.Event()

    def refusing(query: GeocodeQuery) -> GeocodeResult:
        all_four.wait(20)
        if query.text == "Street 0":
            raise NotAuthorised("reported answered 401.")
        assert refused.wait(20)
        raise GeocoderUnavailable("down.")  # else each of them would be asked once more

    def progress(what: str, done: int, total: int) -> None:
        if done:
            refused.set()

    report = scene.geocode(Told(refusing), locations=True, progress=progress)
    assert report.stopped["reported"].startswith("reported answered 401.")
    assert (report.calls, report.pending) == ({"reported": 4}, 4)


def test_a_place_that_cannot_be_stored_is_only_a_warning(scene: Scene) -> None:
    streets(scene, 3)
    letters = random.Random(7)
    cluster, key = ("".join(letters.choices(string.ascii_letters, k=size)) for size in (2_400, 400))
    scene.place(cluster)
    scene.load(ticket("long", cluster=cluster, location_name=key))
    report = scene.geocode(Told(FOUND), locations=True)

    assert (report.kinds[PlaceKind.LOCATIONS].results, report.pending) == ({"ok": 3}, 1)
    (warning,) = report.warnings
    assert warning.startswith(f"'{key[:60]}' could not be stored: The database reports: index row size")
    assert scene.sources()["T2"] == ("location", "street")


def test_geocoding_stops_where_the_database_takes_no_place(scene: Scene) -> None:
    streets(scene, 20)
    provider = Told(FOUND)
    scene.db.execute("ALTER TABLE tickets.geo_locations ADD CONSTRAINT none CHECK (false)")
    try:
        with pytest.raises(DatabaseError) as caught:
            scene.geocode(provider, locations=True)
    finally:
        scene.db.execute("ALTER TABLE tickets.geo_locations DROP CONSTRAINT none")
    assert caught.value.effect == "The places are kept; their tickets get them with the next geocoding."
    assert len(provider.asked) <= 6
