"""Places that a person sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed import Point
from fleetfeed.database import connect
from fleetfeed.errors import DatabaseError, UsageError
from fleetfeed.geocoding.manual import Known, read, unused
from tests.geocoding.kit import KILIMANI, Scene, Told, at, near
from tests.kit import FEED, ticket


def test_a_place_set_by_hand_is_on_the_map_at_once_and_stays(scene: Scene) -> None:
    scene.load(ticket("T1", location_name="Yaya  Centre"), ticket("T2", location_name=""))
    places = [
        Known("Kilimani", None, KILIMANI, note="surveyed"),
        Known("Kilimani", "Yaya Centre", near(), precision="building"),
    ]
    assert scene.enter(*places) == {"inc": 2}
    assert scene.sources() == {"T1": ("location", "building"), "T2": ("cluster", "cluster")}
    assert scene.clusters("status, note, provider, fetched_at") == {
        "Kilimani": ("manual", "surveyed", None, scene.clock.now())
    }

    provider = Told(at(Point(-4.05, 39.67), "street"))
    scene.geocode(provider)
    assert provider.asked == []
    assert scene.enter(Known("Kilimani", None, near())) == {"inc": 1}


def test_what_a_provider_refused_to_know_is_known_by_hand(scene: Scene) -> None:
    scene.load(ticket("T1", location_name=""))
    scene.geocode(Told(None), clusters=True)
    scene.enter(Known("Kilimani", None, KILIMANI))
    assert scene.clusters("status, attempts, next_try_at") == {"Kilimani": ("manual", 0, None)}


def test_a_corrected_cluster_has_its_refused_locations_asked_for_again(scene: Scene) -> None:
    scene.place(point=Point(-4.05, 39.67))
    scene.load(ticket("T1", location_name="Moi Avenue"))
    scene.geocode(Told(at(near(), "street")), locations=True)
    assert scene.locations() == {"Moi Avenue": "rejected"}
    scene.enter(Known("Kilimani", None, KILIMANI))
    scene.geocode(Told(at(near(), "street")), locations=True)
    assert scene.locations() == {"Moi Avenue": "ok"}


def test_when_a_cluster_is_set_by_hand_its_known_locations_are_judged_anew(scene: Scene) -> None:
    scene.place(status="ok")
    scene.load(ticket("T1", location_name="Moi Avenue"))
    scene.geocode(Told(at(near(), "street")), locations=True)
    assert scene.sources() == {"T1": ("location", "street")}

    assert scene.enter(Known("Kilimani", None, Point(-4.05, 39.67))) == {"inc": 1}
    assert scene.locations("status, next_try_at") == {"Moi Avenue": ("rejected", scene.clock.now())}
    assert scene.sources() == {"T1": ("cluster", "cluster")}


def test_places_are_kept_where_tickets_cannot_be_written(scene: Scene) -> None:
    scene.load(ticket("T1", location_name=""))
    scene.db.execute("SET lock_timeout = '50ms'")
    with connect(scene.url, "reader") as other, other.transaction():
        other.execute("SELECT FROM tickets.inc FOR UPDATE")
        with pytest.raises(DatabaseError, match="holds a lock") as caught:
            scene.enter(Known("Kilimani", None, KILIMANI))
    scene.db.execute("SET lock_timeout = '10s'")
    assert caught.value.effect == "The places are kept; their tickets get them with the next geocoding."
    assert scene.clusters() == {"Kilimani": "manual"}
    assert scene.geocode().tickets == 1


def test_what_nobody_says_of_its_precision_is_not_known(scene: Scene) -> None:
    scene.load(ticket("T1", location_name="here"))
    scene.enter(Known("Kilimani", None, KILIMANI), Known("Kilimani", "here", near()))
    assert (scene.clusters("precision"), scene.locations("precision")) == ({"Kilimani": None}, {"here": None})
    assert scene.sources() == {"T1": ("location", None)}
    scene.enter(Known("Kilimani", None, KILIMANI, "city"))
    assert scene.clusters("precision") == {"Kilimani": "city"}


def test_one_bad_place_keeps_all_of_them_out_and_each_is_named(scene: Scene) -> None:
    scene.load(ticket("T1"))
    places = [
        Known("Kilimani", None, KILIMANI),
        Known("", None, KILIMANI),
        Known("Kilimani", None, Point(36.78, -1.29)),
        Known("Kilimani", None, Point.read("x", "")),
        Known("Kilimani", "x", KILIMANI, precision="roundabout"),
        Known("Kilimani", "x", KILIMANI, precision="county"),
    ]
    with pytest.raises(UsageError) as caught:
        scene.enter(*places)
    said = caught.value.cause.splitlines()
    assert said[0] == "5 of 6 places make no sense:"
    assert [line.split(":")[0].strip() for line in said[1:]] == [f"place {number}" for number in range(2, 7)]
    assert "is it latitude first?" in said[2]
    assert scene.clusters() == {}


def test_a_file_of_places_is_read_as_it_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(
        "cluster,location,latitude,longitude,precision,note\r\n"
        "Kilimani,,-1.2921,36.7856,,surveyed\r\n"
        ' Kilimani ,"Yaya Centre, 2nd Floor",-1.2921,36.7856,building,\r\n',
        "utf-8-sig",
    )
    assert read(file) == [
        Known("Kilimani", None, KILIMANI, None, "surveyed"),
        Known("Kilimani", "Yaya Centre, 2nd Floor", KILIMANI, "building"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "Missing: cluster, latitude, longitude"),
        (b"cluster;latitude;longitude\n", "Missing: cluster"),
        (b"cluster,lat,longitude\n", "Missing: latitude; unknown: lat"),
        (b"cluster,latitude,longitude\nCaf\xe9,1,36\n", "cannot be read"),
        (b'cluster,latitude,longitude\n"Kilimani,1,36\n', "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_reported(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "places.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read(file)
    assert said in str(caught.value)


def test_places_that_no_ticket_has_are_named(scene: Scene) -> None:
    scene.load(ticket("T1", location_name="Yaya  Centre"))
    places = [
        Known("Kilimani", None, KILIMANI),
        Known("Kilimani", "Yaya Centre", KILIMANI),
        Known("Kilimanii", None, KILIMANI),
        Known("Kilimani", "Yaya", KILIMANI),
    ]
    assert list(unused(scene.db, [FEED], places)) == [
        "no ticket has the cluster 'Kilimanii'",
        "no ticket has the cluster 'Kilimani' with the location 'Yaya'",
    ]
