"""What is said of a plugin that cannot be used."""

from __future__ import annotations

import pytest

from fleetfeed.errors import PluginError
from fleetfeed.plugins.registry import Plugins
from fleetfeed.stages import STAGES


def reported(found: Plugins, name: str = "bad") -> str:
    """Give what is reported of a bad plugin, and see that a good one goes on working beside it."""
    assert found.manager(found.feed("water"), stages=STAGES).get_plugin("water") is not None
    with pytest.raises(PluginError) as caught:
        found.get(name)
    assert caught.value.cause == f"Plugin {name} cannot be loaded: {found.found[name].error}."
    return found.found[name].error
