"""Faults planted in a sound geocoder: the kit finds each, by the law that it breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleetfeed.testing.geocoder.laws import GEOCODER_LAWS, geocoder_trial
from fleetfeed.testing.geocoder.subject import GeocoderSubject
from fleetfeed.testing.trial import Broken, Trial
from tests.testing.kit import GEOCODER, instead, project

READING = 'Point.read(place.get("lat"), place.get("lon"))'
ASKING = '    reply = service.get("/find", params)\n'
ANSWERING = "    return GeocodeResult.of(map(result, reply.check().places()))\n"


@dataclass(frozen=True)
class Planted:
    """One fault, the law that finds it, and what is said of it."""

    law: str
    said: tuple[str, ...]
    plant: Callable[[str], str]


FAULTS = {
    "needs that nobody can give": Planted(
        "declaration",
        ("needs of GEOCODER: there is no 'apikey' (there are host, countrycodes, file,",),
        instead('"api_key")', '"apikey")'),
    ),
    "a limit that lets nobody through": Planted(
        "declaration",
        ("per_second of GEOCODER is 0: it would never be asked",),
        instead("per_second=10", "per_second=0"),
    ),
    "a hook that is not there": Planted(
        "declaration",
        ("there is no `geocode` marked with @hookimpl",),
        instead("@hookimpl\ndef geocode", "def find"),
    ),
    "swapped coordinates": Planted(
        "place",
        ("not the place at -1.2921, 36.7856", "Point(latitude=36.7856, longitude=-1.2921)", "register.json"),
        instead(READING, 'Point.read(place.get("lon"), place.get("lat"))'),
    ),
    "a precision of its own": Planted(
        "place",
        ("the wrong-place guard rejects: only the road was found, not the place itself",),
        instead('"street"', '"road"'),
    ),
    "a KeyError where no place is known": Planted(
        "place",
        ("200 with []: IndexError: list index out of range (", "register.py, line "),
        instead(ANSWERING, "    return result(reply.check().places()[0])\n"),
    ),
    "an answer that is no GeocodeResult": Planted(
        "place",
        ("no GeocodeResult or None: register gave a tuple, not a GeocodeResult",),
        instead(ANSWERING, "    return [(place['lat'], place['lon']) for place in reply.check().places()][0]\n"),
    ),
    "no result, whatever the host says": Planted(
        "faults",
        ("401: not NotAuthorised, but None",),
        instead(
            ANSWERING, "    return GeocodeResult.of(map(result, reply.places())) if reply.status == 200 else None\n"
        ),
    ),
    "a limit of an hour, which nobody knows": Planted(
        "faults",
        ("429: RateLimited for a 'hour', which is none of second, minute, day",),
        instead(ANSWERING, f"    if reply.status == 429:\n        raise RateLimited('later', 'hour')\n{ANSWERING}"),
    ),
    "a page that is taken for JSON": Planted(
        "faults",
        ("JSONDecodeError", "which is none of BadQuery", "register.py, line "),
        instead(
            ANSWERING, "    import json\n    return GeocodeResult.of(map(result, json.loads(reply.check().text)))\n"
        ),
    ),
    "a key in an error": Planted(
        "faults",
        ("400: the error has the key: ", "pk.canary"),
        instead(
            ANSWERING, f"    if reply.status != 200:\n        raise NotUnderstood(f'register: {{params}}')\n{ANSWERING}"
        ),
    ),
    "a key in the log": Planted(
        "faults",
        ("the log has the key: asked with {'q': 'Mill Lane', 'key': 'pk.canary",),
        instead(ASKING, f"    logging.getLogger('register').info('asked with %s', params)\n{ASKING}"),
    ),
    "numbers that float() reads": Planted(
        "malformed",
        ("where Point.read() finds no place", "'lat': True", "latitude=1.0"),
        instead(READING, "Point(degrees(place.get('lat')), degrees(place.get('lon')))"),
    ),
    "a field that is taken for granted": Planted(
        "malformed",
        ("200 with [{}]: KeyError: 'display_name'", "which is none of BadQuery"),
        instead('str(place.get("display_name"))', 'str(place["display_name"])'),
    ),
    "a name that is taken for a text": Planted(
        "malformed",
        ("200 with [{}]: no GeocodeResult or None", "display_name: NoneType"),
        instead('str(place.get("display_name"))', 'place.get("display_name")'),
    ),
    "a query that is taken for words": Planted(
        "queries",
        ("IndexError", "register.py, line ", "GeocodeQuery(text=''"),
        instead('"q": query.text', '"q": query.text, "first": query.text.split()[0]'),
    ),
    "what was asked last in a global": Planted(
        "threads",
        ("asked in 8 threads at once, has another answer",),
        instead(
            ASKING + ANSWERING,
            f"    last['name'] = query.text\n{ASKING}"
            "    found = reply.check().places()\n"
            "    return GeocodeResult(Point(-1.2921, 36.7856), 'street', last['name']) if found else None\n",
        ),
    ),
    "a place that is known only once": Planted(
        "threads",
        ("'Place 1', asked again, in another order, has another answer", "then  None"),
        instead(
            ASKING,
            "    if 'Place' in query.text and query.text in last:\n        return None\n"
            f"    last[query.text] = query\n{ASKING}",
        ),
    ),
}


@pytest.mark.parametrize("law", GEOCODER_LAWS)
def test_the_geocoder_is_sound_before_anything_is_planted(tmp_path: Path, law: str) -> None:
    assert geocoder_trial("register", project(tmp_path)).verdict(law) is None


@pytest.mark.parametrize("name", FAULTS)
def test_the_kit_finds(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    trial = geocoder_trial("register", project(tmp_path, geocoder=fault.plant(GEOCODER)))
    found = trial.verdict(fault.law)
    assert isinstance(found, Broken), found
    assert [said for said in fault.said if said not in str(found)] == [], str(found)


def test_there_is_a_planted_fault_for_every_law() -> None:
    assert {fault.law for fault in FAULTS.values()} == {*GEOCODER_LAWS}


OWN_FORM = {"type": "FeatureCollection", "features": [{"geometry": {"coordinates": [36.7856, -1.2921]}}]}
OWN_READING = """
    body = json.loads(reply.check().text or "0")
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(features, list):
        raise NotUnderstood("register: no features.")
    return GeocodeResult.of(map(result, features))


