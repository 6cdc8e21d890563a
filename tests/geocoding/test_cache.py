"""One call per new place and cache period: what is kept, for how long, and what is asked again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleetfeed import BadQuery, GeocodeResult, GeocoderUnavailable, NotAuthorised, RateLimited
from fleetfeed.geo import Point
from fleetfeed.states import PlaceKind
from tests.geocoding.kit import KILIMANI, NOON, Scene, Told, at, near
from tests.kit import ticket

DAY = timedelta(days=1)


def test_one_call_for_each_cluster_and_each_name_in_it(scene: Scene) -> None:
    scene.load(
        *[
            ticket("T1", location_name="Moi Avenue [OLT-07/GPON 3]"),
            ticket("T2", location_name="Moi Avenue [OLT-09/GPON 1]"),
            ticket("T3", location_name="Moi  Avenue"),
            ticket("T4", cluster="QOA", location_name="Moi Avenue"),
            ticket("T5", cluster="QOA", location_name=""),
        ]
    )
    provider = Told(at(near(), "street"))
    report = scene.geocode(provider)

    assert sorted(provider.texts) == ["Kilimani", "Moi Avenue", "Moi Avenue", "Quarry Road"]
    assert report.calls == {"reported": 4}
    assert set(scene.clusters("query").values()) == {"Kilimani", "Quarry Road"}
    assert len(scene.locations()) == 3  # spelt twice in Kilimani (the third differs in spaces only), once in QOA
    assert set(scene.sources().values()) == {("location", "street"), ("cluster", "cluster")}


def test_a_second_geocoding_calls_nobody_and_writes_nothing(scene: Scene) -> None:
    scene.load(ticket("T1"), ticket("T2", cluster="QOA", location_name="nowhere"))
    provider = Told(lambda query: None if query.text == "nowhere" else at(near(), "street"))
    scene.geocode(provider)
    tables = ("inc", "geo_clusters", "geo_locations")
    before = [scene.bench.versions(f"tickets.{name}") for name in tables]

    report = scene.geocode(provider)

    assert report.calls == {}
    assert (report.tickets, report.pending) == (0, 0)
    assert [scene.bench.versions(f"tickets.{name}") for name in tables] == before


def test_a_new_spelling_of_a_known_name_takes_its_answer_without_a_call(scene: Scene) -> None:
    scene.place()
    provider = Told(at(near(), "venue", name="Yaya Centre"))
    scene.load(ticket("T1", location_name="Yaya Centre [FAT 1]"))
    scene.geocode(provider)
    rows = [ticket("T1", location_name="Yaya Centre [FAT 1]"), ticket("T2", location_name="FAT 2: Yaya Centre")]
    scene.bench.loaded(rows)

    report = scene.geocode(provider)

    assert provider.texts == ["Yaya Centre"]
    assert report.kinds[PlaceKind.LOCATIONS].results == {"reused": 1}
    assert set(scene.locations("status, display_name, provider").values()) == {("ok", "Yaya Centre", "reported")}
    assert scene.sources()["T2"] == ("location", "venue")


def test_what_is_kept_says_where_it_came_from(scene: Scene) -> None:
    scene.load(ticket("T1"))
    scene.geocode(
        Told(at(KILIMANI, "neighbourhood", name="Kilimani, Nairobi"), cache=timedelta(hours=48)), clusters=True
    )

    kept = (
        "query, latitude, longitude, status, precision, provider, display_name, attempts, fetched_at, expires_at, note"
    )
    assert scene.clusters(kept)["Kilimani"] == (
        *("Kilimani", KILIMANI.latitude, KILIMANI.longitude, "ok", "neighbourhood", "reported", "Kilimani, Nairobi", 0),
        *(NOON, NOON + timedelta(hours=48), None),
    )


def test_an_expired_point_stays_on_the_map_until_it_is_refreshed(scene: Scene) -> None:
    scene.load(ticket("T1"))
    scene.geocode(Told(at(KILIMANI, "street"), cache=timedelta(hours=48)), clusters=True)

    scene.clock.pass_(hours=47)
    early = Told(at(near(), "street"))
    scene.geocode(early, clusters=True)
    scene.clock.pass_(hours=2)
    down = Told(RuntimeError("down"))
    scene.geocode(down, clusters=True)
    still = scene.bench.one("T1", "latitude, geo_source")
    fresh = Told(at(near(), "street"))
    scene.geocode(fresh, clusters=True)

    assert (early.asked, len(down.asked), len(fresh.asked)) == ([], 1, 1)
    assert still == {"latitude": KILIMANI.latitude, "geo_source": "cluster"}
    assert scene.bench.one("T1", "latitude")["latitude"] == pytest.approx(near().latitude)


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (Told(None, "keyless", needs=("api_key",)), None),
        (Told(NotAuthorised("401."), "first"), at(Point(51.5, 0))),
        (Told(GeocoderUnavailable("down."), "first"), BadQuery("silent answered 400.")),
        (Told(RateLimited("full.", "day"), "first"), None),
    ],
)
def test_an_expired_point_stays_while_its_provider_cannot_be_asked(
    scene: Scene, first: Told, answer: GeocodeResult | Exception | None
) -> None:
    scene.load(ticket("T1", location_name="Moi Avenue"))
    scene.geocode(Told(at(KILIMANI, "street"), cache=timedelta(hours=48)))
    scene.clock.pass_(hours=49)
    silent = Told(answer, "silent")
    scene.geocode(first, silent)
    again = scene.geocode(first, silent)

    assert len(silent.asked) == 2  # the cluster and the location, and both but once
    assert again.calls == {}
    assert (scene.clusters("status, latitude"), scene.locations("status, latitude")) == (
        {"Kilimani": ("ok", KILIMANI.latitude)},
        {"Moi Avenue": ("ok", KILIMANI.latitude)},
    )
    assert scene.sources() == {"T1": ("location", "street")}
    scene.clock.pass_(days=1)
    scene.geocode(Told(at(near(), "street"), "first"), silent, clusters=True)
    assert scene.clusters("status, attempts, provider") == {"Kilimani": ("ok", 0, "first")}


def test_a_miss_of_another_spelling_takes_no_point_away(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Yaya Centre [FAT 1]"))
    scene.geocode(Told(at(near(), "venue"), cache=DAY), locations=True)
    scene.clock.pass_(days=2)
    row = "'Kilimani', 'FAT 2: Yaya Centre', 'Yaya Centre', 'not_found', 'reported', 1, %s"
    scene.db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, query, status, provider, attempts, next_try_at) "
        f"VALUES ({row})",
        [scene.clock.now() + DAY],
    )
    silent = Told(None)
    scene.geocode(silent, locations=True)
    assert silent.asked == []
    assert scene.sources() == {"T1": ("location", "venue")}


def test_without_a_cache_period_a_point_counts_for_good(scene: Scene) -> None:
    scene.load(ticket("T1"))
    scene.geocode(Told(at(KILIMANI, "street")), clusters=True)
    scene.clock.pass_(days=3650)
    later = Told(None)
    scene.geocode(later, clusters=True)
    assert later.asked == []


@pytest.mark.parametrize("answer", [None, at(Point(51.5, 0)), BadQuery("reported answered 400: Invalid Request.")])
def test_what_was_not_found_is_asked_again_after_1_3_and_7_days(
    scene: Scene, answer: GeocodeResult | Exception | None
) -> None:
    scene.load(ticket("T1"))
    provider, asked = Told(answer), []
    for _ in range(25):
        before = len(provider.asked)
        scene.geocode(provider, clusters=True)
        if len(provider.asked) > before:
            asked.append((scene.clock.now() - NOON).days)
        scene.clock.pass_(days=1)

    assert asked == [0, 1, 4, 11, 18]
    assert scene.clusters("attempts") == {"Kilimani": 5}


def test_what_is_found_at_last_begins_anew(scene: Scene) -> None:
    scene.load(ticket("T1"))
    scene.geocode(Told(None), clusters=True)
    scene.clock.pass_(days=1)
    scene.geocode(Told(at(KILIMANI, "street")), clusters=True)
    assert scene.clusters("status, attempts, next_try_at, note") == {"Kilimani": ("ok", 0, None, None)}
    assert scene.sources() == {"T1": ("cluster", "cluster")}


def test_a_place_that_is_gone_leaves_the_map(scene: Scene) -> None:
    scene.load(ticket("T1"))
    scene.geocode(Told(at(KILIMANI, "street"), cache=DAY), clusters=True)
    scene.clock.pass_(days=2)
    scene.geocode(Told(None), clusters=True)
    assert scene.clusters() == {"Kilimani": "not_found"}
    assert scene.sources() == {"T1": (None, None)}


@pytest.mark.parametrize("answer", [at(near(), "street"), None, at(Point(51.5, 0))])
def test_a_place_set_by_hand_is_never_asked_for_or_written_over(scene: Scene, answer: GeocodeResult | None) -> None:
    scene.place(status="manual")
    scene.load(ticket("T1", location_name=""))
    provider = Told(answer)
    scene.geocode(provider)
    assert provider.asked == []

    def set_meanwhile(query: object) -> GeocodeResult | None:
        scene.db.execute("UPDATE tickets.geo_clusters SET status = 'manual' WHERE cluster = 'QOA'")
        return answer

    scene.place("QOA", status="not_found")
    scene.load(ticket("T1", location_name=""), ticket("T2", cluster="QOA", location_name=""))
    slow = Told(set_meanwhile)
    scene.geocode(slow)
    assert slow.texts == ["Quarry Road"]
    assert scene.clusters("status, latitude") == {
        "Kilimani": ("manual", KILIMANI.latitude),
        "QOA": ("manual", KILIMANI.latitude),
    }


def test_only_open_actionable_unplaced_tickets_have_locations_geocoded(scene: Scene) -> None:
    scene.place()
    rows = [
        ticket("open", location_name="open"),
        ticket("pending", location_name="pending", normalized_status="pending"),
        ticket("closed", location_name="closed", normalized_status="closed", closed_at="2026-11-19 10:00:00"),
        ticket("idle", location_name="idle", is_actionable="false"),
        ticket("unknown", location_name="unknown", is_actionable=""),
        ticket("own", location_name="own", latitude="-1.3", longitude="36.8"),
        ticket("absent", location_name="absent"),
        ticket("nameless", location_name=""),
        ticket("coded", location_name="[OLT-07/GPON 3]"),
        ticket("clusterless", location_name="clusterless", cluster=""),
        ticket("lost", location_name="lost", cluster="Nowhere"),
    ]
    scene.bench.loaded(rows)
    scene.bench.loaded([row for row in rows if row["ticket_id"] != "absent"])
    provider = Told(lambda query: None if query.text == "Nowhere" else at(near(), "street"))
    report = scene.geocode(provider)

    assert sorted(provider.texts) == ["Nowhere", "open", "pending"]
    locations = report.kinds[PlaceKind.LOCATIONS]
    assert (locations.due, locations.waiting, locations.unaskable) == (2, 2, 1)


def test_a_location_is_asked_for_near_its_cluster(scene: Scene) -> None:
    scene.load(ticket("T1"))
    provider = Told(at(KILIMANI, "street"))
    scene.geocode(provider, radius_km=7)
    cluster, location = provider.asked
    assert (cluster.near, location.near, location.radius_km) == (None, KILIMANI, 7)
    assert cluster.country == location.country == scene.bench.feed.country
