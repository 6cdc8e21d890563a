"""Every feed and every geocoder of the project keeps the laws: one that is dropped in is tested at once."""

from __future__ import annotations

import pytest

from fleetfeed.testing.feed.laws import FEED_LAWS, feed_trial
from fleetfeed.testing.geocoder.laws import GEOCODER_LAWS, geocoder_trial
from fleetfeed.testing.plugin import plugins_of
from tests.kit import ROOT

_found = plugins_of(ROOT).found
# A plugin that cannot be loaded is taken for a feed, whose tests then say why.
FEEDS = {name: feed_trial(name, ROOT) for name, plugin in _found.items() if plugin.feed or plugin.error}
GEOCODERS = {name: geocoder_trial(name, ROOT) for name, plugin in _found.items() if "geocode" in plugin.hooks}


@pytest.mark.parametrize("law", FEED_LAWS)
@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_keeps_each_law(feed: str, law: str) -> None:
    assert FEEDS[feed].verdict(law) is None


@pytest.mark.parametrize("law", GEOCODER_LAWS)
@pytest.mark.parametrize("geocoder", GEOCODERS)
def test_a_geocoder_keeps_each_law(geocoder: str, law: str) -> None:
    assert GEOCODERS[geocoder].verdict(law) is None


def test_the_bundled_plugins_are_among_them() -> None:
    assert {"crq", "inc"} <= FEEDS.keys()
    assert {"gazetteer", "locationiq", "nominatim"} <= GEOCODERS.keys()
