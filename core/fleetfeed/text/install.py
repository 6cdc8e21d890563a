"""How what is optional is installed."""

from __future__ import annotations


def install(extra: str) -> str:
    """Return how to install an extra of fleetfeed, which is in no package index."""
    return f"in fleetfeed's folder: pip install -c constraints.txt '.[{extra}]'"
