"""Every feed and every geocoder of the project is put to the laws: one that is dropped in is tested as it is there."""

from __future__ import annotations

from fleetfeed.testing import conformance, geocoder_conformance
from fleetfeed.testing.feed.subject import plugins_of
from tests.kit import ROOT

_found = plugins_of(ROOT).found
FEEDS = [name for name, plugin in _found.items() if plugin.feed or plugin.error]  # one that is broken says so
GEOCODERS = [name for name, plugin in _found.items() if "geocode" in plugin.hooks]

globals().update({f"test_feed_{name}": conformance(name) for name in FEEDS})
globals().update({f"test_geocoder_{name}": geocoder_conformance(name) for name in GEOCODERS})


def test_what_the_project_brings_along_is_among_them() -> None:
    assert {"crq", "inc"} <= {*FEEDS}
    assert {"gazetteer", "locationiq", "nominatim"} <= {*GEOCODERS}
