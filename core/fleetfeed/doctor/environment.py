"""Checks the environment for misspelt variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.config.variables import ALIASES, FOREIGN_SECRETS, LIBPQ, NOT_SETTINGS
from fleetfeed.doctor import Finding
from fleetfeed.text.suggest import did_you_mean

AREA = "environment"
# Read by libraries; listed so that they are not taken for misspellings.
_OTHERS = (
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "PGPORT", "PGUSER", "PGPASSFILE", "PGSSLMODE"),
    *("PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGOPTIONS", "PGHOSTADDR", "PGSERVICEFILE", "RUSTFS_BUCKET", "PGDATA"),
)
OURS = ("RUSTFS_", "GEOCODER_", "DATABASE_")  # prefixes that only fleetfeed uses
KNOWN = frozenset({*(name for names in ALIASES.values() for name in names), *FOREIGN_SECRETS, *LIBPQ, *_OTHERS})
_NEAR = 0.85


def environment(env: Mapping[str, str], warnings: Iterable[str]) -> Iterator[Finding]:
    """Find names that are close to those of settings; `warnings` are those of loading the settings."""
    wrong = [*warnings, *_misspelt(env)]
    for what in wrong:
        yield Finding(AREA, "warning", what, "Correct the name, or take the variable away.")
    if not wrong:
        yield Finding(AREA, "ok", "no variable looks like a misspelt setting")


def _misspelt(env: Mapping[str, str]) -> Iterator[str]:
    secrets = {f"{name}_FILE" for names in ALIASES.values() for name in names}
    for name in sorted(env):
        if name in KNOWN | secrets | set(NOT_SETTINGS) or name.startswith(("FLEETFEED_", "AWS_ENDPOINT_URL_")):
            continue  # FLEETFEED_ is checked by loading; AWS_ENDPOINT_URL_ exists for each service
        hint = did_you_mean(name, sorted(KNOWN), _NEAR)
        if hint or name.startswith(OURS):
            yield f"{name} is read by nobody{hint}"
