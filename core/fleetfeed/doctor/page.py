"""Checks what `fleetfeed serve` needs: the built page, who may read, the layers of the map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleetfeed.config.tables import ServeSettings
from fleetfeed.doctor import Finding
from fleetfeed.web.auth import Auth, secrets_of
from fleetfeed.web.files import Files, is_built
from fleetfeed.web.server import check_auth

AREA = "page"


def page(settings: ServeSettings, folder: Path) -> Iterator[Finding]:
    """Check the settings of the web server. Raises ConfigError for the first that it would refuse."""
    check_auth(settings.host, settings.auth)
    Auth(settings.auth, secrets_of(settings), tuple(settings.trusted_proxies))
    files = Files(settings.map, folder)
    layers = [*files.layers, *(["base map"] if files.tiles else [])]
    if is_built():
        yield Finding(AREA, "ok", f"the page is built; its map has {', '.join(layers) or 'no layers'}")
    else:
        yield Finding(AREA, "warning", "the page is not built", "Install the wheel, or run `make web`.")
    for name, token in settings.tokens.items():
        if settings.auth == "token" and token.secret is None:
            hint = f"Set FLEETFEED_SERVE__TOKENS__{name.upper()}__SECRET, or remove the table."
            yield Finding(AREA, "warning", f"token {name} has no secret, so that nobody can use it", hint)
