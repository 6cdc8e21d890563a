"""The environment variables: which of them sets a key, and which are read for other reasons."""

from __future__ import annotations

import re

from fleetfeed.config.keys import Key

PREFIX = "FLEETFEED_"
NOT_SETTINGS = ("FLEETFEED_PROJECT",)
URL = ("database", "url")
# Read by libraries, told by their errors.
FOREIGN_SECRETS = ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
LIBPQ = ("PGHOST", "PGSERVICE", "PGDATABASE")

# Names that the surroundings of a store or a database give already; the first that is set counts.
ALIASES: dict[Key, tuple[str, ...]] = {
    URL: ("DATABASE_URL",),
    ("store", "endpoint_url"): ("RUSTFS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    ("store", "region"): ("RUSTFS_REGION",),
    ("store", "access_key"): ("RUSTFS_ACCESS_KEY",),
    ("store", "secret_key"): ("RUSTFS_SECRET_KEY",),
    ("geocoders", "locationiq", "api_key"): ("GEOCODER_API_KEY",),  # no other company may be sent its key
}


def variable(key: Key) -> str:
    """Name the variable that sets a key."""
    return PREFIX + "__".join(re.sub(r"\W", "_", part).upper() for part in key)


def usual(key: Key) -> str:
    """Name the variable that people set for a key: the one that its surroundings have, if they have one."""
    return next(iter(ALIASES.get(key, ())), variable(key))
