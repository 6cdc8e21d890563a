"""What doctor names of the web server's settings."""

from __future__ import annotations

import pytest

from tests.cli.site import Site
from tests.doctor.kit import findings, named


@pytest.mark.parametrize(
    ("settings", "what", "hint"),
    [
        ('[serve]\nhost = "192.0.2.1"\n', "could read all tickets", 'Set auth = "token"'),
        ('[serve]\nauth = "token"\n[serve.tokens.wall]\n', "no token has a secret", "FLEETFEED_SERVE__TOKENS__"),
        ('[serve.map]\noutline = "none.geojson"\n', "cannot be read: No such file", "beside fleetfeed.toml"),
        ('[serve.map]\noutline = "fleetfeed.toml"\n', "is no GeoJSON", "beside fleetfeed.toml"),
        ('[serve.map]\npmtiles = "none.pmtiles"\n', "is not a file", "beside fleetfeed.toml"),
    ],
)
def test_settings_that_cannot_be_served_are_named(well: Site, settings: str, what: str, hint: str) -> None:
    well.write(more=settings)

    assert named(findings(well, 1), "error", "page", what, hint)


def test_a_token_without_a_secret_is_named(well: Site) -> None:
    well.write(more='[serve]\nauth = "token"\n[serve.tokens.wall]\n[serve.tokens.old]\n')
    well.env["FLEETFEED_SERVE__TOKENS__WALL__SECRET"] = "made-up"

    assert named(findings(well), "warning", "page", "token old has no secret", "remove the table")
