"""Explain tickets."""

from __future__ import annotations

from typing import Any

from tests.cli.site import Site


def explained(site: Site, key: str) -> dict[str, Any]:
    result = site("explain", "inc", key, "--json")
    assert result.code == 0, result.err
    assert result.out.isascii()
    return result.document
