"""The names that geocoders are asked for, without network codes."""

from __future__ import annotations

import re
from functools import lru_cache

from fleetfeed.feed import Feed
from fleetfeed.text.parse import location_key

SHORTEST = 3  # characters: shorter names match anything
LONGEST = 500  # bytes of UTF-8: with its cluster's, a longer name might not fit into the gazetteer's index


def of_cluster(feed: Feed, cluster: str) -> str | None:
    """Return the name to ask for; None if it is too short or too long."""
    return _usable(location_key(feed.aliases.get(cluster, cluster))) if _fits(cluster) else None


def of_location(feed: Feed, key: str) -> str | None:
    """Return a location's name without the feed's codes; None if it is then too short or too long."""
    if not _fits(key):
        return None
    text, before = location_key(key) or "", ""
    while text != before:
        before = text
        for pattern in _patterns(feed.codes):
            text = pattern.sub("", text).strip()
    return _usable(text)


def _usable(text: str | None) -> str | None:
    return text if text and len(text) >= SHORTEST and _fits(text) else None


def _fits(name: str) -> bool:
    return len(name.encode()) <= LONGEST


@lru_cache
def _patterns(codes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, codes))