def result(feature):
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    degrees = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(degrees, list) or len(degrees) != 2:
        raise NotUnderstood("register: no coordinates.")
    return GeocodeResult(Point.read(degrees[1], degrees[0]), "street")
"""


def own_form(folder: Path, sample: object) -> Trial[GeocoderSubject]:
    """Put a geocoder to the test whose provider gives places in a form of its own."""
    begin, _, _ = GEOCODER.partition(ANSWERING)
    text = begin.replace("import logging", "import json") + OWN_READING.replace(
        'json.loads(reply.check().text or "0")', "read(reply.check().text)"
    )
    reader = (
        "\n\ndef read(text):\n    try:\n        return json.loads(text)\n    except ValueError:\n        return None\n"
    )
    made = project(folder, geocoder=text + reader)
    if sample is not None:
        (made / "geocoders" / "register.json").write_text(json.dumps(sample))
    return geocoder_trial("register", made)


def test_a_provider_with_a_form_of_its_own_needs_a_sample_answer(tmp_path: Path) -> None:
    found = own_form(tmp_path, None).verdict("place")
    assert isinstance(found, Broken)
    assert "NotUnderstood: register: no features." in str(found)
    assert f"an answer with that place as {tmp_path / 'geocoders' / 'register.json'}" in str(found)


@pytest.mark.parametrize("law", GEOCODER_LAWS)
def test_with_a_sample_answer_a_provider_may_have_any_form(tmp_path: Path, law: str) -> None:
    assert own_form(tmp_path, OWN_FORM).verdict(law) is None


def test_a_sample_answer_that_is_no_json_is_reported(tmp_path: Path) -> None:
    trial = own_form(tmp_path, None)
    (tmp_path / "geocoders" / "register.json").write_text("<xml/>")
    found = trial.verdict("place")
    assert isinstance(found, Broken)
    assert "register.json is no JSON: " in str(found)
