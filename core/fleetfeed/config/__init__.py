"""The settings: what fleetfeed.toml may say, what a value has to look like, which keys there are."""

from fleetfeed.config.keys import KEYS, SECRETS, Key, dotted, explain, leaves
from fleetfeed.config.tables import FeedSettings, GeocoderSettings, Settings
from fleetfeed.config.values import UNITS, Given

__all__ = [
    "KEYS",
    "SECRETS",
    "UNITS",
    "FeedSettings",
    "GeocoderSettings",
    "Given",
    "Key",
    "Settings",
    "dotted",
    "explain",
    "leaves",
]
