"""Every way in which an answer can be bad: what is stored, what is said, and where the ticket is then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.geocoding.hosts import PLACE, Host, dripping, found
from tests.geocoding.kit import KEY, Scene, bundled
from tests.kit import ticket

AT_CLUSTER = ("cluster", "cluster")


@dataclass(frozen=True)
class Case:
    """One bad answer, and all that may come of it."""

    host: Host
    stored: str | None  # the location's status; None: no row, and it is asked for again
    note: str = ""
    stopped: str = ""  # what is said where the provider is not asked any more
    calls: int = 1
    slept: float = 0.0
    source: tuple[str, str] = AT_CLUSTER


def limited(window: str) -> Host:
    return Host(429, {"error": f"Rate Limited {window}"})


def degrees(latitude: Any, longitude: Any) -> Host:
    return found(lat=latitude, lon=longitude)


NOWHERE = "wrong place: no place has the coordinates"
CASES = {
    "429 second": Case(limited("Second"), None, stopped="locationiq: Rate Limited Second.", calls=3, slept=3),
    "429 minute": Case(limited("Minute"), None, stopped="locationiq: Rate Limited Minute.", calls=3, slept=120),
    "429 day": Case(limited("Day"), None, stopped="locationiq: Rate Limited Day."),
    "401": Case(Host(401, {"error": "Invalid key"}), None, stopped="locationiq answered 401: Invalid key."),
    "403": Case(Host(403, {"error": "Access restricted"}), None, stopped="locationiq answered 403: Access restricted."),
    "429 with what no table holds": Case(
        Host(429, '{"error": "Rate Limited Day\\u0000 \\ud800"}'), None, stopped="locationiq: Rate Limited Day ?."
    ),
    "400 with what no table holds": Case(
        Host(400, '{"error": "Invalid\\u0000 \\ud800"}'), "not_found", "locationiq answered 400: Invalid ?."
    ),
    "a level that no table holds": Case(
        found(matchquality={"matchlevel": "str\0eet\ud800"}), "rejected", "wrong place: only the street? was found"
    ),
    "400": Case(Host(400, {"error": "Invalid Request"}), "not_found", "locationiq answered 400: Invalid Request."),
    "404, no result": Case(Host(404, {"error": "Unable to geocode"}), "not_found"),
    "404, another body": Case(Host(404, "<html>nginx</html>"), None),
    "500": Case(Host(500, {"error": "Unknown error"}), None, calls=2, slept=1),
    "timeout": Case(Host(fault=httpx.ReadTimeout("")), None, calls=2, slept=1),
    "no connection": Case(Host(fault=httpx.ConnectError("")), None, calls=2, slept=1),
    "HTML": Case(Host(200, "<html>Please log in</html>"), None),
    "XML": Case(Host(200, "<searchresults/>"), None),
    "[]": Case(Host(200, "[]"), "not_found"),
    "null": Case(Host(200, "null"), None),
    "an object": Case(Host(200, "{}"), None),
    "[{}]": Case(Host(200, "[{}]"), "rejected", f"{NOWHERE} nan, nan"),
    "NaN": Case(degrees(float("nan"), float("nan")), "rejected", f"{NOWHERE} nan, nan"),
    "'nan'": Case(degrees("nan", "nan"), "rejected", f"{NOWHERE} nan, nan"),
    "Infinity": Case(degrees(float("inf"), 36.8), "rejected", f"{NOWHERE} nan, 36.8"),
    "another kind of digits": Case(degrees("-١", "٣٦"), "rejected", f"{NOWHERE} nan, nan"),
    "swapped": Case(degrees("36.7856", "-1.2921"), "rejected", "wrong place: 36.7856, -1.2921 is outside the"),
    "out of range": Case(degrees("-1.29", "236.7"), "rejected", f"{NOWHERE} -1.29, 236.7"),
    "0,0": Case(degrees("0", "0"), "rejected", f"{NOWHERE} 0.0, 0.0"),
    "strings for numbers": Case(degrees("-1.2921", "36.7856"), "ok", source=("location", "street")),
    "numbers for strings": Case(degrees(-1.2921, 36.7856), "ok", source=("location", "street")),
    "numbers for names": Case(found(display_name=7, matchquality={"matchlevel": 3}), "rejected", "wrong place: only"),
    "a NUL in a name": Case(found(display_name="Moi\0Avenue \ud800"), "ok", source=("location", "street")),
    "one good place among bad ones": Case(
        Host(200, [{}, PLACE | {"lat": "nan"}, PLACE]), "ok", source=("location", "street")
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_answer_is_stored_said_and_survived(scene: Scene, name: str) -> None:
    case = CASES[name]
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    slept = scene.clock.slept
    case.host.asked.clear()

    report = scene.geocode(bundled("locationiq", case.host, per_second=None), locations=True)

    stored = scene.locations("status, coalesce(note, '')").get("Moi Avenue")
    if case.stored is None:
        assert stored is None
        assert report.pending == 1
    else:
        assert stored is not None
        status, note = stored
        assert status == case.stored
        assert note.startswith(case.note)
        assert bool(note) is bool(case.note)
        assert report.pending == 0
    assert report.stopped.get("locationiq", "").startswith(case.stopped)
    assert bool(report.stopped) is bool(case.stopped)
    assert len(case.host.asked) == report.calls["locationiq"] == case.calls
    assert scene.clock.slept - slept == pytest.approx(case.slept)
    assert scene.sources() == {"T1": case.source}
    assert KEY not in str(report.as_dict())


def test_an_answer_that_drips_in_leaves_the_ticket_at_its_cluster(scene: Scene) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n[") as url:
        provider = bundled("locationiq", host=url, per_second=None)
        report = scene.geocode(provider, locations=True, seconds=0.2)

    assert (report.pending, report.calls, scene.locations()) == (1, {"locationiq": 2}, {})
    assert scene.sources() == {"T1": AT_CLUSTER}


@pytest.mark.parametrize("name", ["401", "500", "[]", "HTML", "NaN", "swapped", "0,0", "strings for numbers"])
def test_a_bad_answer_for_a_cluster_never_maps_a_ticket_wrongly(scene: Scene, name: str) -> None:
    scene.load(ticket("T1", location_name=""))
    scene.geocode(bundled("locationiq", CASES[name].host, per_second=None), clusters=True)
    good = CASES[name].stored == "ok"
    assert scene.clusters().get("Kilimani") == CASES[name].stored
    assert scene.sources() == {"T1": AT_CLUSTER if good else (None, None)}
