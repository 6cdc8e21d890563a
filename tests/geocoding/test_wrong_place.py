"""A place that is not believed: what is kept of it, and where its tickets are then."""

from __future__ import annotations

import pytest

from fleetfeed import GeocodeResult, Point
from fleetfeed.states import PlaceKind
from tests.geocoding.kit import KILIMANI, Scene, Told, at, near
from tests.kit import ticket

MOMBASA = Point(-4.0435, 39.6682)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (at(near(), "city", name="Nairobi"), "wrong place: only the city was found, not the place itself"),
        (at(near(), "country"), "wrong place: only the country was found, not the place itself"),
        (at(MOMBASA, name="Moi Avenue, Mombasa"), "wrong place: 442.8 km from its cluster, of 25 km at most"),
        (at(Point(51.5, 0)), "wrong place: 51.5, 0 is outside the country"),
    ],
)
def test_a_refused_answer_is_kept_and_the_ticket_is_at_its_cluster(
    scene: Scene, answer: GeocodeResult, note: str
) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    report = scene.geocode(Told(answer))

    kept = scene.locations("status, note, geom, display_name, provider")
    assert kept == {"Moi Avenue": ("rejected", note, None, answer.display_name, "reported")}
    assert scene.sources() == {"T1": ("cluster", "cluster")}
    assert report.kinds[PlaceKind.LOCATIONS].results == {"rejected": 1}
    assert report.standing["tickets"] == {"cluster": 1}


def test_of_several_places_the_nearest_that_counts_is_the_tickets(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    scene.geocode(Told(at(MOMBASA, "street", at(near(0.1), "street"), at(near(0.02), "street"), at(near(), "city"))))
    assert scene.bench.one("T1", "latitude")["latitude"] == pytest.approx(near(0.02).latitude)


def test_an_answer_that_is_refused_is_no_answer_to_the_next_geocoder(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    far, right = Told(at(MOMBASA), "far"), Told(at(near(), "venue"), "right")
    scene.geocode(far, right)
    assert scene.locations("status, provider") == {"Moi Avenue": ("ok", "right")}


@pytest.mark.parametrize("order", [("wrong", "silent"), ("silent", "wrong")])
def test_a_refusal_says_more_than_silence(scene: Scene, order: tuple[str, str]) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    reported = {"wrong": Told(at(MOMBASA), "wrong"), "silent": Told(None, "silent")}
    scene.geocode(*(reported[name] for name in order))
    assert scene.locations("status, provider") == {"Moi Avenue": ("rejected", "wrong")}


def test_when_its_cluster_moves_a_location_is_judged_anew(scene: Scene) -> None:
    scene.place(status="ok")
    scene.db.execute("UPDATE tickets.geo_clusters SET expires_at = %s", [scene.clock.now()])
    scene.load(ticket("T1", location_name="near"), ticket("T2", location_name="far"))
    places = {"near": at(near(), "street"), "far": at(MOMBASA, "street"), "Kilimani": at(KILIMANI, "neighbourhood")}
    scene.geocode(Told(lambda query: places[query.text]))
    assert scene.locations() == {"near": "ok", "far": "rejected"}
    assert scene.sources() == {"T1": ("location", "street"), "T2": ("cluster", "cluster")}

    scene.db.execute("UPDATE tickets.geo_clusters SET expires_at = %s", [scene.clock.now()])
    places["Kilimani"] = at(MOMBASA, "neighbourhood")
    report = scene.geocode(Told(lambda query: places[query.text]))

    assert scene.locations() == {"near": "rejected", "far": "ok"}
    assert scene.sources() == {"T1": ("cluster", "cluster"), "T2": ("location", "street")}
    assert report.kinds[PlaceKind.LOCATIONS].results == {"rejected": 1, "ok": 1}


def test_the_radius_of_a_feed_applies_to_its_own_locations(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="ours"))
    scene.db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, geom, status) "
        "SELECT 'Kilimani', key, public.ST_SetSRID(public.ST_MakePoint(37.2, -1.29), 4326), 'ok' "
        "FROM unnest(ARRAY['ours', 'theirs']) AS key"
    )
    scene.geocode(locations=True)
    assert scene.locations() == {"ours": "rejected", "theirs": "ok"}


def test_a_location_found_by_another_program_is_judged_like_any_other(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="adopted"))
    scene.db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, geom, status) VALUES "
        "('Kilimani', 'adopted', public.ST_SetSRID(public.ST_MakePoint(39.67, -4.04), 4326), 'ok')"
    )
    silent = Told(None)
    scene.geocode(silent)
    assert silent.texts == ["adopted"]
    assert scene.locations() == {"adopted": "not_found"}
    assert scene.sources() == {"T1": ("cluster", "cluster")}
