"""Text of somebody else's program, made fit to be kept and told."""

from __future__ import annotations

from fleetfeed.secrets import redact


def plain(text: object) -> str:
    """Take out what PostgreSQL or a terminal cannot hold, and then, lest it hide a secret, what nobody may read."""
    return redact(str(text).replace("\0", "").encode("utf-8", "replace").decode())
