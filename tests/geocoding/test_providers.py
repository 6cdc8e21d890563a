"""This repository's own geocoders: what they send, and how they read what comes back."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fleetfeed import BadQuery, GeocodeQuery, GeocoderUnavailable, NotAuthorised, NotUnderstood, Point, RateLimited
from fleetfeed.errors import GeocodingError
from fleetfeed.geo import PRECISIONS
from tests.geocoding.hosts import PLACE, Host
from tests.geocoding.kit import KEY, KILIMANI, bundled
from tests.kit import FEED

QUERY = GeocodeQuery("Moi Avenue", FEED.country, KILIMANI, 25)


def test_locationiq_is_asked_as_its_reference_says() -> None:
    host = Host(body=[PLACE])
    answer = bundled("locationiq", host, countrycodes="ke").ask(QUERY)

    (request,) = host.asked
    sent = dict(request.url.params)
    assert (request.method, request.url.host, request.url.path) == ("GET", "locationiq.example", "/v1/search")
    assert sent.pop("viewbox") == QUERY.viewbox
    assert sent.pop("key") == KEY
    assert sent == {
        "q": "Moi Avenue",
        "format": "json",
        "countrycodes": "ke",
        "matchquality": "1",
        "normalizeaddress": "1",
        "limit": "5",
    }
    assert request.headers["User-Agent"].startswith("fleetfeed/")
    assert answer is not None
    assert (answer.point, answer.precision) == (KILIMANI, "street")
    assert answer.display_name == "Moi Avenue, Nairobi, Kenya"
    assert answer.raw == PLACE


def test_locationiq_keeps_every_place_of_an_answer_in_its_order() -> None:
    places = [PLACE | {"lat": f"-1.{number}"} for number in range(1, 4)]
    answer = bundled("locationiq", Host(body=places)).ask(QUERY)
    assert answer is not None
    assert [place.point.latitude for place in (answer, *answer.others)] == [-1.1, -1.2, -1.3]


@pytest.mark.parametrize("level", [*PRECISIONS, "marine", None])
def test_locationiqs_match_level_is_the_precision(level: str | None) -> None:
    quality = {"matchquality": {"matchlevel": level}} if level else {"matchquality": "?"}
    answer = bundled("locationiq", Host(body=[PLACE | quality])).ask(QUERY)
    assert answer is not None
    assert answer.precision == (level or "")


NO_RESULT: list[tuple[str, Host]] = [
    ("locationiq", Host(404, {"error": "Unable to geocode"})),
    ("locationiq", Host(404, {"error": "unable to geocode."})),
    ("locationiq", Host(200, [])),
    ("nominatim", Host(200, [])),
]


@pytest.mark.parametrize(("name", "host"), NO_RESULT)
def test_no_result_is_a_value(name: str, host: Host) -> None:
    assert bundled(name, host).ask(QUERY) is None


FAULTS: list[tuple[str, Host, type[GeocodingError], str]] = [
    ("locationiq", Host(400, {"error": "Invalid Request"}), BadQuery, "400: Invalid Request"),
    ("locationiq", Host(401, {"error": "Invalid key"}), NotAuthorised, "401: Invalid key"),
    ("locationiq", Host(401, {"error": "Key not active - Please write to us"}), NotAuthorised, "Key not active"),
    ("locationiq", Host(403, {"error": "Access restricted"}), NotAuthorised, "403: Access restricted"),
    ("locationiq", Host(404, "<html>404 Not Found</html>"), NotUnderstood, "404: <html>404 Not Found</html>"),
    ("locationiq", Host(404, {"error": "Not found"}), NotUnderstood, "404: Not found"),
    ("nominatim", Host(404, {"error": "Unable to geocode"}), NotUnderstood, "404"),
    ("locationiq", Host(301, "", location="https://elsewhere.example"), NotUnderstood, "301"),
    ("locationiq", Host(500, {"error": "Unknown error - Please try again"}), GeocoderUnavailable, "500: Unknown error"),
    ("locationiq", Host(503, "<html>busy</html>"), GeocoderUnavailable, "503"),
    ("nominatim", Host(429, "too many requests"), RateLimited, "429: too many requests"),
    ("nominatim", Host(400, {"error": {"code": 400, "message": "bad viewbox"}}), BadQuery, "400: bad viewbox"),
    ("locationiq", Host(200, "<html><body>Please log in</body></html>"), NotUnderstood, "<html><body>Please log in"),
    ("locationiq", Host(200, '<?xml version="1.0"?><searchresults/>'), NotUnderstood, "<?xml"),
    ("locationiq", Host(200, "null"), NotUnderstood, "null"),
    ("locationiq", Host(200, ""), NotUnderstood, "nothing"),
    ("locationiq", Host(200, {"error": "x"}), NotUnderstood, '{"error": "x"}'),
    ("locationiq", Host(200, '["a"]'), NotUnderstood, '["a"]'),
    ("locationiq", Host(200, b"\xff\xfe"), NotUnderstood, "no list of places"),
    ("locationiq", Host(200, "[" * 100_000), NotUnderstood, "no list of places"),
    ("locationiq", Host(200, " " * (1 << 21)), NotUnderstood, "more than 1,048,576 bytes"),
]


@pytest.mark.parametrize(("name", "host", "kind", "said"), FAULTS)
def test_a_fault_is_reported_by_what_to_do_about_it_and_without_the_key(
    name: str, host: Host, kind: type[GeocodingError], said: str
) -> None:
    with pytest.raises(kind) as caught:
        bundled(name, host).ask(QUERY)
    assert type(caught.value) is kind
    assert said in caught.value.cause
    assert name in caught.value.cause
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.next_step}"


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ("Rate Limited Second", "second"),
        ("Rate Limited Minute", "minute"),
        ("Rate Limited Day", "day"),
        ("Slow down", "minute"),
    ],
)
def test_the_three_limits_of_locationiq_are_distinguished(said: str, window: str) -> None:
    with pytest.raises(RateLimited) as caught:
        bundled("locationiq", Host(429, {"error": said})).ask(QUERY)
    assert caught.value.window == window


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (httpx.ReadTimeout("pk"), GeocoderUnavailable),
        (httpx.ConnectTimeout("pk"), GeocoderUnavailable),
        (httpx.ConnectError("pk"), GeocoderUnavailable),
        (httpx.RemoteProtocolError("pk"), GeocoderUnavailable),
        (httpx.DecodingError("pk"), NotUnderstood),
        (httpx.InvalidURL("pk"), NotUnderstood),
    ],
)
def test_errors_of_the_network_are_translated_without_their_text(fault: Exception, kind: type[GeocodingError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(kind) as caught:
        bundled("locationiq", broken).ask(QUERY)
    assert "pk" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "rank", "precision"),
    [
        *(("house_number", 30, "venue"), ("shop", 30, "venue"), ("road", 26, "street"), ("suburb", 19, "borough")),
        *(("neighbourhood", 20, "neighbourhood"), ("quarter", 18, "neighbourhood"), ("village", 19, "city")),
        *(("town", 18, "city"), ("city", 16, "city"), ("county", 10, "county"), ("state", 8, "state")),
        *(("country", 4, "country"), (None, 26, "street"), ("road", None, ""), (None, "26", "")),
    ],
)
def test_nominatims_kinds_and_ranks_are_precisions(kind: str | None, rank: object, precision: str) -> None:
    place = PLACE | {"addresstype": kind, "place_rank": rank}
    answer = bundled("nominatim", Host(body=[place])).ask(QUERY)
    assert answer is not None
    assert answer.precision == precision


def test_nominatim_is_asked_at_its_own_host_and_path_without_a_key() -> None:
    host = Host(body=[])
    bundled("nominatim", host, host="https://maps.example/osm").ask(QUERY)
    (request,) = host.asked
    assert request.url.path == "/osm/search"
    assert dict(request.url.params) == {
        "q": "Moi Avenue",
        "format": "jsonv2",
        "limit": "5",
        "viewbox": QUERY.viewbox,
    }


@pytest.mark.parametrize(
    "name", ["Kilimani", "  kilimani ", "PARKLANDS", "Quarry Road", "Pipeline", "Westlands", "Embakasi"]
)
def test_the_gazetteer_knows_areas_of_nairobi_by_all_their_names(name: str) -> None:
    answer = bundled("gazetteer").ask(GeocodeQuery(name))
    assert answer is not None
    assert answer.point.km_to(Point(-1.2864, 36.8172)) < 25
    assert answer.raw["source"]


@pytest.mark.parametrize("name", ["Kilimani Road", "Kili", "Mombasa", "#", "name"])
def test_the_gazetteer_knows_whole_names_only(name: str) -> None:
    assert bundled("gazetteer").ask(GeocodeQuery(name)) is None


def test_the_gazetteer_lies_in_the_country_with_known_precisions() -> None:
    rows = (Path(__file__).parents[2] / "geocoders" / "gazetteer.csv").read_text("utf-8").splitlines()
    names = [row.split(",")[0] for row in rows if not row.startswith("#")][1:]
    assert len(names) > 30
    gazetteer = bundled("gazetteer")
    for name in names:
        answer = gazetteer.ask(GeocodeQuery(name))
        assert answer is not None
        assert FEED.country is not None
        assert answer.point.inside(FEED.country)
        assert answer.precision in PRECISIONS[: PRECISIONS.index("city")]


def test_a_gazetteer_of_ones_own_may_know_one_name_in_several_places(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    rows = ("name,latitude,longitude,precision", "Moi Avenue,-4.05,39.67,street", "Moi Avenue,-1.29,36.79,street")
    file.write_text("\n".join(rows), "utf-8-sig")
    answer = bundled("gazetteer", file=file).ask(QUERY)
    assert answer is not None
    assert [place.point.latitude for place in (answer, *answer.others)] == [-4.05, -1.29]


@pytest.mark.parametrize("content", [None, b"place;where\nx;y\n", b"\xff\xfename"])
def test_a_gazetteer_that_is_none_is_reported(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "places.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NotUnderstood, match=r"places\.csv is no gazetteer"):
        bundled("gazetteer", file=file).ask(QUERY)
