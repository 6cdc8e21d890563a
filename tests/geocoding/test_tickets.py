"""A new or corrected place reaches the tickets that use it, and nothing else is written."""

from __future__ import annotations

import pytest

from fleetfeed.database import connect
from fleetfeed.errors import DatabaseError
from fleetfeed.geocoding.apply import update_tickets
from fleetfeed.geocoding.manual import Known
from tests.geocoding.kit import KILIMANI, Scene, Told, at, near
from tests.kit import FEED, ticket


def test_only_the_tickets_whose_place_changes_are_written(scene: Scene) -> None:
    scene.load(
        ticket("elsewhere", cluster="Westlands", location_name=""),
        ticket("own", latitude="-1.5", longitude="37"),
        ticket("new", location_name=""),
        ticket("none", cluster="", location_name=""),
    )
    scene.place("Westlands")
    update_tickets(scene.db, FEED, scene.clock)
    before = {row["ticket_id"]: row["xmin"] for row in scene.bench.rows("ticket_id, xmin::text")}

    scene.place("Kilimani")
    changed = update_tickets(scene.db, FEED, scene.clock)

    after = {row["ticket_id"]: row["xmin"] for row in scene.bench.rows("ticket_id, xmin::text")}
    assert changed == 1
    assert [key for key in before if before[key] != after[key]] == ["new"]
    assert scene.sources() == {
        "elsewhere": ("cluster", "cluster"),
        "new": ("cluster", "cluster"),
        "none": (None, None),
        "own": ("feed", "feed"),
    }


def test_a_corrected_place_reaches_its_tickets_whoever_corrected_it(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name=""))
    scene.db.execute("UPDATE tickets.geo_clusters SET geom = public.ST_SetSRID(public.ST_MakePoint(36.9, -1.3), 4326)")
    scene.geocode(clusters=True)
    found = scene.bench.one("T1", "latitude, longitude, public.ST_X(geog::public.geometry) AS x")
    assert found == {"latitude": -1.3, "longitude": 36.9, "x": 36.9}


@pytest.mark.parametrize("change", ["status = 'rejected'", "geom = NULL", "precision = 'venue'"])
def test_whatever_changes_a_place_changes_its_tickets(scene: Scene, change: str) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="here"))
    scene.geocode(Told(at(near(), "street")), locations=True)
    scene.db.execute(f"UPDATE tickets.geo_locations SET {change}")
    assert update_tickets(scene.db, FEED, scene.clock) == 1
    assert scene.sources() == {"T1": ("location", "venue") if "venue" in change else ("cluster", "cluster")}
    assert update_tickets(scene.db, FEED, scene.clock) == 0


def test_a_closed_ticket_gets_the_place_that_an_open_one_was_asked_for(scene: Scene) -> None:
    scene.place()
    scene.load(
        ticket("open", location_name="here"),
        ticket("closed", location_name="here", normalized_status="closed", closed_at="2026-11-19 10:00:00"),
    )
    scene.geocode(Told(at(near(), "street")), locations=True)
    assert set(scene.sources().values()) == {("location", "street")}


def test_a_load_after_it_resolves_the_same_place(scene: Scene) -> None:
    rows = [ticket("T1", location_name="here")]
    scene.bench.loaded(rows)
    scene.geocode(Told(at(KILIMANI, "street")))
    scene.bench.loaded([rows[0] | {"owner": "A. Njeri", "source_updated_at": "2026-11-20 10:00:00"}])
    assert scene.sources() == {"T1": ("location", "street")}
    assert update_tickets(scene.db, FEED, scene.clock) == 0


def test_bringing_places_to_tickets_is_rolled_back_whole(scene: Scene) -> None:
    scene.load(*(ticket(f"T{number}", location_name="") for number in range(5)))
    scene.place()
    with connect(scene.url, "reader") as other, other.transaction():
        other.execute("SELECT FROM tickets.inc WHERE ticket_id = 'T3' FOR UPDATE")
        scene.db.execute("SET lock_timeout = '50ms'")
        with pytest.raises(DatabaseError, match="holds a lock") as caught:
            update_tickets(scene.db, FEED, scene.clock)
        scene.db.execute("SET lock_timeout = '10s'")
    assert caught.value.effect == "The places are kept; their tickets get them with the next geocoding."
    assert "bucket" not in str(caught.value)
    assert set(scene.sources().values()) == {(None, None)}
    assert update_tickets(scene.db, FEED, scene.clock) == 5


def test_who_may_load_may_geocode_and_set_places(scene: Scene) -> None:
    scene.load(ticket("T1", location_name="here"))
    scene.db.execute("SET ROLE fleetfeed_loader")
    try:
        report = scene.geocode(Told(at(KILIMANI, "street"), per_day=10))
        entered = scene.enter(Known("Kilimani", None, near()))
    finally:
        scene.db.execute("RESET ROLE")
    assert (report.pending, report.tickets, entered) == (0, 2, {"inc": 0})
