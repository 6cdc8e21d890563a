"""What a geocoder is asked for: names that a map may know, without the codes of the network."""

from __future__ import annotations

import re
from functools import lru_cache

from fleetfeed.feed import Feed
from fleetfeed.text.parse import location_key

SHORTEST = 3  # characters: what is shorter matches anything, anywhere
LONGEST = (
    500  # bytes of UTF-8: a longer one is no name, and with its cluster's might not fit into the gazetteer's index
)


def of_cluster(feed: Feed, cluster: str) -> str | None:
    """Tell the name to ask for; None where too little is left to ask."""
    return _worth_asking(location_key(feed.aliases.get(cluster, cluster))) if _fits(cluster) else None


def of_location(feed: Feed, key: str) -> str | None:
    """Take the feed's codes off both ends of a location's name; None where too little is left to ask."""
    if not _fits(key):
        return None
    text, before = location_key(key) or "", ""
    while text != before:
        before = text
        for pattern in _patterns(feed.codes):
            text = pattern.sub("", text).strip()
    return _worth_asking(text)


def _worth_asking(text: str | None) -> str | None:
    return text if text and len(text) >= SHORTEST and _fits(text) else None


def _fits(name: str) -> bool:
    return len(name.encode()) <= LONGEST


@lru_cache
def _patterns(codes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, codes))
