"""Environment variables: which one sets a key, and which have other purposes."""

from __future__ import annotations

import re

from fleetfeed.config.keys import Key

PREFIX = "FLEETFEED_"
NOT_SETTINGS = ("FLEETFEED_PROJECT",)
URL = ("database", "url")
DISPATCHER_URL = ("serve", "dispatcher_url")
URLS = (URL, DISPATCHER_URL)
# Secrets read by libraries, whose errors may contain them.
FOREIGN_SECRETS = ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
LIBPQ = ("PGHOST", "PGSERVICE", "PGDATABASE")

# Common names for the settings of stores and databases; the first that is set counts.
ALIASES: dict[Key, tuple[str, ...]] = {
    URL: ("DATABASE_URL",),
    ("store", "endpoint_url"): ("RUSTFS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    ("store", "region"): ("RUSTFS_REGION",),
    ("store", "access_key"): ("RUSTFS_ACCESS_KEY",),
    ("store", "secret_key"): ("RUSTFS_SECRET_KEY",),
    ("geocoders", "locationiq", "api_key"): ("GEOCODER_API_KEY",),  # only LocationIQ: no other company gets this key
}


def variable(key: Key) -> str:
    """Return the variable that sets a key."""
    return PREFIX + "__".join(re.sub(r"\W", "_", part).upper() for part in key)


def usual(key: Key) -> str:
    """Return the variable that people usually set for a key: its common name, if there is one."""
    return next(iter(ALIASES.get(key, ())), variable(key))
