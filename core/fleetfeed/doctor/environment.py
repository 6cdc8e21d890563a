"""The environment: variables whose names look like a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.config.variables import ALIASES, FOREIGN_SECRETS, LIBPQ, NOT_SETTINGS
from fleetfeed.doctor import Finding
from fleetfeed.text.suggest import did_you_mean

AREA = "environment"
# Read by libraries; here so that a name which is right is not taken for a slip of a similar one.
_OTHERS = (
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "PGPORT", "PGUSER", "PGPASSFILE", "PGSSLMODE"),
    *("PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGOPTIONS", "PGHOSTADDR", "PGSERVICEFILE", "RUSTFS_BUCKET", "PGDATA"),
)
OURS = ("RUSTFS_", "GEOCODER_", "DATABASE_")  # nobody else's: what is not read here is not read at all
KNOWN = frozenset({*(name for names in ALIASES.values() for name in names), *FOREIGN_SECRETS, *LIBPQ, *_OTHERS})
_NEAR = 0.85


def environment(env: Mapping[str, str], warnings: Iterable[str]) -> Iterator[Finding]:
    """Find names that are nearly those of settings; `warnings` are what loading said of the others."""
    wrong = [*warnings, *_slips(env)]
    for what in wrong:
        yield Finding(AREA, "warning", what, "Correct the name, or take the variable away.")
    if not wrong:
        yield Finding(AREA, "ok", "no variable looks like a misspelt setting")


def _slips(env: Mapping[str, str]) -> Iterator[str]:
    secrets = {f"{name}_FILE" for names in ALIASES.values() for name in names}
    for name in sorted(env):
        if name in KNOWN | secrets | set(NOT_SETTINGS) or name.startswith(("FLEETFEED_", "AWS_ENDPOINT_URL_")):
            continue  # of the first, loading has told; of the second, there is one for each service of AWS
        hint = did_you_mean(name, sorted(KNOWN), _NEAR)
        if hint or name.startswith(OURS):
            yield f"{name} is read by nobody{hint}"
